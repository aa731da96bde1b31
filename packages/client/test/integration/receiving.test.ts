import { describeServer, startAedes, startMosquitto } from "@petrel/servers";
import { describe, expect, test } from "vitest";
import { type Client, connect, createClient, type Message, type Version } from "../../src/node/index.ts";

const VERSIONS = ["5.0", "3.1.1"] as const;

/** Resolves when there are so many; the test's own time is the limit. */
async function untilCount(count: () => number, expected: number): Promise<void> {
  while (count() < expected) await new Promise((resolve) => setTimeout(resolve, 5));
}

function note(notes: string[], name = ""): (message: Message) => void {
  return (message) => void notes.push(`${name}${message.text()}`);
}

/** Something published last has been received: so has everything before it. */
async function flushed(client: Client<Version>, topic: string): Promise<void> {
  const last = await client.subscribe(topic, { qos: 1 });
  await client.publish(topic, "last", { qos: 1 });
  await last.next();
}

describeServer("mosquitto", () => {
  test("5.0: of subscriptions that overlap each gets every message exactly once", async () => {
    await using server = await startMosquitto();
    await using client = await connect(server.url);
    const notes: string[] = [];
    await client.subscribe("kitchen/#", { qos: 1 }, note(notes, "all "));
    await client.subscribe("+/lamp", { qos: 1 }, note(notes, "lamps "));
    await client.subscribe("kitchen/lamp", { qos: 1 }, note(notes, "lamp "));
    for (const payload of [1, 2, 3]) await client.publish("kitchen/lamp", payload, { qos: 1 });
    await client.publish("kitchen/oven", 4, { qos: 1 });
    await flushed(client, "end");
    const expected = [1, 2, 3].flatMap((payload) => [`all ${payload}`, `lamp ${payload}`, `lamps ${payload}`]);
    expect(notes.toSorted()).toEqual([...expected, "all 4"].toSorted());
  });

  test("5.0: a retained message goes to the subscription it is for, and not to those that overlap with it", async () => {
    await using server = await startMosquitto();
    await using client = await connect(server.url);
    await client.publish("kitchen/lamp", "on", { qos: 1, retain: true });
    const notes: string[] = [];
    await client.subscribe("kitchen/+", { qos: 1, retainHandling: 2 }, note(notes, "all "));
    await client.subscribe("+/lamp", { qos: 1, retainHandling: 2 }, note(notes, "lamps "));
    await client.publish("kitchen/lamp", "off", { qos: 1 }); // two copies: now it is known that this server sends them
    await flushed(client, "one");
    await client.subscribe("#", { qos: 1 }, note(notes, "late "));
    await flushed(client, "two");
    expect(notes.toSorted()).toEqual(["all off", "lamps off", "late last", "late on"]);
  });

  test.each([
    [1, "sends one copy, as Mosquitto does by default", "false"],
    [2, "sends a copy for each subscription, and nothing tells them apart", "true"],
  ])("3.1.1: %i times, if the server %s; nobody goes without", async (times, _, duplicates) => {
    await using server = await startMosquitto({ config: [`allow_duplicate_messages ${duplicates}`] });
    await using client = await connect(server.url, { version: "3.1.1" });
    const notes: string[] = [];
    await client.subscribe("kitchen/#", { qos: 1 }, note(notes, "all "));
    await client.subscribe("kitchen/lamp", { qos: 1 }, note(notes, "lamp "));
    await client.publish("kitchen/lamp", 1, { qos: 1 });
    await flushed(client, "end");
    const expected = Array.from({ length: times }, () => ["all 1", "lamp 1"]).flat();
    expect(notes.toSorted()).toEqual(expected.toSorted());
  });

  test.each(VERSIONS)(
    "%s: a shared subscription gives each message to one of the group, a plain one to all",
    async (version) => {
      await using server = await startMosquitto();
      await using first: Client<Version> = await connect(server.url, { version });
      await using second: Client<Version> = await connect(server.url, { version });
      const shared: string[] = [];
      const plain: string[] = [];
      await first.subscribe("$share/workers/jobs/+", { qos: 1 }, note(shared));
      await second.subscribe("$share/workers/jobs/+", { qos: 1 }, note(shared));
      await second.subscribe("$share/others/other/+", { qos: 1 }, note(shared));
      await first.subscribe("news/#", { qos: 1 }, note(plain));
      await second.subscribe("news/#", { qos: 1 }, note(plain));
      const numbers = Array.from({ length: 20 }, (_, index) => `${index}`);
      for (const number of numbers) await first.publish("jobs/1", number, { qos: 1 });
      await first.publish("news/1", "new", { qos: 1 });
      await untilCount(() => shared.length, 20);
      await untilCount(() => plain.length, 2);
      await flushed(first, "end1");
      await flushed(second, "end2");
      expect(shared.toSorted()).toEqual(numbers.toSorted());
      expect(plain).toEqual(["new", "new"]);
    },
  );

  test.each(VERSIONS)(
    "%s: a new process that resumes a session after connecting gets what waited for it",
    async (version) => {
      await using server = await startMosquitto();
      const lasting = version === "5.0" ? { cleanStart: false, sessionExpiryInterval: 600 } : { cleanSession: false };
      const options = { version, clientId: "worker", ...lasting } as Parameters<typeof connect>[1];
      {
        await using earlier = await connect(server.url, options);
        await earlier.subscribe("jobs/#", { qos: 2 });
      }
      await using publisher = await connect(server.url);
      for (const number of [1, 2, 3]) await publisher.publish("jobs/1", number, { qos: 2 });
      await publisher.publish("jobs/2", 4, { qos: 1 });

      await using client = await connect(server.url, options);
      await untilCount(() => client.statistics().receiving.held, 4);
      const jobs = await client.subscribe("jobs/1", { qos: 2 });
      const texts: string[] = [];
      client.route("jobs/2", note(texts, "route "));
      for (let index = 0; index < 3; index++) texts.push((await jobs.next({ timeout: 10_000 }))!.text());
      expect(texts.toSorted()).toEqual(["1", "2", "3", "route 4"]);
    },
  );

  test("5.0: a message that a handler refuses is not sent again, and those after it come", async () => {
    await using server = await startMosquitto();
    const options = { clientId: "worker", cleanStart: false, sessionExpiryInterval: 600 };
    await using publisher = await connect(server.url);
    const seen: string[] = [];
    {
      await using worker = await connect(server.url, options);
      worker.on("error", () => undefined);
      await worker.subscribe("jobs", { qos: 2, rejectWith: 0x83 }, (message) => {
        seen.push(message.text());
        if (message.text() === "bad") throw new Error("I can't do that");
      });
      for (const qos of [1, 2] as const) {
        await publisher.publish("jobs", "bad", { qos });
        await publisher.publish("jobs", "good", { qos });
      }
      await untilCount(() => seen.length, 4);
      await worker.ping();
    }
    await using again = await connect(server.url, options);
    const jobs = await again.subscribe("jobs", { qos: 2 });
    await publisher.publish("jobs", "end", { qos: 1 });
    expect((await jobs.next())?.text()).toBe("end");
    expect(seen.toSorted()).toEqual(["bad", "bad", "good", "good"]);
  });

  test("a consumer that stops for a while: QoS 1 messages wait at the server, a few here, and none is lost", async () => {
    const count = 5_000;
    // Not with receiveMaximum: Mosquitto 2.0.11 sends nothing more after twice as many, if it is less than its own limit.
    await using server = await startMosquitto({ config: ["max_queued_messages 0", "max_inflight_messages 50"] });
    await using publisher = await connect(server.url);
    await using client = await connect(server.url, { keepAlive: 1 });
    let disconnects = 0;
    client.on("disconnected", () => disconnects++);
    const numbers = await client.subscribe("numbers", { qos: 1 });
    for (let number = 0; number < count; number++) {
      await publisher.drained();
      publisher.publish("numbers", number, { qos: 1 });
    }
    await publisher.disconnect({ drain: 20_000 });
    await client.ping(); // nothing stands in the way of other packets
    expect([numbers.buffered, client.statistics().receiving.inflight, disconnects]).toEqual([50, 50, 0]);
    let expected = 0;
    for await (const message of numbers) {
      expect(message.text()).toBe(`${expected++}`);
      if (expected === count) break;
    }
    expect(disconnects).toBe(0);
  });
});

