import { Aedes } from "aedes";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { CommandError, ExitCode, UsageError } from "./exit-codes.ts";

/** A broker in this process, in memory, for development. */
export interface EmbeddedBroker extends AsyncDisposable {
  /** Over TCP. */
  readonly url: string;
  readonly port: number;
  /** All it listens on, TCP first. */
  readonly urls: readonly string[];
}

/** Where a broker listens. A port of 0 is any free one. */
export interface BrokerPlaces {
  readonly host: string;
  readonly port: number;
  readonly wsPort?: number | undefined;
  readonly tls?: BrokerTls | undefined;
}

interface BrokerTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly port: number;
  readonly wssPort?: number | undefined;
}

/** Milliseconds in which clients can hear that it shuts down. */
const PATIENCE = 500;

type Handle = (stream: Duplex) => void;

/** Node's default leaves Nagle's algorithm on: whoever asks and answers at QoS 1 would wait 40 ms each time. HTTP servers have it off. */
const PROMPT = { noDelay: true };

export async function startBroker({ host, port, wsPort, tls }: BrokerPlaces): Promise<EmbeddedBroker> {
  const certificate = tls === undefined ? undefined : { cert: readPem(tls.certFile), key: readPem(tls.keyFile) };
  const broker = await Aedes.createBroker();
  const handle: Handle = (stream) => void broker.handle(stream);
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    // It tells its clients of 5.0 that it shuts down, and waits for those that are slow to read that: not for long.
    const closed = new Promise<void>((resolve) => broker.close(() => resolve()));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE)))]);
    clearTimeout(timer);
    await Promise.all(listeners.map((listener) => listener.close()));
    await closed;
  };
  try {
    listeners.push(await listen("mqtt", createServer(PROMPT, handle), host, port, "--port"));
    if (certificate !== undefined) {
      const { createServer: createTlsServer } = await import("node:tls");
      const server = createTlsServer({ ...PROMPT, ...certificate }, handle).on("tlsClientError", () => undefined); // theirs to tell
      listeners.push(await listen("mqtts", server, host, tls!.port, "--tls-port"));
    }
    if (wsPort !== undefined) {
      const { createServer: createHttpServer } = await import("node:http");
      const server = await acceptWebSockets(createHttpServer(), handle);
      listeners.push(await listen("ws", server, host, wsPort, "--ws-port"));
    }
    if (certificate !== undefined && tls!.wssPort !== undefined) {
      const { createServer: createHttpsServer } = await import("node:https");
      const server = await acceptWebSockets(createHttpsServer(certificate), handle);
      listeners.push(await listen("wss", server, host, tls!.wssPort, "--wss-port"));
    }
  } catch (error) {
    await close(); // its timers would keep the process alive
    throw error;
  }
  const { url, port: actual } = listeners[0]!;
  return { url, port: actual, urls: listeners.map((listener) => listener.url), [Symbol.asyncDispose]: close };
}

interface Listener {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

async function listen(scheme: string, server: Server, host: string, port: number, option: string): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, option)));
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${actual}`,
    port: actual,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** On any path: it is the subprotocol that says MQTT. */
async function acceptWebSockets(server: HttpServer, handle: Handle): Promise<HttpServer> {
  const { WebSocketServer, createWebSocketStream } = await import("ws");
  const webSockets = new WebSocketServer({ server, handleProtocols: chooseProtocol });
  webSockets.on("connection", (socket) => handle(createWebSocketStream(socket)));
  return server;
}

// "The Client MUST include \"mqtt\" in the list of WebSocket Sub Protocols it offers" [MQTT-6.0.0-3]; 3.1 says "mqttv3.1".
function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return ["mqtt", "mqttv3.1"].find((protocol) => offered.has(protocol)) ?? false;
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number, option: string): CommandError {
  const why =
    error.code === "EADDRINUSE"
      ? `something else listens there already; try another ${option}`
      : error.code === "EACCES"
        ? `ports below 1024 are the administrator's; try another ${option}`
        : error.message;
  return new CommandError(`the broker cannot listen on ${host}:${port}: ${why}`, ExitCode.network, { cause: error });
}
