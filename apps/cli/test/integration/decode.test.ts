import { encodePacket } from "@petrel/codec";
import { describeServer, startMosquitto } from "@petrel/servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ethernetFrame, fragmentsOf, ipv4Packet, pcap, pcapng } from "../support/capture.ts";
import { petrel, runPetrel } from "../support/petrel.ts";

const connect = encodePacket(
  {
    type: "connect",
    clientIdentifier: "m",
    username: "anna",
    password: Buffer.from("geheim"),
    cleanStart: true,
    keepAlive: 9,
    protocolVersion: 5,
  },
  5,
);
const connack = encodePacket({ type: "connack", reasonCode: 0, sessionPresent: false }, 5);
const publish = encodePacket({ type: "publish", topicName: "a", payload: Buffer.of(0xff), qos: 0 }, 5);
const WRONG = Uint8Array.of(0xc1, 0); // PINGREQ with a flag

const hex = (...packets: Uint8Array[]): string => Buffer.concat(packets).toString("hex");

describe("hexadecimal and bytes", () => {
  const LINES =
    '     0  CONNECT v5 "m" clean keep-alive 9s user "anna" password ***\n    30  PUBLISH q0 "a" 1 byte <ff>\n';

  test.each([
    ["bytes", Buffer.concat([connect, publish])],
    ["digits", hex(connect, publish)],
    ["digits with blanks, colons and 0x", `0x10, ${hex(connect, publish).slice(2).replaceAll(/../g, "$&:")}\n`],
    ["xxd", dump((offset) => `${offset}: `, 2, "  ")],
    ["hexdump -C", `${dump((offset) => `${offset}  `, 1, "  |")}00000025\n`],
  ])("%s", async (_form, input) => {
    expect(await runPetrel(["decode"], input)).toEqual({ status: 0, stdout: LINES, stderr: "" });
  });

  /** As the tools write it: an offset, sixteen bytes in groups, and the characters. */
  function dump(begin: (offset: string) => string, group: number, end: string): string {
    const bytes = Buffer.concat([connect, publish]);
    let text = "";
    for (let at = 0; at < bytes.length; at += 16) {
      const row = bytes.subarray(at, at + 16);
      const digits = row
        .toString("hex")
        .replaceAll(new RegExp(`.{${group * 2}}`, "g"), "$& ")
        .trim();
      text += `${begin(at.toString(16).padStart(8, "0"))}${digits}${end}${row.toString("latin1").replaceAll(/[^!-~]/g, ".")}\n`;
    }
    return text;
  }

  test("JSON has a line for each packet, binary payloads in base64, and no password", async () => {
    const { status, stdout } = await runPetrel(["decode", "--output", "json"], hex(connect, publish));
    expect(status).toBe(0);
    const [first, second] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(first).toMatchObject({
      offset: 0,
      size: 30,
      packet: { type: "connect", username: "anna", password: "***" },
    });
    expect(second).toMatchObject({ offset: 30, packet: { type: "publish", payload: "/w==", encoding: "base64" } });
  });

  test("the first violation ends it with status 2; --lenient lists it, and goes on", async () => {
    const input = hex(connect, WRONG, publish);
    const [strict, lenient, json] = await Promise.all([
      runPetrel(["decode"], input),
      runPetrel(["decode", "--lenient"], input),
      runPetrel(["decode", "--lenient", "--output", "json"], input),
    ]);
    expect(strict.status).toBe(2);
    expect(strict.stdout.split("\n")).toHaveLength(2);
    expect(strict.stderr).toMatch(
      /^petrel: the packet at byte 30 is wrong: PINGREQ: [^\n]*\[MQTT-2\.1\.3-1\]; --lenient goes on[^\n]*\n$/,
    );
    expect(lenient).toMatchObject({ status: 0, stderr: "" });
    expect(lenient.stdout).toMatch(/\n {4}30 {2}PINGREQ\n {2}! PINGREQ: .*\n {4}32 {2}PUBLISH /);
    expect(JSON.parse(json.stdout.split("\n")[1]!)).toMatchObject({
      violations: [{ clause: "MQTT-2.1.3-1", reasonCode: 129 }],
    });
  });

  test("what is for captures alone is refused, and the other way round", async () => {
    const [port, from] = await Promise.all([
      runPetrel(["decode", "-p", "1884"], hex(connect)),
      runPetrel(["decode", "--from", "client"], pcap([])),
    ]);
    expect(port).toMatchObject({ status: 2, stdout: "" });
    expect(port.stderr).toContain("-p is for captures, and this is none");
    expect(from.stderr).toContain("--from is for hex and binary");
  });

  test("a stream without CONNECT needs -V, one that is cut is told", async () => {
    const [unknown, known, cut, odd] = await Promise.all([
      runPetrel(["decode"], hex(publish)),
      runPetrel(["decode", "-V", "mqttv5"], hex(publish)),
      runPetrel(["decode"], hex(connect).slice(0, -2)),
      runPetrel(["decode", "--input", "hex"], "10 0"),
    ]);
    expect(unknown).toMatchObject({ status: 2, stdout: "" });
    expect(unknown.stderr).toContain("-V says which version");
    expect(known).toMatchObject({ status: 0, stdout: '     0  PUBLISH q0 "a" 1 byte <ff>\n' });
    expect(cut).toMatchObject({ status: 2, stdout: "" });
    expect(cut.stderr).toContain("it ends within a packet, 29 bytes after its beginning");
    expect(odd.stderr).toContain("there are 3 hexadecimal digits");
  });
});

