import { expect, test } from "vitest";
import { OptionError } from "../src/core.ts";
import { watch, World } from "./support/world.ts";

const NONSENSE = { null: null, text: "5", number: 5, list: [], symbol: Symbol("nonsense"), bigint: 10n, object: {} };

/** What a command takes; all else is refused before anything is sent. */
test.each<[option: string, takes: readonly (keyof typeof NONSENSE)[]]>([
  ["retain", []],
  ["timeout", ["number"]],
  ["signal", []],
  ["properties", ["object", "list"]],
])("publish() refuses nonsense as %s, and sends nothing", async (option, takes) => {
  const world = await World.online();
  const taken: string[] = [];
  for (const [name, value] of Object.entries(NONSENSE)) {
    const published = watch(world.client.publish("a", "1", { qos: 1, [option]: value }));
    await world.settle();
    if (published.state === "resolved") taken.push(name);
    else expect(published.error).toMatchObject({ code: "PETREL_OPTION", option });
  }
  expect(taken.toSorted()).toEqual([...takes].toSorted());
  expect(world.received()).toHaveLength(takes.length);
});

test.each(["timeout", "signal", "handler", "noLocal", "retainAsPublished"])(
  "subscribe() refuses nonsense as %s, and sends nothing",
  async (option) => {
    const world = await World.online();
    for (const value of Object.values(NONSENSE)) {
      if (option === "timeout" && value === 5) continue;
      const subscribed = watch(
        option === "handler"
          ? world.client.subscribe("a", {}, value as never)
          : world.client.subscribe("a", { [option]: value }),
      );
      await world.settle();
      expect(subscribed.error).toMatchObject({ code: "PETREL_OPTION", option });
    }
    expect(world.received()).toEqual([]);
  },
);

test.each([null, () => undefined, 5, "qos"])("%s is no options: a callback would never be called", async (options) => {
  const world = await World.online();
  const given = options as never;
  expect(() => world.client.respond("a", () => "1", given)).toThrow(OptionError);
  const all = [
    world.client.publish("a", "1", given),
    world.client.request("a", "1", given),
    world.client.disconnect(given),
    ...(typeof options === "function" ? [] : [world.client.subscribe("a", given)]),
  ].map((each: PromiseLike<unknown>) => watch(each));
  await world.settle();
  for (const { error } of all) expect(error).toMatchObject({ code: "PETREL_OPTION", option: "options" });
  expect(world.received()).toEqual([]);
});

test("a listener has to be a function", () => {
  expect(() => new World().client.on("connected", undefined as never)).toThrow(OptionError);
});
