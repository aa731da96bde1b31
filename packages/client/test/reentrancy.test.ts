import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ClientEvents } from "../src/core.ts";
import { watch, World } from "./support/world.ts";

declare const console: { warn(): void; error(): void };
declare const process: {
  on(name: "unhandledRejection", listener: (reason: unknown) => void): void;
  off(name: "unhandledRejection", listener: (reason: unknown) => void): void;
};

const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", noteUnhandled);
});

afterEach(() => {
  process.off("unhandledRejection", noteUnhandled);
});

const EVENTS = [
  "connecting",
  "connected",
  "disconnected",
  "reconnecting",
  "message",
  "dropped",
  "error",
  "closed",
  "packetSent",
  "packetReceived",
] as const satisfies readonly (keyof ClientEvents)[];

/** What a listener does. What it calls is watched; what it calls and leaves alone is not. */
const CALLS: Readonly<Record<string, (client: World["client"]) => PromiseLike<unknown> | undefined>> = {
  "disconnect()": (client) => client.disconnect(),
  "disconnect({ drain })": (client) => client.disconnect({ drain: 100 }),
  "destroy()": (client) => {
    client.destroy();
    return undefined;
  },
  "reconnect()": (client) => client.reconnect(),
  "reinitialise()": (client) => client.reinitialise(),
  "connect()": (client) => client.connect(),
  "publish()": (client) => client.publish("from/a/listener", "1", { qos: 1 }),
  "subscribe()": (client) => client.subscribe("from/a/listener"),
  "ping()": (client) => client.ping(),
  "reconnect(), destroy()": (client) => {
    const reconnected = client.reconnect();
    client.destroy();
    return reconnected;
  },
  "reconnect(), disconnect()": (client) => {
    const reconnected = client.reconnect();
    void client.disconnect();
    return reconnected;
  },
  "disconnect(), connect()": (client) => {
    void client.disconnect();
    return client.connect();
  },
  "destroy(), connect()": (client) => {
    client.destroy();
    return client.connect();
  },
  "reinitialise(), connect()": (client) => {
    void client.reinitialise();
    return client.connect();
  },
  "disconnect(), connect(), reinitialise()": (client) => {
    void client.disconnect();
    const connected = client.connect();
    void client.reinitialise();
    return connected;
  },
  "on(), and throws": (client) => {
    client.on("error", () => {})();
    client.on("message", () => {});
    throw new Error("thrown by a listener");
  },
};

describe.each(EVENTS)('in a listener of "%s"', (name) => {
  test.each(Object.keys(CALLS))("%s settles, and leaves a client that can be ended", async (call) => {
    const world = new World({ sessionExpiryInterval: 100, clientId: "one" });
    const promises: ReturnType<typeof watch>[] = [];
    let calls = 0;
    world.client.on(name, () => {
      if (++calls > 3) return;
      const promise = CALLS[call]!(world.client);
      if (promise !== undefined) promises.push(watch(promise));
    });

    // A life with a bit of everything.
    promises.push(watch(world.client.connect()));
    await world.settle();
    promises.push(watch(world.client.subscribe("wanted/#")));
    promises.push(watch(world.client.publish("a", "1", { qos: 2 })));
    await world.settle();
    for (const happens of [
      () => {
        world.server.send(
          { type: "publish", topicName: "unwanted", qos: 1, packetIdentifier: 3 },
          { type: "publish", topicName: "wanted/a", qos: 2, packetIdentifier: 4 },
        );
      },
      () => world.server.lose(),
      () => world.server.send({ type: "disconnect", reasonCode: 0x8b }),
      () => world.server.sendBytes(Uint8Array.of(0)),
    ]) {
      if (world.client.state === "online") happens();
      promises.push(watch(world.client.publish("b", "1", { qos: 1 })));
      await world.elapse(5_000);
    }

    calls = 3;
    promises.push(watch(world.client.disconnect()));
    await world.elapse(5_000);
    expect(promises.filter(({ state }) => state === "pending")).toEqual([]);
    expect([world.client.state, world.clock.pendingTimers, unhandled]).toEqual(["closed", 0, []]);
    const count = (event: keyof ClientEvents): number => world.eventNames.filter((one) => one === event).length;
    expect(count("disconnected")).toBe(count("connecting"));
  });
});

test("reconnect() in the event that tells a loss does not wait", async () => {
  const world = await World.online();
  const off = world.client.on("disconnected", () => {
    off();
    void world.client.reconnect();
  });
  await world.lose();
  expect([world.client.state, world.server.connections]).toEqual(["online", 2]);
});

test("destroy() between reconnect() and the new connection is the end", async () => {
  const world = await World.online();
  const reconnected = watch(world.client.reconnect());
  world.client.destroy();
  await world.elapse(60_000);
  expect([reconnected.error, world.client.state]).toMatchObject([{ code: "PETREL_CLIENT_CLOSED" }, "closed"]);
  expect(world.server.connections).toBe(1);
});

test("reinitialise() fails what waits in a client that was never connected", async () => {
  const world = new World();
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  await Promise.all([world.client.reinitialise(), world.settle()]);
  expect(published.error).toMatchObject({ code: "PETREL_CLIENT_CLOSED" });
});

test("a logger that throws stops nothing, and the console gets what it did not take", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const broken = (): never => {
    throw new Error("thrown by the logger");
  };
  const world = await World.online({
    logger: { warn: broken, error: broken },
    deafTo: ["error", "dropped", "message"],
  });
  world.client.on("connected", broken);
  void world.client.publish("a/+", "1");
  await world.publish("unwanted", "1", 1, 7);
  await world.lose();
  await world.elapse(5_000);
  expect([world.client.state, unhandled]).toEqual(["online", []]);
  expect([warn, error].map(({ mock }) => mock.calls.length > 0)).toEqual([true, true]);
  vi.restoreAllMocks();
});

test.each([
  ["nothing", undefined],
  ["an object without a way to write", {}],
])("a connector that resolves with %s is an attempt that failed", async (_, transport) => {
  const world = new World({ connector: () => Promise.resolve(transport as never), reconnect: false });
  const connected = watch(world.client.connect());
  await world.settle();
  expect(connected.error).toBeInstanceOf(TypeError);
  expect(unhandled).toEqual([]);
});

test("nothing is asked for an attempt that a listener of it has ended", async () => {
  let asked = 0;
  const world = new World({ optionsForAttempt: () => (asked++, {}) });
  world.client.on("connecting", () => world.client.destroy());
  const connecting = watch(world.client.connect());
  await world.settle();
  expect([connecting.error, asked]).toMatchObject([{ code: "PETREL_CLIENT_CLOSED" }, 0]);
});
