import { createDecoder, type Packet } from "@petrel/codec";
import { describeServer, startMosquitto, type Mosquitto } from "@petrel/servers";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { petrel, runPetrel, subscribed } from "../support/petrel.ts";

/** What is sent first to a server that then says it has no such method of authentication. */
async function connectOf(args: readonly string[]): Promise<{ packet: Packet; status: unknown; stderr: string }> {
  const decoder = createDecoder();
  let packet: Packet | undefined;
  const server = createServer((socket) => {
    socket
      .on("error", () => undefined)
      .on("data", (bytes) => {
        decoder.push(bytes);
        packet ??= decoder.next();
        socket.end(Buffer.from("20 03 00 8c 00".replaceAll(" ", ""), "hex")); // CONNACK: bad authentication method
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const { status, stderr } = await runPetrel(["conn", "--once", "-L", `mqtt://127.0.0.1:${port}`, ...args]);
    return { packet: packet!, status, stderr };
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("CONNECT has what was typed", () => {
  test.each(["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"])("%s: a proof, and not the password", async (method) => {
    const { packet, status, stderr } = await connectOf(["-am", method, "-u", "anna", "-P", "geheim"]);
    expect(packet).toMatchObject({ type: "connect", username: "anna", properties: { authenticationMethod: method } });
    const { password, properties } = packet as Extract<Packet, { type: "connect" }>;
    expect(password).toBeUndefined();
    expect(Buffer.from(properties!.authenticationData!).toString()).toMatch(/^n,,n=anna,r=/);
    expect(status).toBe(4);
    expect(stderr).toBe("petrel: the server refused the connection: bad authentication method (0x8c)\n");
  });

  test("the will with all its properties, the session and the limits", async () => {
    const { packet } = await connectOf([
      ...["-i", "me", "--no-clean", "-se", "77", "--rcv-max", "5", "--maximum-packet-size", "2000"],
      ...["--topic-alias-maximum", "3", "--req-response-info", "--no-req-problem-info", "-Cup", "a: b", "-Cup", "a: c"],
      ...[
        "-k",
        "44",
        "-Wt",
        "gone",
        "-Wm",
        "bye",
        "-Wq",
        "1",
        "-Wr",
        "-Wd",
        "9",
        "-Wpf",
        "-We",
        "8",
        "-Wct",
        "text/plain",
      ],
      ...["-Wrt", "answers", "-Wcd", "id", "-Wup", "x: y"],
    ]);
    expect(packet).toMatchObject({
      clientIdentifier: "me",
      cleanStart: false,
      keepAlive: 44,
      will: {
        topicName: "gone",
        payload: Buffer.from("bye"),
        qos: 1,
        retain: true,
        properties: {
          willDelayInterval: 9,
          payloadFormatIndicator: 1,
          messageExpiryInterval: 8,
          contentType: "text/plain",
          responseTopic: "answers",
          correlationData: Buffer.from("id"),
          userProperties: [["x", "y"]],
        },
      },
      properties: {
        sessionExpiryInterval: 77,
        receiveMaximum: 5,
        maximumPacketSize: 2_000,
        topicAliasMaximum: 3,
        requestResponseInformation: true,
        requestProblemInformation: false,
        userProperties: [
          ["a", "b"],
          ["a", "c"],
        ],
      },
    });
  });
});

describeServer("mosquitto", () => {
  let server: Mosquitto;
  beforeAll(async () => {
    server = await startMosquitto({ users: { anna: "geheim" } });
  });
  afterAll(() => server.stop());
  const place = (): string[] => ["-L", server.url, "-u", "anna", "-P", "geheim"];

  test("conn prints what was agreed, as a table or as JSON", async () => {
    const [text, json, older] = await Promise.all([
      runPetrel(["conn", ...place(), "-i", "me", "--once"]),
      runPetrel(["conn", ...place(), "-i", "you", "--once", "--output", "json"]),
      runPetrel(["conn", ...place(), "-V", "3.1.1", "--once", "--output", "json"]),
    ]);
    expect(text).toMatchObject({ status: 0, stderr: "" });
    expect(text.stdout).toMatch(/^MQTT version +5\.0\nclient identifier +me\nsession present +no\nkeep alive +60 s\n/);
    expect(json).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ version: "5.0", clientIdentifier: "you", sendMaximumQos: 2 });
    expect(JSON.parse(older.stdout)).toMatchObject({ version: "3.1.1", sessionPresent: false });
  });

  test("conn stays until Ctrl-C, and says goodbye: no will is sent", async () => {
    await using sub = await subscribed([...place(), "-t", "wills/#", "-v", "-C", "1"]);
    const will = (topic: string): string[] => ["conn", ...place(), "-Wt", topic, "-Wm", "gone"];
    await using polite = petrel(will("wills/polite"));
    await using killed = petrel(will("wills/killed"));
    await Promise.all([polite.hasPrinted(100), killed.hasPrinted(100)]);
    expect(await polite.signal("SIGINT").ended).toMatchObject({ status: 0, stderr: "" });
    killed.signal("SIGKILL");
    expect(await sub.ended).toMatchObject({ stdout: "wills/killed gone\n" });
  });

  test("conn is over with status 3 when the connection is, for good", async () => {
    await using other = await startMosquitto();
    await using conn = petrel(["conn", "-L", other.url, "-rp", "0"]);
    await conn.hasPrinted(100);
    await other.kill();
    const { status, stderr } = await conn.ended;
    expect(status).toBe(3);
    expect(stderr).toMatch(/^petrel: [^\n]+\n$/);
  });

  test("--debug shows every packet on stderr, and no password", async () => {
    const { status, stdout, stderr } = await runPetrel(["pub", ...place(), "--debug", "-t", "a", "-m", "x", "-q", "1"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    const packets = stderr.split("\n").map((line) => line.replace(/^petrel: [\d:.]+ /, ""));
    expect(packets).toEqual([
      expect.stringMatching(/^-> CONNECT v5 "" clean keep-alive 60s user "anna" password \*\*\* /),
      expect.stringMatching(/^<- CONNACK success/),
      expect.stringMatching(/^-> PUBLISH q1 p1 "a" 1 byte "x"/),
      expect.stringMatching(/^<- PUBACK p1/),
      expect.stringMatching(/^-> DISCONNECT success/),
      "",
    ]);
    expect(stderr).not.toContain("geheim");
  });

  test("--quiet says nothing about reconnects", async () => {
    await using other = await startMosquitto();
    await using loud = petrel(["conn", "-L", other.url, "-rp", "20"]);
    await using quiet = petrel(["conn", "-L", other.url, "-rp", "20", "--quiet"]);
    await Promise.all([loud.hasPrinted(100), quiet.hasPrinted(100)]);
    await other.restart();
    await loud.said(/connected again/);
    expect((await quiet.signal("SIGINT").ended).stderr).toBe("");
  });

  test("the password: from a file, from the environment, and asked for only at a terminal", async () => {
    const withUser = ["conn", "-L", server.url, "-u", "anna", "--once"];
    await using fromEnvironment = petrel(withUser, { PETREL_PASSWORD: "geheim" });
    expect((await fromEnvironment.ended).status).toBe(0);
    const { status, stderr } = await runPetrel([...withUser, "-P"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        "petrel: -P without a value asks on a terminal, and stdin is none; try --password-file or PETREL_PASSWORD\n",
    });
  });
});