describe("aedes", () => {
  // It sends one copy with the identifier of one of the subscriptions, where the specification wants all.
  test.each(VERSIONS)("%s: of subscriptions that overlap each gets every message exactly once", async (version) => {
    await using server = await startAedes();
    await using client: Client<Version> = await connect(server.url, { version });
    const notes: string[] = [];
    await client.subscribe("kitchen/#", { qos: 1 }, note(notes, "all "));
    await client.subscribe("kitchen/lamp", { qos: 1 }, note(notes, "lamp "));
    for (const payload of [1, 2, 2]) await client.publish("kitchen/lamp", payload, { qos: 1 });
    await flushed(client, "end");
    expect(notes.toSorted()).toEqual(["all 1", "all 2", "all 2", "lamp 1", "lamp 2", "lamp 2"]);
  });

  test("messages() beside a handler that is created before connecting", async () => {
    await using server = await startAedes();
    await using client = createClient(server.url);
    const all = client.messages();
    const notes: string[] = [];
    const subscribing = client.subscribe("a", { qos: 1 }, note(notes));
    await Promise.all([client.connect(), subscribing]);
    await client.publish("a", "1", { qos: 1 });
    expect((await all.next({ timeout: 10_000 }))?.text()).toBe("1");
    expect(notes).toEqual(["1"]);
  });
});
