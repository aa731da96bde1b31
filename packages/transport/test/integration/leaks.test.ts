import { type Certificates, describeServer, makeCertificates } from "@petrel/servers";
import { getEventListeners, once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import type { Connector, Transport } from "../../src/index.ts";
import { createSocketTransport, tcp } from "../../src/node/tcp.ts";
import { tls } from "../../src/node/tls.ts";
import { createWebSocketTransport, websocket } from "../../src/node/websocket.ts";

// `npm run soak:transport -- 10000` sets it.
const CONNECTIONS = Number(process.env["PETREL_SOAK"] ?? 200);
const AT_ONCE = 5;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describeServer("openssl", () => {
  let certificates: Certificates;
  beforeAll(async () => void (certificates = await makeCertificates()));
  afterAll(() => certificates.remove());

  const credentials = () => ({
    cert: readFileSync(certificates.file("server.pem")),
    key: readFileSync(certificates.file("server.key")),
  });
  const caFile = () => certificates.file("ca.pem");
  const host = "localhost";

  /** A server that sends back what comes, and how to connect to it. */
  const kinds: Record<string, () => [Server, (port: number) => Connector]> = {
    TCP: () => [createServer(echoSocket), (port) => tcp({ host, port })],
    TLS: () => [createTlsServer(credentials(), echoSocket), (port) => tls({ host, port, caFile: caFile() })],
    WebSocket: () => [echoWebSockets(createHttpServer()), (port) => websocket({ host, port })],
    "secure WebSocket": () => [
      echoWebSockets(createHttpsServer(credentials())),
      (port) => websocket({ host, port, secure: true, caFile: caFile() }),
    ],
  };

  test.each(Object.entries(kinds))(
    `${CONNECTIONS} connections over %s leave no handle, listener or object behind`,
    { timeout: 30_000 + CONNECTIONS * 100 },
    async (kind, make) => {
      const [server, connectorTo] = make();
      server.listen(0, host);
      await once(server, "listening");
      const connector = connectorTo((server.address() as AddressInfo).port);
      const { signal } = new AbortController();
      const transports: WeakRef<Transport>[] = [];
      const connectMany = async (count: number): Promise<void> => {
        const each = Array.from({ length: AT_ONCE }, async () => {
          for (let at = 0; at < count / AT_ONCE; at++) transports.push(new WeakRef(await converse(connector, signal)));
        });
        await Promise.all(each);
        await settle();
      };
      await connectMany(50); // what is made once, and kept
      const before = { resources: process.getActiveResourcesInfo(), heap: process.memoryUsage().heapUsed };
      await connectMany(CONNECTIONS);
      const after = { resources: process.getActiveResourcesInfo(), heap: process.memoryUsage().heapUsed };

      if (process.env["PETREL_SOAK"] !== undefined) {
        const [from, to] = [before.heap, after.heap].map((bytes) => (bytes / 1e6).toFixed(1));
        process.stdout.write(`${kind}: ${CONNECTIONS} connections, heap ${from} → ${to} MB\n`);
      }
      for (const resource of before.resources) {
        const at = after.resources.indexOf(resource);
        if (at >= 0) after.resources.splice(at, 1);
      }
      expect(after.resources).toEqual([]);
      expect(getEventListeners(signal, "abort")).toEqual([]);
      expect(transports.filter((each) => each.deref() !== undefined).length).toBeLessThanOrEqual(AT_ONCE);
      server.close();
      await once(server, "close");
    },
  );
});

/** Connects, sends, gets it back, and ends politely; every third time without the politeness. */
let turns = 0;
async function converse(connector: Connector, signal: AbortSignal): Promise<Transport> {
  const rude = turns++ % 3 === 0;
  let transport: Transport | undefined;
  await new Promise<void>((resolve, reject) => {
    const handler = {
      onData: () => (rude ? transport!.destroy() : transport!.close()),
      onDrain: () => {},
      onClose: (cause?: Error) => (cause === undefined ? resolve() : reject(cause)),
    };
    connector(handler, signal).then((opened) => {
      transport = opened;
      opened.write(Uint8Array.of(1, 2, 3));
    }, reject);
  });
  return transport!;
}

/** The server's ends are in this process, too, and a socket is gone some turns after its last event. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await setImmediate();
  collectGarbage();
  await setImmediate();
  collectGarbage();
}

function echo(open: (handler: Parameters<Connector>[0]) => Transport): void {
  const transport = open({
    onData: (bytes) => void transport.write(bytes),
    onDrain: () => {},
    onClose: () => {},
  });
}

function echoSocket(socket: Parameters<typeof createSocketTransport>[0]): void {
  echo((handler) => createSocketTransport(socket, handler));
}

function echoWebSockets<HttpServer extends Server>(server: HttpServer): HttpServer {
  new WebSocketServer({ server: server as never }).on("connection", (webSocket) =>
    echo((handler) => createWebSocketTransport(webSocket, handler)),
  );
  return server;
}
