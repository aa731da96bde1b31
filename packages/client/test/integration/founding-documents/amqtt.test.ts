/** Each row of docs/migrating.md, "From amqtt", is a test of the same name. */

import { type Certificates, describeServer, makeCertificates, type Mosquitto, startMosquitto } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClientOptions, connect, createClient, describePacket } from "../../../src/node/index.ts";

describeServer(["mosquitto", "openssl"], () => {
  let server: Mosquitto;
  let secure: Mosquitto;
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const tls = { cert: certificates.file("server.pem"), key: certificates.file("server.key") };
    [server, secure] = await Promise.all([
      startMosquitto({ webSocket: true }),
      startMosquitto({ webSocket: true, tls }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), secure.stop()]);
    await certificates.remove();
  });

  test("connect(uri) for mqtt, mqtts, ws, wss → connect(url)", async () => {
    const tls = { caFile: certificates.file("ca.pem") };
    const ways = [
      [server.url, {}],
      [secure.url, { tls }],
      [server.webSocketUrl!, {}],
      [secure.webSocketUrl!, { tls }],
    ] as const;
    expect(ways.map(([url]) => new URL(url).protocol)).toEqual(["mqtt:", "mqtts:", "ws:", "wss:"]);
    for (const [url, options] of ways) {
      await using client = await connect(url, options);
      expect(client.state).toBe("online");
    }
  });

  test("subscribe([(topic, qos)]), deliver_message(timeout), unsubscribe → subscribe({ filter: { qos } }), next({ timeout }), unsubscribe", async () => {
    await using client = await connect(server.url);
    const messages = await client.subscribe({ "kitchen/+": { qos: 1 }, "cellar/#": { qos: 2 } });
    await expect(messages.next({ timeout: 20 })).rejects.toMatchObject({ code: "PETREL_TIMEOUT", afterMs: 20 });
    await client.publish("cellar/a/b", "1", { qos: 2 });
    expect((await messages.next({ timeout: 10_000 }))?.topic).toBe("cellar/a/b");
    expect(await client.unsubscribe(["kitchen/+", "cellar/#"])).toEqual([0, 0]);
    expect(await messages.next({ timeout: 10_000 })).toBeUndefined();
  });

  test("publishing one after another or all at once → await each, or Promise.all", async () => {
    await using client = await connect(server.url);
    const messages = await client.subscribe("order", { qos: 2 });
    await client.publish("order", 1, { qos: 1 });
    await client.publish("order", 2, { qos: 2 });
    await Promise.all([3, 4, 5].map((number) => client.publish("order", number, { qos: 2 })));
    const texts: (string | undefined)[] = [];
    for (let index = 0; index < 5; index++) texts.push((await messages.next({ timeout: 10_000 }))?.text());
    expect(texts).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("packet log lines in and out → packetSent and packetReceived, describePacket, petrel --debug", async () => {
    const lines: string[] = [];
    const client = createClient(server.url, { clientId: "logged", username: "anna", password: "secret" });
    client.on("packetSent", (packet) => lines.push(`-> ${describePacket(packet)}`));
    client.on("packetReceived", (packet) => lines.push(`<- ${describePacket(packet)}`));
    await client.connect();
    await client.publish("a", "1", { qos: 1 });
    await client.disconnect();
    expect(lines.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "-> CONNECT",
      "<- CONNACK",
      "-> PUBLISH",
      "<- PUBACK",
      "-> DISCONNECT",
    ]);
    expect(lines[0]).toContain("password ***");
    // `petrel --debug` prints such lines: apps/cli/test/integration.
  });

  test("config dictionary or YAML: default_qos, default_retain, topics, auto_reconnect, reconnect_retries, reconnect_max_interval, will, cleansession, keep_alive → options, publishDefaults: { qos, retain, topics }, reconnect, petrel --load-options", async () => {
    const options: ClientOptions = {
      version: "3.1.1",
      clientId: "configured",
      keepAlive: 10,
      cleanSession: true,
      will: { topic: "wills", payload: "gone", qos: 1 },
      reconnect: { maximumAttempts: 2, maximumDelay: 10_000 },
      publishDefaults: { qos: 1, topics: { "log/#": { qos: 0 }, "+/state": { qos: 2, retain: true } } },
    };
    await using client = await connect(server.url, options);
    const messages = await client.subscribe("#", { qos: 2 });
    for (const topic of ["door/state", "log/a", "other"]) await client.publish(topic, topic);
    const received = new Map<string, number>();
    while (received.size < 3) {
      const message = await messages.next({ timeout: 10_000 });
      received.set(message!.topic, message!.qos);
    }
    expect(Object.fromEntries(received)).toEqual({ "door/state": 2, "log/a": 0, other: 1 });
    await using later = await connect(server.url);
    const state = await later.subscribe("door/state");
    expect((await state.next({ timeout: 10_000 }))?.retain).toBe(true);
  });
});
