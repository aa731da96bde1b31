import { createServer, type AddressInfo, type Socket } from "node:net";

/** Speaks just enough MQTT 3.1.1 to take QoS 1 messages, and acknowledges none of them before it is told to. */
export interface SlowServer extends AsyncDisposable {
  readonly url: string;
  /** Resolves when the client pings: it has had nothing to send for its keep alive. */
  readonly pinged: Promise<void>;
  /** Messages so far. */
  readonly received: number;
  /** Acknowledges what has come and what will. */
  acknowledge(): void;
}

/** @param retained topics of messages that it sends to whoever subscribes */
export async function startSlowServer(retained: readonly string[] = []): Promise<SlowServer> {
  let acknowledging = false;
  let received = 0;
  const held: Buffer[] = [];
  const sockets = new Set<Socket>();
  let ping: () => void;
  const pinged = new Promise<void>((resolve) => (ping = resolve));

  const handle = (socket: Socket, type: number, body: Buffer): void => {
    if (type === 1) socket.write(Buffer.of(0x20, 2, 0, 0)); // CONNACK
    if (type === 12) {
      socket.write(Buffer.of(0xd0, 0)); // PINGRESP
      ping();
    }
    if (type === 8) {
      socket.write(Buffer.of(0x90, 3, body[0]!, body[1]!, 0)); // SUBACK
      for (const topic of retained) {
        const name = Buffer.from(topic);
        socket.write(Buffer.concat([Buffer.of(0x31, name.length + 6, 0, name.length), name, Buffer.from("kept")]));
      }
    }
    if (type !== 3) return;
    received++;
    const identifier = body.readUInt16BE(2 + body.readUInt16BE(0));
    const puback = Buffer.of(0x40, 2, identifier >> 8, identifier & 0xff);
    if (acknowledging) socket.write(puback);
    else held.push(puback);
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    let rest = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      for (let packet = nextPacket(rest); packet !== undefined; packet = nextPacket(rest)) {
        handle(socket, rest[0]! >> 4, rest.subarray(packet.bodyAt, packet.end));
        rest = rest.subarray(packet.end);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `mqtt://127.0.0.1:${port}`,
    pinged,
    get received() {
      return received;
    },
    acknowledge() {
      acknowledging = true;
      for (const socket of sockets) socket.write(Buffer.concat(held.splice(0)));
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Where the first packet's body begins and ends, if all of it is there. */
function nextPacket(bytes: Buffer): { readonly bodyAt: number; readonly end: number } | undefined {
  let length = 0;
  for (let at = 1; at < bytes.length; at++) {
    const byte = bytes[at]!;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return at + 1 + length <= bytes.length ? { bodyAt: at + 1, end: at + 1 + length } : undefined;
  }
  return undefined;
}
