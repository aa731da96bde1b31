import { connect } from "node:net";

interface ConnectFields {
  readonly clientId?: string;
  readonly cleanSession?: boolean;
  readonly user?: string;
  readonly password?: string;
}

/**
 * Sends an MQTT 3.1.1 CONNECT to a port, or to a Unix socket, and resolves with the CONNACK's two bytes: session
 * present, return code.
 */
export async function connectTo(server: number | string, fields: ConnectFields = {}): Promise<[number, number]> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const address = typeof server === "string" ? { path: server } : { host: "127.0.0.1", port: server };
    const socket = connect(address, () => socket.write(connectPacket(fields)));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data);
    });
    socket.once("close", () => reject(new Error("closed without a CONNACK")));
    socket.once("error", reject);
  });
  return [bytes.readUInt8(2), bytes.readUInt8(3)];
}

function connectPacket({ clientId = "", cleanSession = true, user, password }: ConnectFields): Buffer {
  const flags = (user === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40) | (cleanSession ? 0x02 : 0);
  const strings = [clientId, user, password].filter((text) => text !== undefined);
  const header = Buffer.concat([string("MQTT"), Buffer.from([4, flags, 0, 60])]);
  const body = Buffer.concat([header, ...strings.map(string)]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

function string(text: string): Buffer {
  return Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
}