describe("captures", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "petrel-capture-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const client = { from: "10.0.0.1:5000", to: "10.0.0.2:1883" };
  const server = { from: "10.0.0.2:1883", to: "10.0.0.1:5000" };
  const frames = [
    ethernetFrame({ ...client, sequence: 99, syn: true }),
    ethernetFrame({ ...client, sequence: 100, payload: connect.subarray(0, 10) }),
    ethernetFrame({ ...client, sequence: 110, payload: connect.subarray(10) }),
    ethernetFrame({ ...server, sequence: 7, payload: connack }),
    ethernetFrame({ ...client, sequence: 130, payload: publish }),
  ];
  const LINES = [
    '12:00:02.000  10.0.0.1:5000 -> 10.0.0.2:1883  CONNECT v5 "m" clean keep-alive 9s user "anna" password ***',
    "12:00:03.000  10.0.0.2:1883 -> 10.0.0.1:5000  CONNACK success (0x00)",
    '12:00:04.000  10.0.0.1:5000 -> 10.0.0.2:1883  PUBLISH q0 "a" 1 byte <ff>',
    "",
  ].join("\n");

  test("pcap and pcapng, as a file and on stdin, while it is written", async () => {
    const file = join(folder, "capture.pcapng");
    await writeFile(file, pcapng(frames));
    await using live = petrel(["decode"]);
    const bytes = pcap(frames);
    await live.write(bytes.subarray(0, -20));
    await live.printed(/CONNACK/); // with the last frame still to come
    const [fromFile, fromStdin] = await Promise.all([
      runPetrel(["decode", file]),
      live.endInput(bytes.subarray(-20)).ended,
    ]);
    expect(fromFile).toEqual({ status: 0, stdout: LINES, stderr: "" });
    expect(fromStdin).toEqual({ status: 0, stdout: LINES, stderr: "" });
  });

  test("on another port only if asked for", async () => {
    const elsewhere = frames.map((frame) => Buffer.from(frame.toString("hex").replaceAll("075b", "0815"), "hex"));
    const [unasked, asked] = await Promise.all([
      runPetrel(["decode"], pcap(elsewhere)),
      runPetrel(["decode", "-p", "1883", "-p", "2069", "--output", "json"], pcap(elsewhere)),
    ]);
    expect(unasked).toMatchObject({ status: 2, stdout: "" });
    expect(unasked.stderr).toContain("no TCP to or from port 1883; -p says where the servers listen");
    expect(asked.stdout.split("\n")).toHaveLength(4);
    expect(JSON.parse(asked.stdout.split("\n")[2]!)).toMatchObject({
      from: "10.0.0.1:5000",
      to: "10.0.0.2:2069",
      offset: 30,
    });
  });

  test("bytes that are missing are told, and the rest is decoded", async () => {
    const { status, stdout, stderr } = await runPetrel(
      ["decode", "--lenient"],
      pcap([...frames.slice(0, 4), ethernetFrame({ ...client, sequence: 135, payload: publish })]),
    );
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: "petrel: 10.0.0.1:5000: 5 bytes are missing from the capture\n",
    });
    expect(stdout).toContain("PUBLISH");
  });

  test("fragments of IPv4 are put together", async () => {
    const whole = ipv4Packet({ ...client, sequence: 100, payload: connect });
    const { status, stdout } = await runPetrel(["decode"], pcap(fragmentsOf(whole, 24), 101));
    expect(stdout).toContain('CONNECT v5 "m"');
    expect(status).toBe(0);
  });

  test("TLS is told in a line: an error if there is nothing else, a note otherwise", async () => {
    const encrypted = { ...client, from: "10.0.0.3:5000", sequence: 1, payload: Buffer.of(0x16, 3, 1, 0, 5) };
    const [nothingElse, besides] = await Promise.all([
      runPetrel(["decode"], pcap([ethernetFrame(encrypted)])),
      runPetrel(["decode"], pcap([...frames, ethernetFrame(encrypted)])),
    ]);
    expect(nothingElse).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "petrel: the capture has nothing but 1 connection of port 1883 with TLS, which is not decoded; try one from behind what ends TLS\n",
    });
    expect(besides).toEqual({
      status: 0,
      stdout: LINES,
      stderr: "petrel: left out: 1 connection of port 1883 with TLS, which is not decoded\n",
    });
  });
});

