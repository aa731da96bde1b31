import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createDecoder, encodePacket, type Packet, type PacketInit, type ProtocolVersion } from "../../src/index.ts";

/** An example as its user runs it: against the built packages. */
function start(path: string, ...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [fileURLToPath(new URL(`../../../../examples/${path}`, import.meta.url)), ...args]);
}

async function sniff(input: string, ...args: readonly string[]) {
  const sniffer = start("sniffer/sniffer.mjs", ...args);
  sniffer.stdin.end(input);
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(sniffer.stdout),
    text(sniffer.stderr),
    once(sniffer, "close"),
  ]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { lines: lines.map((line) => JSON.parse(line) as unknown), stderr, exitCode: exitCode as number };
}

test("the sniffer prints valid packets, violations, and what it can make nothing of", async () => {
  expect(await sniff("c0 00\n36 06 00 01 61 00 00 21\n00 01 ff 30 05 00", "4")).toMatchObject({
    exitCode: 0,
    stderr: "",
    lines: [
      { packet: { type: "pingreq" }, violations: [], bytes: "c000" },
      {
        packet: { type: "publish", topicName: "a", payload: "21" },
        violations: [
          { reasonCode: 0x81, offset: 0, clause: "MQTT-3.3.1-4" },
          { reasonCode: 0x82, offset: 5 },
        ],
      },
      { violations: [{ code: "PETREL_MALFORMED_PACKET", offset: 0 }], bytes: "0001ff" },
      { incompleteBytes: 3 },
    ],
  });
});

test("the sniffer refuses what is not hexadecimal", async () => {
  expect(await sniff("c0 0x")).toEqual({ lines: [], stderr: "the input must be hexadecimal digits\n", exitCode: 1 });
});

class Client {
  readonly #version: ProtocolVersion;
  readonly #socket: Socket;
  readonly #packets: AsyncIterator<Packet>;

  constructor(url: URL, version: ProtocolVersion) {
    this.#version = version;
    this.#socket = connect(Number(url.port), url.hostname);
    this.#packets = packetsOf(this.#socket, version);
  }

  send(packet: PacketInit): this {
    this.#socket.write(encodePacket(packet, this.#version));
    return this;
  }

  async next(): Promise<Packet | undefined> {
    const { value, done } = await this.#packets.next();
    return done === true ? undefined : value;
  }

  /** Ends without a DISCONNECT. */
  vanish(): void {
    this.#socket.destroy();
  }
}

async function* packetsOf(socket: Socket, version: ProtocolVersion): AsyncGenerator<Packet, void> {
  const decoder = createDecoder({ version });
  for await (const chunk of socket) {
    decoder.push(new Uint8Array(chunk as Uint8Array));
    for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) yield packet;
  }
}

test("the broker takes messages from one version to the other, the will too, and says what it refuses", async () => {
  const broker = start("broker-side/broker.mjs", "0");
  try {
    const [line] = (await once(createInterface(broker.stdout), "line")) as [string];
    const url = new URL(line);

    const subscriber = new Client(url, 5).send({ type: "connect", clientIdentifier: "" });
    expect(await subscriber.next()).toMatchObject({ type: "connack", properties: { maximumQos: 0 } });
    const subscriptions = [{ topicFilter: "a/+" }, { topicFilter: "$share/g/a" }];
    subscriber.send({ type: "subscribe", packetIdentifier: 1, subscriptions });
    expect(await subscriber.next()).toMatchObject({ type: "suback", reasonCodes: [0, 0x9e] });

    const will = { topicName: "a/will", payload: Uint8Array.of(2) };
    const publisher = new Client(url, 4).send({ type: "connect", clientIdentifier: "publisher", will });
    expect(await publisher.next()).toMatchObject({ type: "connack", reasonCode: 0 });
    publisher.send({ type: "publish", topicName: "b", payload: "0" });
    publisher.send({ type: "publish", topicName: "a/b", payload: Uint8Array.of(1) });
    publisher.send({ type: "pingreq" });
    expect(await publisher.next()).toEqual({ type: "pingresp" });
    expect(await subscriber.next()).toMatchObject({ topicName: "a/b", payload: Uint8Array.of(1) });
    publisher.vanish();
    expect(await subscriber.next()).toMatchObject({ topicName: "a/will", payload: Uint8Array.of(2) });

    subscriber.send({ type: "publish", topicName: "a/b", qos: 1, packetIdentifier: 1 });
    expect(await subscriber.next()).toMatchObject({ type: "disconnect", reasonCode: 0x9b });
    expect(await subscriber.next()).toBeUndefined();
  } finally {
    broker.kill();
    await once(broker, "close");
  }
});
