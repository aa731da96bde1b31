import { getEventListeners } from "node:events";
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from "node:net";
import { describeServer, startMosquitto } from "@petrel/servers";
import { expect, test } from "vitest";
import { connect } from "../../src/node/index.ts";
import { COUNT, grown, LEEWAY, look, report, WARM_UP } from "../support/remains.ts";

describeServer("mosquitto", () => {
  test.each([
    ["in a session that goes on", { cleanStart: false, sessionExpiryInterval: 600 }],
    ["in sessions that are lost", { sessionExpiryInterval: 0 }],
  ])(
    "losing the connection and making it again, %s: nothing is lost, and nothing left behind",
    async (name, session) => {
      await using server = await startMosquitto({ config: ["set_tcp_nodelay true", "connection_messages false"] });
      await using link = await startLink(server.port);
      const { signal } = new AbortController();
      const reconnect = { decide: () => 0 };
      await using client = await connect(link.url, { ...session, clientId: "phoenix", reconnect, signal });
      const numbers = await client.subscribe("numbers", { qos: 1 });
      client.route("numbers", () => undefined);
      let next = 0;
      const cycle = async (): Promise<void> => {
        const back = new Promise<void>((resolve) => {
          const forget = client.on("connected", () => {
            forget();
            resolve();
          });
        });
        link.cut();
        const published = client.publish("numbers", next, { qos: 1 }); // it waits for the connection
        await back;
        await published;
        while ((await numbers.next({ timeout: 20_000 }))!.text() !== String(next));
        next++;
      };
      for (let warming = 0; warming < WARM_UP; warming++) await cycle();
      const before = await look();
      const startedAt = performance.now();
      for (let reconnects = 0; reconnects < COUNT; reconnects++) await cycle();
      const seconds = (performance.now() - startedAt) / 1_000;
      const after = await look();

      report(name, seconds, before, after);
      expect(client.statistics().connections).toBe(1 + next);
      expect(grown(before, after)).toEqual([]);
      expect(getEventListeners(signal, "abort")).toEqual([]);
      expect(after.heap - before.heap).toBeLessThan(LEEWAY);
    },
    60_000 + 100 * COUNT,
  );
});

/** A way to a local port that can be cut. */
async function startLink(port: number): Promise<AsyncDisposable & { readonly url: string; cut(): void }> {
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (near) => {
    const far = connectSocket({ port, host: "127.0.0.1", noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `mqtt://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