describeServer("mosquitto", () => {
  test("a WebSocket connection of a capture is decoded: what petrel pub and Mosquitto say to each other", async () => {
    await using mosquitto = await startMosquitto({ webSocket: true });
    // A forwarder that keeps what passes, as a capture would.
    const frames: Buffer[] = [];
    const sequences = { client: 1, server: 1 };
    const keep = (sender: "client" | "server", payload: Buffer): void => {
      const ways = { from: "10.0.0.1:5000", to: "10.0.0.2:9001" };
      const place = sender === "client" ? ways : { from: ways.to, to: ways.from };
      frames.push(ethernetFrame({ ...place, sequence: sequences[sender], payload }));
      sequences[sender] += payload.length;
    };
    const forwarder = createServer((socket) => {
      const onward = createConnection(mosquitto.webSocketPort, "127.0.0.1");
      socket.on("data", (bytes) => keep("client", bytes)).pipe(onward);
      onward.on("data", (bytes) => keep("server", bytes)).pipe(socket);
      for (const one of [socket, onward]) {
        one.on("error", () => undefined).on("close", () => [socket, onward].forEach((other) => other.destroy()));
      }
    });
    await new Promise<void>((resolve) => forwarder.listen(0, "127.0.0.1", resolve));
    const { port } = forwarder.address() as AddressInfo;
    const text = "over WebSocket ".repeat(100);
    const args = ["-L", `ws://127.0.0.1:${port}`, "-i", "me", "-t", "a/b", "-q", "1", "-m", text];
    expect(await runPetrel(["pub", ...args])).toMatchObject({ status: 0, stderr: "" });
    await new Promise((resolve) => forwarder.close(resolve)); // with the connection gone, all of it has been kept

    const { status, stdout, stderr } = await runPetrel(["decode", "-p", "9001", "--output", "json"], pcap(frames));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const packets = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { packet: Record<string, unknown> }).packet);
    expect(packets).toMatchObject([
      { type: "connect", clientIdentifier: "me" },
      { type: "connack", reasonCode: 0 },
      { type: "publish", topicName: "a/b", payload: text },
      { type: "puback" },
      { type: "disconnect" },
    ]);
  });
});
