import { createDecoder, type Packet } from "@petrel/codec";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Listens between clients and a server. */
export interface Tap extends AsyncDisposable {
  readonly url: string;
  /** What clients have sent, each connection's packets in their order. */
  readonly connections: readonly (readonly Packet[])[];
  /** Resolves when so many connections have ended, by whichever side. */
  ended(count: number): Promise<void>;
}

export async function startTap(port: number): Promise<Tap> {
  const connections: Packet[][] = [];
  const sockets = new Set<Socket>();
  const looks = new Set<() => void>();
  let over = 0;
  const server = createServer((client) => {
    const packets: Packet[] = [];
    connections.push(packets);
    const decoder = createDecoder({ sender: "client" });
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    }
    client.on("data", (bytes: Buffer) => {
      decoder.push(bytes);
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) packets.push(packet);
    });
    client.once("close", () => {
      over++;
      for (const look of looks) look();
    });
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    ended: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (over < count) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
