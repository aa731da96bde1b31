import { describeServer, startMosquitto, type Mosquitto } from "@petrel/servers";
import { connect } from "@petrel/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runPetrel } from "../support/petrel.ts";

describeServer("mosquitto", () => {
  let free: Mosquitto;
  let limited: Mosquitto;
  beforeAll(async () => {
    const config = ["retain_available false", "max_packet_size 5000", "max_keepalive 300", "max_qos 1"];
    [free, limited] = await Promise.all([startMosquitto(), startMosquitto({ config })]);
  });
  afterAll(() => Promise.all([free.stop(), limited.stop()]));

  test("finds what a server supports, and leaves nothing behind", async () => {
    await using client = await connect(free.url);
    const { status, stdout, stderr } = await runPetrel(["probe", free.url, "--output", "json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      "mqtt5.0": true,
      "mqtt3.1.1": true,
      "mqtt3.1": true,
      qos0: true,
      qos1: true,
      qos2: true,
      retained: true,
      wildcardSubscriptions: true,
      sharedSubscriptions: true,
      subscriptionIdentifiers: true,
      topicAliasMaximum: 10,
      receiveMaximum: 20,
      maximumPacketSize: 1_048_576,
      topicLength: 65_535,
      clientIdLength: 65_535,
      keepAlive: 65_535,
      sessionExpiryInterval: "never",
    });
    const left = await client.subscribe("petrel-probe/#", { qos: 1 });
    await client.publish("petrel-probe/end", "", { qos: 1 });
    expect((await left.next({ timeout: 10_000 }))?.topic).toBe("petrel-probe/end"); // and no retained message before
  });

  test("finds the limits of a server, which are in the table", async () => {
    const { stdout } = await runPetrel(["probe", "-L", limited.url]);
    const rows = Object.fromEntries(stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 2)));
    expect(rows).toMatchObject({
      "QoS 1": "yes",
      "QoS 2": "no",
      "retained messages": "no",
      "largest packet": "5,000 bytes",
      "longest keep alive": "300 s",
    });
  });

  test("says that nothing is there with status 3, that nobody is let in with status 4", async () => {
    const guarded = await startMosquitto({ users: { anna: "geheim" } });
    await using _guarded = guarded;
    const [nobody, refused, letIn] = await Promise.all([
      runPetrel(["probe", "mqtt://127.0.0.1:9"]),
      runPetrel(["probe", guarded.url, "-u", "anna", "-P", "wrong"]),
      runPetrel(["probe", guarded.url, "-u", "anna", "-P", "geheim", "--largest", "2000"]),
    ]);
    expect([nobody.status, refused.status, letIn.status]).toEqual([3, 4, 0]);
    expect(refused.stderr).toMatch(/^petrel: the server refused the connection: [^\n]+\n$/);
    expect(refused.stdout).toBe("");
  });
});
