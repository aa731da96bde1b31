import { getEventListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  describeServer,
  makeCertificates,
  startMicrosocks,
  startMosquitto,
  type Certificates,
  type MosquittoOptions,
  type ProxyServer,
} from "@petrel/servers";
import { createClient, type ClientOptions } from "../../src/node/index.ts";

/** How many connections each way is opened and closed: a few here, 10,000 with `npm run soak:connects`. */
const CONNECTS = Number(process.env["PETREL_SOAK_CONNECTS"] ?? 100);

/** Before the first look: for some thousand connections V8 compiles, and keeps what it learns. */
const WARM_UP = Math.max(50, 0.3 * CONNECTS);

/** What the heap may grow by, in bytes, from beginning to end: of 10,000 connections, a hundred bytes each show up. */
const LEEWAY = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** How to reach a server that is started so. */
interface Way {
  readonly server?: MosquittoOptions;
  readonly client?: ClientOptions;
  /** Over WebSockets instead of by the server's usual URL. */
  readonly webSocket?: boolean;
  /** Whether one client makes all connections, or each has its own. */
  readonly oneClient?: boolean;
  /** How many clients do so at a time. */
  readonly atOnce?: number;
}

describeServer(["openssl", "microsocks"], () => {
  describeServer("mosquitto", () => {
    let certificates: Certificates;
    let socks: ProxyServer;
    beforeAll(async () => {
      [certificates, socks] = await Promise.all([makeCertificates(), startMicrosocks()]);
    });
    afterAll(() => Promise.all([certificates.remove(), socks.stop()]));

    const plain = (): Way => ({});
    const secure = (): Way => ({
      server: { tls: { cert: certificates.file("server.pem"), key: certificates.file("server.key") } },
      client: { tls: { caFile: certificates.file("ca.pem") } },
    });

    // Mosquitto 2.0.11 lets each client over a WebSocket wait for 200 ms; through a proxy, it is Nagle's 40 ms again.
    const webSocket = { webSocket: true, atOnce: 50 };
    const throughSocks = (): Way => {
      const { server, client } = secure();
      return { server: server!, client: { ...client, proxy: `socks5h://127.0.0.1:${socks.port}` }, atOnce: 20 };
    };

    test.each([
      ["TCP", plain],
      ["a Unix socket", () => ({ server: { unix: true } })],
      ["TLS", secure],
      ["TLS with one client, which resumes its sessions", () => ({ ...secure(), oneClient: true })],
      ["WebSockets", () => webSocket],
      ["secure WebSockets", () => ({ ...secure(), ...webSocket })],
      ["TLS through a SOCKS proxy", throughSocks],
    ] satisfies readonly [string, () => Way][])(
      "over %s, connecting and disconnecting again and again leaves nothing behind",
      async (name, way) => {
        const {
          server: serverOptions,
          client: clientOptions,
          webSocket = false,
          oneClient = false,
          atOnce = 1,
        }: Way = way();
        // Otherwise each TLS connection waits 40 ms, for Nagle in Mosquitto and the delayed acknowledgement here.
        const config = ["set_tcp_nodelay true", "connection_messages false"]; // its log is kept here, on our heap
        await using server = await startMosquitto({ ...serverOptions, webSocket, config });
        const { signal } = new AbortController();
        const url = webSocket ? server.webSocketUrl! : server.url;
        const create = () => createClient(url, { ...clientOptions, signal });
        const theOne = create();
        const cycle = async (): Promise<void> => {
          const client = oneClient ? theOne : create();
          await client.connect();
          await client.disconnect();
        };
        const repeat = async (count: number): Promise<void> => {
          let left = count;
          const one = async (): Promise<void> => {
            while (left-- > 0) await cycle();
          };
          await Promise.all(Array.from({ length: atOnce }, one));
        };
        await repeat(WARM_UP);
        const before = await look();
        const startedAt = performance.now();
        await repeat(CONNECTS);
        const seconds = (performance.now() - startedAt) / 1_000;
        const after = await look();

        if (process.env["PETREL_SOAK_CONNECTS"] !== undefined) report(name, seconds, before, after);
        expect(after.resources).toEqual(before.resources);
        expect(getEventListeners(signal, "abort")).toEqual([]);
        expect(after.heap - before.heap).toBeLessThan(LEEWAY);
      },
      60_000 + 100 * CONNECTS,
    );
  });
});

interface Remains {
  /** What would keep the process alive, as Node names it. */
  readonly resources: readonly string[];
  /** Bytes. */
  readonly heap: number;
  /** Bytes. */
  readonly resident: number;
}

/** What is there once everything that was closed is gone. */
async function look(): Promise<Remains> {
  for (let turn = 0; turn < 4; turn++) {
    await setImmediate();
    collectGarbage();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { resources: process.getActiveResourcesInfo().sort(), heap: heapUsed + external, resident: rss };
}

function report(name: string, seconds: number, before: Remains, after: Remains): void {
  const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
  console.log(
    `${name}: ${CONNECTS} connects in ${seconds.toFixed(1)} s, heap ${kib(before.heap)} → ${kib(after.heap)}, ` +
      `resident ${kib(before.resident)} → ${kib(after.resident)}, ` +
      `handles and timers ${before.resources.length} → ${after.resources.length}`,
  );
}
