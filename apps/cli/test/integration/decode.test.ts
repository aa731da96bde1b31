import { encodePacket } from "@petrel/codec";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ethernetFrame, pcap, pcapng } from "../support/capture.ts";
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

  test("a stream without CONNECT needs -V, one that is cut is told", async () => {
    const [unknown, known, cut, odd] = await Promise.all([
      runPetrel(["decode"], hex(publish)),
      runPetrel(["decode", "-V", "5.0"], hex(publish)),
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
});
