import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";
import type { Connector } from "../src/index.ts";
import { createWebSocketTransport } from "../src/node/websocket.ts";
import type { ConformanceLink } from "../src/testing/index.ts";

/** A link through a WebSocket server of our own, by default without TLS: `connectorTo` gets its port. */
export async function webSocketLink(
  connectorTo: (port: number) => Connector,
  server: Server = createServer(),
): Promise<ConformanceLink> {
  const webSockets: WebSocket[] = [];
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  new WebSocketServer({ server }).on("connection", (webSocket) => {
    webSocket.pause();
    webSocket.on("error", () => {});
    webSockets.push(webSocket);
    server.emit("opened");
  });
  const port = await listen(server);
  return {
    connect: connectorTo(port),
    accept: async (handler) => {
      if (webSockets.length === 0) await once(server, "opened");
      return createWebSocketTransport(webSockets[0]!, handler, "the client");
    },
    reset: () => sockets[0]?.resetAndDestroy(),
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

async function listen(server: Server): Promise<number> {
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
