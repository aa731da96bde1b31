import { getEventListeners, setMaxListeners } from "node:events";
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
import { COUNT, grown, LEEWAY, look, report, WARM_UP } from "../support/remains.ts";

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
    const webSocket = { webSocket: true, atOnce: 25 };
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
        setMaxListeners(atOnce, signal);
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
        await repeat(COUNT);
        const seconds = (performance.now() - startedAt) / 1_000;
        const after = await look();

        report(name, seconds, before, after);
        expect(grown(before, after)).toEqual([]);
        expect(getEventListeners(signal, "abort")).toEqual([]);
        expect(after.heap - before.heap).toBeLessThan(LEEWAY);
      },
      60_000 + 100 * COUNT,
    );
  });
});
