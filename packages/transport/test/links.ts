import { once } from "node:events";
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from "node:tls";
import { setImmediate } from "node:timers/promises";
import { createMemoryPair, type Connector, type MemoryPairOptions, type Transport } from "../src/index.ts";
import { createSocketTransport } from "../src/node/tcp.ts";
import type { ConformanceLink } from "../src/testing/index.ts";

/** A link in memory. */
export function memoryLink(options: MemoryPairOptions = {}): ConformanceLink {
  const pair = createMemoryPair(options);
  let far: Transport | undefined;
  return {
    connect: pair.client,
    accept: async (handler) => (far = await pair.server(handler)),
    reset: () => far?.destroy(),
    close: () => {},
  };
}

/** A link through a listening socket: `connectorTo` gets the server once it listens. */
export async function socketLink(
  listen: ListenOptions,
  connectorTo: (server: Server) => Connector,
): Promise<ConformanceLink> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {}); // of connections that a case gave up before it accepted them
  });
  server.listen(listen);
  await once(server, "listening");
  return {
    connect: connectorTo(server),
    accept: async (handler) => {
      if (sockets.length === 0) await once(server, "connection");
      return createSocketTransport(sockets[0]!, handler, "the client");
    },
    ...(listen.path === undefined && { reset: () => sockets[0]?.resetAndDestroy() }),
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
      // The handles are gone two turns after their "close".
      await setImmediate();
      await setImmediate();
    },
  };
}

/** A link through a listening TLS socket. */
export async function tlsLink(
  options: TlsOptions,
  connectorTo: (server: Server) => Connector,
): Promise<ConformanceLink> {
  const raw: Socket[] = [];
  const sockets: TLSSocket[] = [];
  const server = createTlsServer({ ...options, allowHalfOpen: false }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {}); // of connections that a case gave up before it accepted them
  });
  server.on("connection", (socket) => raw.push(socket));
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return {
    connect: connectorTo(server),
    accept: async (handler) => {
      if (sockets.length === 0) await once(server, "secureConnection");
      return createSocketTransport(sockets[0]!, handler, "the client");
    },
    reset: () => raw[0]!.resetAndDestroy(),
    close: async () => {
      server.close();
      for (const socket of [...sockets, ...raw]) socket.destroy();
      await once(server, "close");
      // The handles are gone two turns after their "close".
      await setImmediate();
      await setImmediate();
    },
  };
}
