import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeServer, startMosquitto } from "@petrel/servers";
import { createWebSocketStream, WebSocketServer, type WebSocket } from "ws";
import { bundle, type Chromium, startChromium } from "../../src/index.ts";

/** Starting a browser and moving some 200 MiB through it takes a while on a busy machine. */
const TIMEOUT_MS = 240_000;
const MIB = 1024 * 1024;

describeServer("chromium", () => {
  let chromium: Chromium;
  beforeAll(async () => void (chromium = await startChromium()), TIMEOUT_MS);
  afterAll(() => chromium.close());

  describe("the codec", () => {
    test("passes all its vectors, as many as in Node", { timeout: TIMEOUT_MS }, async () => {
      const module = await bundle(
        'export { checkAllVectors as main } from "../../packages/codec/test/vectors/check-all.ts";',
      );
      const there = await chromium.run<{ checks: number; failures: string[] }>(module);
      const here = (await import(`data:text/javascript;base64,${Buffer.from(module).toString("base64")}`)) as {
        main(): { checks: number };
      };
      expect(there).toEqual({ checks: here.main().checks, failures: [] });
      expect(there.checks).toBeGreaterThan(1_000);
    });
  });

  describe("the transport over the browser's WebSocket", () => {
    let relay: Relay;
    beforeAll(async () => void (relay = await startRelay()));
    afterAll(() => relay.close());

    test("keeps the contract, but for what a browser can't do", { timeout: TIMEOUT_MS }, async () => {
      const module = await bundle(`
        import { transportConformance } from "@petrel/transport/testing";
        import { websocket } from "@petrel/transport/web";
        const without = ["half-close", "stopping-the-peer", "being-stopped", "reset"];
        let links = 0;
        const open = () => {
          const pair = ++links;
          const connector = (end) => websocket({ url: \`\${relay}/\${pair}/\${end}\`, subprotocol: "mqtt" });
          return { connect: connector("near"), accept: connector("far"), close: () => {} };
        };
        let relay;
        export async function main(url) {
          relay = url;
          const failures = [];
          const cases = transportConformance(open, { without });
          for (const { name, run } of cases) {
            const late = new Promise((_, reject) => setTimeout(() => reject(new Error("took too long")), 60_000));
            await Promise.race([run(), late]).catch((error) => failures.push(\`\${name}: \${error.message}\`));
          }
          return { cases: cases.length, failures };
        }`);
      expect(await chromium.run(module, relay.url)).toEqual({ cases: 30, failures: [] });
    });
  });

  describeServer("mosquitto", () => {
    describe("the client", () => {
      test.each(["5.0", "3.1.1", "3.1"])(
        "exchanges messages at every QoS with Mosquitto, in MQTT %s",
        { timeout: TIMEOUT_MS },
        async (version) => {
          await using server = await startMosquitto({ webSocket: true });
          const result = await chromium.run(await bundle(EXCHANGE), { url: server.webSocketUrl, version });
          expect(result).toEqual({ received: ["0: zero", "1: one", "2: two"], large: 20_000, state: "closed" });
        },
      );

      test("says what it can of a server that is not there", { timeout: TIMEOUT_MS }, async () => {
        const module = await bundle(`
          import { connect } from "@petrel/client";
          export const main = (url) => connect(url).then(String, ({ name, stage, message }) => ({ name, stage, message }));`);
        expect(await chromium.run(module, "ws://127.0.0.1:9/mqtt")).toEqual({
          name: "TransportError",
          stage: "websocket",
          message: expect.stringContaining("no WebSocket could be opened to 127.0.0.1:9"),
        });
      });
    });
  });
});

const EXCHANGE = `
  import { connect } from "@petrel/client";
  export async function main({ url, version }) {
    const client = await connect(url, { version, clientId: "browser" });
    const messages = await client.subscribe("kitchen/#", { qos: 2 });
    for (const [qos, payload] of ["zero", "one", "two"].entries()) await client.publish("kitchen/1", payload, { qos });
    const large = new Uint8Array(20_000).fill(7);
    await client.publish("kitchen/2", large, { qos: 2 });
    const received = [];
    let size;
    for await (const message of messages) {
      if (message.topic === "kitchen/1") received.push(\`\${message.qos}: \${message.text()}\`);
      else size = message.payload.every((byte) => byte === 7) ? message.payload.length : "damaged";
      if (size !== undefined) break;
    }
    await client.disconnect();
    return { received, large: size, state: client.state };
  }`;

interface Relay {
  readonly url: string;
  close(): void;
}

/** Joins two WebSockets from the same page: `/1/near` and `/1/far`. What one sends the other gets, and its end. */
async function startRelay(): Promise<Relay> {
  const server: Server = createServer();
  const waiting = new Map<string, WebSocket>();
  new WebSocketServer({ server, maxPayload: 0 }).on("connection", (webSocket, request) => {
    webSocket.pause();
    const pair = request.url!.split("/")[1]!;
    const other = waiting.get(pair);
    if (other === undefined) {
      waiting.set(pair, webSocket);
      return;
    }
    waiting.delete(pair);
    const one = createWebSocketStream(webSocket, { highWaterMark: MIB });
    const two = createWebSocketStream(other, { highWaterMark: MIB });
    one.on("error", () => two.destroy());
    two.on("error", () => one.destroy());
    one.pipe(two).pipe(one);
    webSocket.resume();
    other.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, close: () => void server.close() };
}
