import { createDecoder, encodePacket, type Packet, type PacketInit, type ProtocolVersion } from "@petrel/codec";
import { type DirectPeer, FaultLink, ManualClock, ScriptedServer } from "@petrel/testing";
import type { Transport } from "@petrel/transport";
import { describe, expect, test } from "vitest";

/** The least that can talk to a server: it says CONNECT, then what it is told. */
class Peer implements DirectPeer {
  readonly got: string[] = [];
  #output: Uint8Array[] = [];
  readonly #version: ProtocolVersion;

  constructor(version: ProtocolVersion = 5) {
    this.#version = version;
  }

  handleOpen(now: number): void {
    this.got.push(`open@${now}`);
    this.say({ type: "connect", clientIdentifier: "peer" });
  }

  handleBytes(bytes: Uint8Array, now: number): void {
    const decoder = createDecoder({ version: this.#version });
    decoder.push(bytes);
    for (let packet = decoder.next(); packet !== undefined; packet = decoder.next())
      this.got.push(`${packet.type}@${now}`);
  }

  handleClose(now: number, cause?: Error): void {
    this.got.push(`close@${now}${cause === undefined ? "" : ` ${cause.message}`}`);
    this.#output = [];
  }

  takeOutput(): Uint8Array | undefined {
    return this.#output.shift();
  }

  say(packet: PacketInit): void {
    this.#output.push(encodePacket(packet, this.#version));
  }

  sayBytes(...bytes: readonly number[]): void {
    this.#output.push(Uint8Array.from(bytes));
  }
}

function attached(options: ConstructorParameters<typeof ScriptedServer>[0] = {}, version?: ProtocolVersion) {
  const clock = new ManualClock(7);
  const server = new ScriptedServer(options);
  const peer = new Peer(version);
  server.attach(peer, clock);
  return { server, peer, clock };
}

const types = (packets: readonly Packet[]): string[] => packets.map(({ type }) => type);

describe("attached to a session", () => {
  test("connects it, answers, sends, and keeps what came", () => {
    const { server, peer, clock } = attached();
    expect([server.connected, server.connections, server.received()]).toEqual([false, 0, []]);
    server.accept({ receiveMaximum: 3 });
    expect([server.connected, server.connections]).toEqual([true, 1]);
    expect(peer.got).toEqual(["open@7", "connack@7"]);
    clock.advance(1);
    server.send({ type: "pingresp" }, { type: "puback", packetIdentifier: 1 });
    peer.say({ type: "pingreq" });
    expect(types(server.received())).toEqual(["connect", "pingreq"]);
    expect(types(server.takeReceived())).toEqual(["connect", "pingreq"]);
    expect(server.takeReceived()).toEqual([]);
    expect(peer.got.slice(2)).toEqual(["pingresp@8", "puback@8"]);
  });

  test("loses and ends connections; each has its own packets", () => {
    const { server, peer } = attached();
    server.accept();
    peer.say({ type: "pingreq" });
    server.lose(new Error("cable cut"));
    expect(types(server.received())).toEqual(["connect"]); // PINGREQ was in the output, and nobody took it
    server.accept({ sessionPresent: true });
    expect(types(server.takeReceived())).toEqual(["connect"]);
    peer.say({ type: "pingreq" });
    server.close();
    expect(types(server.takeReceived())).toEqual(["pingreq"]);
    expect([server.connected, server.connections]).toEqual([false, 2]);
    expect(peer.got.filter((event) => event.startsWith("close"))).toEqual(["close@7 cable cut", "close@7"]);
  });

  test("refuses, and hangs up", () => {
    const { server, peer } = attached();
    server.refuse(0x87);
    expect(peer.got).toEqual(["open@7", "connack@7", "close@7"]);
    expect(server.connected).toBe(false);
  });

  test("opens without a word, and answers later", () => {
    const { server, peer } = attached();
    server.open();
    expect(types(server.received())).toEqual(["connect"]);
    expect(peer.got).toEqual(["open@7"]);
    server.accept();
    expect(peer.got).toEqual(["open@7", "connack@7"]);
  });

  test("speaks the version of the CONNECT", () => {
    const { server, peer } = attached({}, 4);
    server.accept();
    peer.say({ type: "unsubscribe", packetIdentifier: 1, topicFilters: ["a"] });
    server.send({ type: "unsuback", packetIdentifier: 1, reasonCodes: [] });
    expect(peer.got.at(-1)).toBe("unsuback@7");
    expect(server.received()[0]).toMatchObject({ protocolVersion: 4 });
    expect(() => server.send({ type: "puback", packetIdentifier: 1, reasonCode: 0x97 })).toThrow("PUBACK");
  });

  test("tells the test when the client sends what is not MQTT", () => {
    const { server, peer } = attached();
    server.accept();
    peer.sayBytes(0x00, 0x00);
    expect(() => server.received()).toThrow(expect.objectContaining({ name: "MalformedPacketError" }));
  });

  test("sends any bytes", () => {
    const { server, peer } = attached();
    server.accept();
    server.sendBytes(Uint8Array.of(0xd0, 0, 0xd0, 0));
    expect(peer.got.slice(2)).toEqual(["pingresp@7", "pingresp@7"]);
  });

  test("ends the connection after DISCONNECT", () => {
    const { server, peer } = attached();
    server.accept();
    peer.say({ type: "disconnect" });
    expect(types(server.received())).toEqual(["connect", "disconnect"]);
    expect(server.connected).toBe(false);
    expect(() => server.send({ type: "pingresp" })).toThrow("there is no connection");
  });

  test("without a session to talk to, it says what to do", () => {
    expect(() => new ScriptedServer().open()).toThrow(
      "attach() a session first, or let a client connect through connector",
    );
  });
});

test("automatic: answers everything politely, unless the script says otherwise", () => {
  for (const version of [5, 4] as const) {
    const { server, peer } = attached({ automatic: true }, version);
    server.open();
    server.received();
    peer.say({ type: "publish", topicName: "t" });
    peer.say({ type: "publish", topicName: "t", qos: 1, packetIdentifier: 1 });
    peer.say({ type: "publish", topicName: "t", qos: 2, packetIdentifier: 2 });
    peer.say({ type: "pubrel", packetIdentifier: 2 });
    peer.say({ type: "pubrec", packetIdentifier: 3 });
    peer.say({ type: "subscribe", packetIdentifier: 4, subscriptions: [{ topicFilter: "a", qos: 2 }] });
    peer.say({ type: "unsubscribe", packetIdentifier: 5, topicFilters: ["a"] });
    peer.say({ type: "pingreq" });
    expect(server.received()).toHaveLength(9);
    expect(peer.got.map((event) => event.replace(/@.*/, ""))).toEqual([
      "open",
      "connack",
      "puback",
      "pubrec",
      "pubcomp",
      "pubrel",
      "suback",
      "unsuback",
      "pingresp",
    ]);
    server.lose();
    server.refuse(0x86);
    expect(peer.got.at(-2)).toMatch("connack");
    expect(server.connected).toBe(false);
    server.automatic = false;
    server.open();
    expect(types(server.received())).toEqual(["connect"]);
    expect(peer.got.at(-1)).toMatch("open");
  }
});

/** A client that only writes down what it hears. */
async function connect(server: ScriptedServer) {
  const heard: string[] = [];
  const decoder = createDecoder({ version: 5 });
  const transport: Transport = await server.connector({
    onData(bytes) {
      decoder.push(bytes);
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) heard.push(packet.type);
    },
    onDrain() {},
    onClose: (cause) => void heard.push(cause === undefined ? "closed" : "lost"),
  });
  transport.write(encodePacket({ type: "connect", clientIdentifier: "client" }, 5));
  return { transport, heard };
}

describe("at the other end of a transport", () => {
  test("answers in the order of the script: refused, then accepted", async () => {
    const clock = new ManualClock();
    const server = new ScriptedServer();
    server.refuse(0x89);
    server.accept();
    const first = await connect(server);
    await clock.settle();
    const second = await connect(server);
    await clock.settle();
    expect(first.heard).toEqual(["connack", "closed"]);
    expect(second.heard).toEqual(["connack"]);
    server.send({ type: "pingresp" });
    await clock.settle();
    expect(second.heard).toEqual(["connack", "pingresp"]);
    expect(types(server.received())).toEqual(["connect"]);
    expect(server.connections).toBe(2);
  });

  test("the client goes, or the network", async () => {
    const clock = new ManualClock();
    const server = new ScriptedServer({ automatic: true });
    const polite = await connect(server);
    await clock.settle();
    polite.transport.close();
    await clock.settle();
    expect([server.connected, polite.heard]).toEqual([false, ["connack", "closed"]]);
    const lost = await connect(server);
    await clock.settle();
    server.lose();
    await clock.settle();
    expect([server.connected, lost.heard]).toEqual([false, ["connack", "lost"]]);
    const left = await connect(server);
    await clock.settle();
    server.close();
    await clock.settle();
    expect(left.heard).toEqual(["connack", "closed"]);
  });

  test("a new connection takes the place of the one before", async () => {
    const clock = new ManualClock();
    const server = new ScriptedServer({ automatic: true });
    const first = await connect(server);
    await clock.settle();
    const second = await connect(server);
    await clock.settle();
    expect([first.heard, second.heard]).toEqual([["connack", "lost"], ["connack"]]);
    expect(types(server.received())).toEqual(["connect"]);
  });

  test("bytes that are not MQTT end the test, not the process", async () => {
    const clock = new ManualClock();
    const server = new ScriptedServer({ automatic: true });
    const { transport } = await connect(server);
    transport.write(Uint8Array.of(0, 0));
    await clock.settle();
    expect(() => server.received()).toThrow(expect.objectContaining({ name: "MalformedPacketError" }));
  });

  test("over a link of the test's choice", async () => {
    const clock = new ManualClock();
    const server = new ScriptedServer({
      automatic: true,
      link: () => new FaultLink({ latencyMs: 50, clock, chunkSize: 1 }),
    });
    const connecting = connect(server);
    await clock.elapse(50);
    const { heard } = await connecting;
    await clock.elapse(49);
    expect(heard).toEqual([]);
    await clock.elapse(1);
    expect(heard).toEqual(["connack"]);
  });
});
