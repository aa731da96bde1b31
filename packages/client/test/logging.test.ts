import { expect, test } from "vitest";
import type { Logger } from "../src/core.ts";
import { soon, World } from "./support/world.ts";

type Recording = Record<"debug" | "info" | "warn" | "error", (line: string) => void>;

/** A logger that keeps what it is told, and the lines of one level. */
function recorder(): { readonly logger: Recording; readonly lines: (level: string) => readonly string[] } {
  const told: (readonly [level: string, line: string])[] = [];
  const note =
    (level: string) =>
    (line: string): void =>
      void told.push([level, line]);
  const logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  return { logger, lines: (level) => told.filter(([other]) => other === level).map(([, line]) => line) };
}

test("logger.debug gets a line for each packet, without passwords", async () => {
  const { logger, lines } = recorder();
  const world = await World.online({ logger, clientId: "kitchen", username: "anna", password: "geheim", keepAlive: 0 });
  void world.client.publish("sensors/kitchen", "21.5", { qos: 1 });
  await world.settle();
  await world.publish("a", "1");
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect(lines("debug")).toEqual([
    expect.stringMatching(/^petrel: sent CONNECT v5 "kitchen" clean keep-alive 0s user "anna" password \*\*\*/),
    expect.stringMatching(/^petrel: received CONNACK /),
    'petrel: sent PUBLISH q1 p1 "sensors/kitchen" 4 characters "21.5"',
    expect.stringMatching(/^petrel: received PUBACK p1/),
    'petrel: received PUBLISH q0 "a" 1 byte "1"',
    expect.stringMatching(/^petrel: sent DISCONNECT/),
  ]);
  expect(lines("info").length).toBeGreaterThan(2);
});

test("a logger without debug, or one that says it is set to another level, gets none", async () => {
  const { logger, lines } = recorder();
  const asked: string[] = [];
  const isLevelEnabled = (level: string): boolean => {
    asked.push(level);
    return false;
  };
  const leveled = { ...logger, isLevelEnabled } as Logger;
  const world = await World.online({ logger: leveled });
  await world.publish("a", "1");
  expect([lines("debug"), asked]).toEqual([[], ["debug"]]);
  const quiet: Logger = { ...logger };
  delete quiet.debug;
  await World.online({ logger: quiet });
  expect(lines("debug")).toEqual([]);
});

test("reinitialise() with another logger tells that one, and no longer the first", async () => {
  const first = recorder();
  const second = recorder();
  const world = await World.online({ logger: first.logger });
  const { connector } = world.server;
  await Promise.all([
    world.client.reinitialise({ logger: second.logger, connector, clock: world.clock }),
    world.settle(),
  ]);
  const before = first.lines("debug").length;
  await soon(world, world.client.connect());
  expect(first.lines("debug").length).toBe(before);
  expect(second.lines("debug")[0]).toMatch(/sent CONNECT/);
});
