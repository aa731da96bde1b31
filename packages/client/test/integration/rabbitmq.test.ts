import { describeServer, type ServerInDirectory, startRabbitMq } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, connect, type Version } from "../../src/node/index.ts";
import { exchange } from "../support/exchange.ts";

/** RabbitMQ 3.10 has no QoS 2, though it takes such messages: see docs/servers.md. */
describeServer("rabbitmq-server", () => {
  let server: ServerInDirectory;
  beforeAll(async () => {
    server = await startRabbitMq();
  }, 90_000);
  afterAll(() => server.stop());

  exchange(() => server, { versions: ["3.1.1", "3.1"], qos: [0, 1], retainedByWildcard: false });

  test('version: "auto" comes to 3.1.1 with a server that closes the connection on 5.0', async () => {
    await using client: Client<Version> = await connect(server.url, { version: "auto" });
    expect(client.version).toBe("3.1.1");
    const messages = await client.subscribe("auto", { qos: 1 });
    await client.publish("auto", "1", { qos: 1 });
    expect((await messages.next({ timeout: 10_000 }))?.text()).toBe("1");
  });

  test("5.0 is told that the server closed the connection without an answer, and what to look at", async () => {
    await expect(connect(server.url)).rejects.toMatchObject({
      code: "PETREL_CONNECTION_LOST",
      message: expect.stringContaining("does it speak MQTT of this version"),
    });
  });

  test("a QoS that is granted lower than asked for is what the subscription says", async () => {
    await using client = await connect(server.url, { version: "3.1.1" });
    const messages = await client.subscribe("lower", { qos: 2 });
    expect(messages.granted).toEqual([{ filter: "lower", qos: 1 }]);
  });

  test("a QoS 2 message, which it takes and answers wrongly, fails once and is not sent again; the client goes on", async () => {
    await using client = await connect(server.url, { version: "3.1.1", reconnect: { decide: () => 0 } });
    const messages = await client.subscribe("exactly/once", { qos: 1 });
    await expect(client.publish("exactly/once", "1", { qos: 2 })).rejects.toMatchObject({
      code: "PETREL_PROTOCOL_ERROR",
      message: expect.stringContaining("does the server know QoS 2?"),
    });
    await client.publish("exactly/once", "2", { qos: 1 });
    const texts = new Set<string | undefined>();
    while (!texts.has("2")) texts.add((await messages.next({ timeout: 10_000 }))?.text());
    expect(client.statistics().connections).toBe(2);
  });

  test("a session goes on for the client that comes back, and what was published meanwhile with it", async () => {
    const options = { version: "3.1.1", clientId: "worker", cleanSession: false } as const;
    {
      await using earlier = await connect(server.url, options);
      await earlier.subscribe("jobs/+", { qos: 1 });
    }
    await using publisher = await connect(server.url, { version: "3.1.1" });
    for (const number of [1, 2, 3]) await publisher.publish("jobs/1", number, { qos: 1 });
    await using again = await connect(server.url, options);
    const jobs = await again.subscribe("jobs/+", { qos: 1 });
    const texts: (string | undefined)[] = [];
    for (let index = 0; index < 3; index++) texts.push((await jobs.next({ timeout: 10_000 }))?.text());
    expect(texts).toEqual(["1", "2", "3"]);
    await again.disconnect();
    await (await connect(server.url, { ...options, cleanSession: true })).disconnect();
  });
});
