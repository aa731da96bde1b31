import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A TCP server whose connections do as the test says. */
export interface ScriptedPeer extends AsyncDisposable {
  readonly port: number;
  /** All it has received, over all connections. */
  received(): Buffer;
}

export async function scriptedPeer(onConnection: (socket: Socket) => void | Promise<void>): Promise<ScriptedPeer> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (chunk) => chunks.push(chunk));
    void onConnection(socket);
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(chunks),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Answers the first chunk with the first reply, the second with the second, and so on. */
export function replies(...list: readonly (Uint8Array | string)[]): (socket: Socket) => void {
  return (socket) => {
    const rest = [...list];
    socket.on("data", () => {
      const next = rest.shift();
      if (next !== undefined) socket.write(next);
    });
  };
}

/** Bytes as hexadecimal digits and spaces. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}
