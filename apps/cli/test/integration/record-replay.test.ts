import { connect, type Message } from "@petrel/client";
import { describeServer, startMosquitto, type Mosquitto } from "@petrel/servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { petrel, runPetrel, subscribed } from "../support/petrel.ts";

describeServer("mosquitto", () => {
  let server: Mosquitto;
  let folder: string;
  beforeAll(async () => {
    server = await startMosquitto();
    folder = await mkdtemp(join(tmpdir(), "petrel-recording-"));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  test("what was recorded is published again as it came: bytes, QoS, retain and properties", async () => {
    const file = join(folder, "all.ndjson");
    await using recording = petrel(["record", "-L", server.url, "--debug", "-t", "in/#", "-C", "3", "-o", file]);
    await recording.said(/subscribed to/);
    await using client = await connect(server.url);
    const properties = {
      contentType: "x/y",
      correlationData: Buffer.of(0, 255),
      userProperties: [["a", "b"] as const],
    };
    await client.publish("in/text", "hällo", { qos: 1, retain: true, properties });
    await client.publish("in/bytes", Buffer.of(0xff, 0, 0x0a), { qos: 2 });
    await client.publish("in/empty", "", { qos: 0 });
    expect(await recording.ended).toMatchObject({ status: 0, stdout: "" });

    await using replayed = await connect(server.url);
    const copies = await replayed.subscribe("copy/#", { qos: 2, retainAsPublished: true });
    const { status, stderr } = await runPetrel(["replay", "-L", server.url, file, "--prefix", "copy/", "--speed", "0"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const got: (Message | undefined)[] = [];
    for (let count = 0; count < 3; count++) got.push(await copies.next({ timeout: 10_000 }));
    // One of QoS 2 takes two round trips: the others overtake it.
    const copy = (name: string) => got.find((message) => message?.topic === `copy/in/${name}`)!;
    expect(copy("text")).toMatchObject({ qos: 1, retain: true });
    expect(copy("text").properties).toMatchObject({ contentType: "x/y", userProperties: [["a", "b"]] });
    expect([...copy("text").properties!.correlationData!]).toEqual([0, 255]);
    expect(copy("text").text()).toBe("hällo");
    expect(copy("bytes")).toMatchObject({ qos: 2, retain: false });
    expect([...copy("bytes").payload]).toEqual([0xff, 0, 0x0a]);
    expect(copy("empty")).toMatchObject({ qos: 0, payload: new Uint8Array(0) });
  });

  test("replay keeps the times, in proportion, and repeats", async () => {
    const file = join(folder, "times.ndjson");
    const at = [1_000, 1_300, 1_600];
    await writeFile(file, at.map((offset) => `{"offset":${offset},"topic":"t","payload":"${offset}"}\n`).join(""));
    await using sub = await subscribed(["-L", server.url, "-t", "t", "--output", "json", "-C", "6"]);
    expect((await runPetrel(["replay", "-L", server.url, file, "--speed", "2", "--loop", "2"])).status).toBe(0);
    const lines = (await sub.ended).stdout.trim().split("\n");
    const messages = lines.map((line) => JSON.parse(line) as { payload: string; receivedAt: string });
    expect(messages.map(({ payload }) => payload)).toEqual(["1000", "1300", "1600", "1000", "1300", "1600"]);
    const times = messages.map(({ receivedAt }) => Date.parse(receivedAt));
    // No message leaves early: 600 ms at twice the speed. The network may bring the first one late.
    for (const first of [0, 3]) expect(times[first + 2]! - times[first]!).toBeGreaterThan(100);
  });

  test("recording to stdout ends at Ctrl-C with all that came, and what petrel sub prints can be replayed", async () => {
    await using recording = petrel(["record", "-L", server.url, "--debug", "-t", "live"]);
    await recording.said(/subscribed to/);
    await runPetrel(["pub", "-L", server.url, "-t", "live", "-m", "1"]);
    await recording.printed(/\n/);
    const { status, stdout } = await recording.signal("SIGINT").ended;
    expect(status).toBe(0);
    const line = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    expect(line).toMatchObject({ topic: "live", payload: "1", qos: 0, offset: expect.any(Number) as number });

    await using sub = await subscribed(["-L", server.url, "-t", "again/live", "-C", "1"]);
    const likeSub = { ...line, offset: undefined };
    const replayed = await runPetrel(
      ["replay", "-L", server.url, "--prefix", "again/"],
      `${JSON.stringify(likeSub)}\n`,
    );
    expect(replayed).toEqual({ status: 0, stdout: "", stderr: "" });
    expect((await sub.ended).stdout).toBe("1\n");
  });

  test("what is no recording is status 2, with the line", async () => {
    const replay = (input: string, ...args: string[]) => runPetrel(["replay", "-L", server.url, ...args], input);
    const [broken, timeless, wildcard, loop] = await Promise.all([
      replay('{"offset":0,"topic":"a"}\n{"off'),
      replay('{"topic":"a"}'),
      replay('{"offset":0,"topic":"a/#"}'),
      replay("", "--loop"),
    ]);
    expect([broken, timeless, wildcard, loop].map(({ status }) => status)).toEqual([2, 2, 2, 2]);
    expect(broken.stderr).toBe("petrel: line 2 of the recording is not JSON\n");
    expect(timeless.stderr).toContain('line 1 of the recording has neither an "offset"');
    expect(wildcard.stderr).toContain('line 1 of the recording: topic "a/#"');
    expect(loop.stderr).toContain("give a file");
  });
});
