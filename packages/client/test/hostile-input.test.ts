/** What peers write into names, payloads and properties to get at something else than the message. */

import { matchTopic } from "@petrel/codec";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../src/core.ts";
import { referencedUrl } from "../src/server-list.ts";
import { scramSha256 } from "../src/scram.ts";
import { soon, World } from "./support/world.ts";

const NAMES_OF_EVERY_OBJECT = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

/** What every object has, with what it has been given by mistake. */
const inherited = (): readonly string[] => Object.getOwnPropertyNames(Object.prototype);

describe("prototypes are out of reach", () => {
  const before = inherited();
  afterEach(() => {
    expect(inherited()).toEqual(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("for topics, filters and user properties that are named like what every object has", async () => {
    const world = await World.online();
    const seen: string[] = [];
    for (const name of NAMES_OF_EVERY_OBJECT) {
      await soon(
        world,
        world.client.subscribe(name, { qos: 1 }, ({ topic, properties }) => {
          seen.push(`${topic} ${String(properties?.userProperties?.[0]?.join("="))}`);
        }),
      );
    }
    for (const name of [...NAMES_OF_EVERY_OBJECT, "valueOf"]) {
      const properties = { userProperties: [[name, "polluted"]] } as const;
      await world.send({ type: "publish", topicName: name, payload: "", properties });
    }
    expect(seen).toEqual(NAMES_OF_EVERY_OBJECT.map((name) => `${name} ${name}=polluted`));
    expect(world.eventsOf("message").map(({ topic }) => topic)).toEqual(["valueOf"]);
  });

  test("for JSON in payloads: a name is data, and nothing is merged into anything", async () => {
    const world = await World.online();
    const messages = await soon(world, world.client.subscribe("a"));
    await world.publish("a", '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}');
    const value = (await messages.next())!.json<object>();
    expect([Object.keys(value), Object.getPrototypeOf(value)]).toEqual([
      ["__proto__", "constructor"],
      Object.prototype,
    ]);
  });

  test.each(['{"__proto__": {"keepAlive": 1}}', '{"will": {"topic": "a", "__proto__": {"qos": 2}}}'])(
    "for options that were JSON: %s is refused",
    (json) => {
      const connector = () => Promise.reject(new Error("opened"));
      expect(() => createClient({ connector, ...(JSON.parse(json) as object) })).toThrow("__proto__");
    },
  );
});

describe("no text of a peer keeps us busy: an expression that backtracks would not come to an end here", () => {
  const LONG = 65_535;

  test("a topic of nothing but levels, against filters of nothing but wildcards", () => {
    const topic = "/".repeat(LONG);
    expect(matchTopic(`${"+/".repeat(LONG / 2)}b`, topic)).toBe(false);
    expect(matchTopic("+/".repeat(20_000) + "#", topic)).toBe(true);
  });

  test("a topic of nothing but levels, that many filters might match", async () => {
    const world = await World.online({ deafTo: ["message"], logger: { warn: () => {}, error: () => {} } });
    const seen: string[] = [];
    for (let depth = 1; depth <= 64; depth++) world.client.route(`${"+/".repeat(depth)}x`, () => void seen.push("?"));
    world.client.route("#", ({ topic }) => void seen.push(`${topic.length}`));
    await world.publish("/".repeat(LONG), "");
    expect(seen).toEqual([`${LONG}`]);
  });

  test.each([" ", "/", "@", ":", "[", "a ", "@/"])("a Server Reference of nothing but %j", (part) => {
    const reference = part.repeat(LONG / part.length);
    const target = referencedUrl("mqtt://anna:secret@a", reference);
    expect([undefined, "mqtt://anna:secret@a"]).toContain(target);
  });

  test.each([",", "=", "r=", "s=,", "r=a,"])("a challenge of SCRAM of nothing but %j", async (part) => {
    const scram = scramSha256("anna", "secret");
    await scram.initial();
    const challenge = new TextEncoder().encode(part.repeat(LONG / part.length));
    await expect((async () => scram.respond(challenge))()).rejects.toMatchObject({ name: "ScramError" });
  });

  test("a reason string, and properties, as long as they may be", async () => {
    const world = await World.online();
    const userProperties = Array.from({ length: 100 }, () => [" ".repeat(LONG), "\u0001".repeat(9)] as const);
    await world.send({
      type: "disconnect",
      reasonCode: 0x8b,
      properties: { reasonString: "\\".repeat(LONG), userProperties },
    });
    expect(world.eventsOf("disconnected")).toMatchObject([{ by: "server", reasonCode: 0x8b }]);
  });
});

test("where replies come to can not be guessed, for it is not Math.random() that chooses", async () => {
  const guessed = vi.spyOn(Math, "random").mockReturnValue(0.25);
  try {
    const topics: string[] = [];
    for (let client = 0; client < 2; client++) {
      const world = await World.online({ random: undefined });
      world.client.request("a").catch(() => undefined);
      await world.settle();
      topics.push(world.received().find((packet) => packet.startsWith("subscribe "))!);
      world.client.destroy();
    }
    expect(topics).toEqual([expect.stringMatching(/[0-9a-f]{16}/), expect.stringMatching(/[0-9a-f]{16}/)]);
    expect(topics[0]).not.toBe(topics[1]);
  } finally {
    guessed.mockRestore();
  }
});
