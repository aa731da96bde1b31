import { FaultLink, ScriptedServer } from "@petrel/testing";
import type { Connector } from "@petrel/transport";
import { describe, expect, test } from "vitest";
import { ClientClosedError } from "../src/core.ts";
import { soon, watch, World } from "./support/world.ts";

test("disconnect() says goodbye, waits for the server to close, and tells the end last", async () => {
  const world = await World.online();
  const ended = watch(world.client.disconnect());
  expect(world.client.state).toBe("closed");
  await world.settle();
  expect(ended.state).toBe("resolved");
  expect(world.received()).toEqual(["disconnect"]);
  expect(world.eventNames).toEqual(["disconnected", "closed"]);
  expect(world.eventsOf("disconnected")[0]).toMatchObject({
    by: "client",
    cause: undefined,
    willReconnectIn: undefined,
  });
  expect(world.clock.pendingTimers).toBe(0);
});

test("disconnect() twice is one end, and after the end it is nothing", async () => {
  const world = await World.online();
  await Promise.all([world.client.disconnect(), world.client.disconnect(), world.settle()]);
  await world.client.disconnect();
  expect(world.eventNames).toEqual(["disconnected", "closed"]);
});

test("a client can be connected and ended again and again", async () => {
  const world = new World();
  for (let round = 1; round <= 3; round++) {
    await Promise.all([world.client.connect(), world.settle()]);
    expect(world.client.state).toBe("online");
    await Promise.all([world.client.disconnect(), world.settle()]);
    expect([world.client.state, world.server.connected, world.clock.pendingTimers]).toEqual(["closed", false, 0]);
  }
  expect(world.server.connections).toBe(3);
});

test("disconnect() before connect() closes a client that was never connected", async () => {
  const world = new World();
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect([world.client.state, world.server.connections, world.eventNames]).toEqual(["closed", 0, ["closed"]]);
  expect(published.error).toBeInstanceOf(ClientClosedError);
});

test("disconnect() right after connect() rejects it, and nothing connects later", async () => {
  const world = new World();
  const connected = watch(world.client.connect());
  await Promise.all([world.client.disconnect(), world.settle()]);
  await world.elapse(60_000);
  expect(connected.error).toBeInstanceOf(ClientClosedError);
  expect(world.eventNames).toEqual(["connecting", "disconnected", "closed"]);
  expect([world.received(), world.clock.pendingTimers]).toEqual([[], 0]);
});

test("disconnect() while CONNACK is awaited rejects connect() and ends the connection", async () => {
  const world = new World({ server: { automatic: false } });
  const connected = watch(world.client.connect());
  await world.settle();
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect(connected.error).toBeInstanceOf(ClientClosedError);
  expect(world.eventNames).toEqual(["connecting", "disconnected", "closed"]);
  expect([world.server.connected, world.clock.pendingTimers]).toEqual([false, 0]);
});

test("disconnect() while a connector never settles does not wait for it", async () => {
  const world = new World({ connector: () => new Promise(() => {}) });
  const connected = watch(world.client.connect());
  await world.settle();
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect(connected.error).toBeInstanceOf(ClientClosedError);
  expect(world.clock.pendingTimers).toBe(0);
});

test("disconnect() between two attempts ends them, and fails what waits", async () => {
  const world = await World.online();
  world.server.automatic = false;
  await world.lose();
  expect(world.client.state).toBe("reconnecting");
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  const connected = watch(world.client.connect());
  const subscribed = watch(world.client.subscribe("a"));
  await Promise.all([world.client.disconnect(), world.settle()]);
  await world.elapse(600_000);
  for (const { error } of [published, connected, subscribed]) expect(error).toBeInstanceOf(ClientClosedError);
  expect(world.eventNames).toEqual(["disconnected", "reconnecting", "closed"]);
  expect([world.server.connections, world.clock.pendingTimers]).toEqual([1, 0]);
});

test.each(["disconnect", "destroy"] as const)(
  "%s() inside the event that tells a loss prevents the reconnect",
  async (end) => {
    const world = await World.online();
    world.client.on("disconnected", () => void world.client[end]());
    await world.lose();
    await world.elapse(600_000);
    expect(world.eventNames).toEqual(["disconnected", "closed"]);
    expect([world.server.connections, world.clock.pendingTimers]).toEqual([1, 0]);
  },
);

test.each(["connecting", "connected", "reconnecting"] as const)(
  "disconnect() inside the event %s works",
  async (name) => {
    const world = new World();
    world.client.on(name, () => void world.client.disconnect());
    world.client.on("connected", () => {
      if (name === "reconnecting") world.server.lose();
    });
    const connected = watch(world.client.connect());
    await world.elapse(600_000);
    expect([world.client.state, world.server.connected, world.clock.pendingTimers]).toEqual(["closed", false, 0]);
    expect(connected.state).not.toBe("pending");
    expect(world.eventNames.at(-1)).toBe("closed");
  },
);

test("connect() during an end waits for it, then connects", async () => {
  const world = await World.online();
  const ended = world.client.disconnect();
  const connected = world.client.connect();
  await world.settle();
  await Promise.all([ended, connected]);
  expect([world.client.state, world.server.connections]).toEqual(["online", 2]);
});

test("the last word counts: disconnect() after a connect() that still waits for an end", async () => {
  const world = await World.online();
  const ended = world.client.disconnect();
  const connected = watch(world.client.connect());
  const endedAgain = world.client.disconnect();
  await world.settle();
  await Promise.all([ended, endedAgain]);
  expect(connected.error).toBeInstanceOf(ClientClosedError);
  expect(world.client.state).toBe("closed");
});

test("a server that does not close is dropped two seconds after the goodbye", async () => {
  const silent = await silentWorld();
  const ended = watch(silent.client.disconnect());
  await silent.elapse(1_999);
  expect(ended.state).toBe("pending");
  await silent.elapse(1);
  expect(ended.state).toBe("resolved");
  expect(silent.clock.pendingTimers).toBe(0);
});

test("destroy() in the middle of a goodbye ends the wait", async () => {
  const silent = await silentWorld();
  const ended = watch(silent.client.disconnect({ drain: 60_000 }));
  await silent.settle();
  silent.client.destroy();
  await silent.settle();
  expect(ended.state).toBe("resolved");
  expect([silent.eventNames, silent.clock.pendingTimers]).toEqual([["disconnected", "closed"], 0]);
});

test("destroy() drops the connection without a DISCONNECT, and fails what waits with the cause", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  const subscribed = watch(world.client.subscribe("b"));
  await world.settle();
  world.received();
  const cause = new Error("power is running out");
  world.client.destroy(cause);
  world.client.destroy();
  expect(world.client.state).toBe("closed");
  await world.settle();
  expect([published.error, subscribed.error]).toEqual([cause, cause]);
  expect(world.received()).toEqual([]);
  expect([world.server.connected, world.clock.pendingTimers]).toEqual([false, 0]);
  expect(world.eventNames).toEqual(["disconnected", "closed"]);
});

test("after destroy(), connect() begins anew", async () => {
  const world = await World.online();
  world.client.destroy();
  const connected = world.client.connect();
  await world.settle();
  await connected;
  expect([world.client.state, world.server.connections]).toEqual(["online", 2]);
});

test("drain waits for what is in flight and queued, and no longer", async () => {
  const world = await World.online({ maximumInflight: 1 });
  world.server.automatic = false;
  const published = [1, 2].map((text) => watch(world.client.publish("a", text, { qos: 1 })));
  const ended = watch(world.client.disconnect({ drain: 10_000 }));
  await world.elapse(5_000);
  await world.send({ type: "puback", packetIdentifier: 1 });
  expect(world.received()).toEqual(["publish a:1 q1 #1", "publish a:2 q1 #1"]);
  expect(ended.state).toBe("pending");
  await world.send({ type: "puback", packetIdentifier: 1 });
  expect([ended.state, ...published.map(({ state }) => state)]).toEqual(["resolved", "resolved", "resolved"]);
  expect(world.received()).toEqual(["disconnect"]);
  expect(world.clock.pendingTimers).toBe(0);
});

test("drain ends at its deadline; what is not acknowledged then fails", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const published = watch(world.client.publish("a", "1", { qos: 2 }));
  const ended = watch(world.client.disconnect({ drain: 10_000 }));
  await world.elapse(9_999);
  expect(ended.state).toBe("pending");
  await world.elapse(1);
  expect(ended.state).toBe("resolved");
  expect(published.error).toBeInstanceOf(ClientClosedError);
});

test("disconnect() again cuts a drain short", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  const ended = watch(world.client.disconnect({ drain: Infinity }));
  await world.elapse(60_000);
  expect(ended.state).toBe("pending");
  const again = watch(world.client.disconnect());
  await world.settle();
  expect([ended.state, again.state, published.state]).toEqual(["resolved", "resolved", "rejected"]);
});

test("a drain goes on through a reconnect, and ends when the client gives up", async () => {
  const world = await World.online({ reconnect: { jitter: "none" } });
  world.server.automatic = false;
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  const ended = watch(world.client.disconnect({ drain: 60_000 }));
  await world.lose();
  world.server.automatic = true;
  await world.elapse(1_000);
  expect([published.state, ended.state]).toEqual(["resolved", "resolved"]);

  const hopeless = await World.online({ reconnect: false });
  hopeless.server.automatic = false;
  const failed = watch(hopeless.client.publish("a", "1", { qos: 1 }));
  const over = watch(hopeless.client.disconnect({ drain: Infinity }));
  await hopeless.lose();
  expect([failed.state, over.state]).toEqual(["rejected", "resolved"]);
});

test("messages published right before disconnect() go out before the goodbye", async () => {
  const world = await World.online();
  const published = watch(world.client.publish("a", "last words"));
  const ended = world.client.disconnect();
  await world.settle();
  await ended;
  expect(published.state).toBe("resolved");
  expect(world.received()).toEqual(["publish a:last words q0", "disconnect"]);
});

test("QoS 0 messages that the output had no room for before disconnect() fail because the client was closed", async () => {
  const world = await World.online();
  const large = new Uint8Array(40_000);
  const published = [1, 2, 3].map(() => watch(world.client.publish("a", large)));
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect(published.map(({ state }) => state)).toEqual(["resolved", "resolved", "rejected"]);
  expect(published[2]!.error).toBeInstanceOf(ClientClosedError);
});

test("DISCONNECT carries reason, text, user properties and the new expiry", async () => {
  const world = await World.online({ sessionExpiryInterval: 60 });
  const ended = world.client.disconnect({
    sendWill: true,
    reasonString: "night",
    sessionExpiryInterval: 30,
    userProperties: [["a", "b"]],
  });
  await world.settle();
  await ended;
  expect(world.server.takeReceived()).toMatchObject([
    {
      type: "disconnect",
      reasonCode: 0x04,
      properties: { reasonString: "night", sessionExpiryInterval: 30, userProperties: [["a", "b"]] },
    },
  ]);
});

test("what no DISCONNECT can say is refused, and the connection stays", async () => {
  const world = await World.online();
  await expect(world.client.disconnect({ reasonCode: 999 })).rejects.toMatchObject({ code: "PETREL_ENCODE" });
  await expect(world.client.disconnect({ sessionExpiryInterval: 30 })).rejects.toMatchObject({
    option: "sessionExpiryInterval",
  });
  await expect(world.client.disconnect({ drain: Number.NaN })).rejects.toMatchObject({ option: "drain" });
  expect(world.client.state).toBe("online");
});

test("await using ends the client", async () => {
  const world = await World.online();
  const scope = (async () => {
    await using client = world.client;
    expect(client.state).toBe("online");
  })();
  await world.settle();
  await scope;
  expect(world.client.state).toBe("closed");
});

test("a closed client refuses commands", async () => {
  const world = await World.online();
  await Promise.all([world.client.disconnect(), world.settle()]);
  await expect(world.client.publish("a")).rejects.toBeInstanceOf(ClientClosedError);
  await expect(world.client.subscribe("a")).rejects.toBeInstanceOf(ClientClosedError);
  await expect(world.client.unsubscribe("a")).rejects.toBeInstanceOf(ClientClosedError);
  await expect(world.client.drained()).rejects.toBeInstanceOf(ClientClosedError);
});

/** The server got a connection, answered CONNECT, and is never heard of again. */
async function silentWorld(): Promise<World> {
  const link = new FaultLink();
  const world = await World.online({ server: { link: () => link } });
  link.silence();
  return world;
}

describe("a slow network at the end", () => {
  /** A client whose transport says that `waiting.bytes` are not sent yet, and never hears that the server has closed. */
  async function lingering(): Promise<{ world: World; waiting: { bytes: number }; destroyed: () => boolean }> {
    const waiting = { bytes: 0 };
    let destroyed = false;
    const server = new ScriptedServer({ automatic: true });
    const connector: Connector = async (handler, signal) => {
      const deaf = {
        onData: (bytes: Uint8Array) => handler.onData(bytes),
        onDrain: () => handler.onDrain(),
        onClose: () => {},
      };
      const transport = await server.connector(deaf, signal);
      return {
        write: (bytes) => transport.write(bytes),
        pause: () => transport.pause(),
        resume: () => transport.resume(),
        close: () => {}, // goes through only when everything is sent
        destroy: (cause) => {
          destroyed = true;
          transport.destroy(cause);
        },
        get bufferedBytes() {
          return waiting.bytes;
        },
      };
    };
    const world = await World.online({ connector });
    return { world, waiting, destroyed: () => destroyed };
  }

  test("waits 2 s for a server that has everything and does not close", async () => {
    const { world, destroyed } = await lingering();
    const ended = watch(world.client.disconnect());
    await world.elapse(1_999);
    expect(destroyed()).toBe(false);
    await world.elapse(1);
    expect(destroyed()).toBe(true);
    expect(ended.state).toBe("resolved");
  });

  test("gives bytes their time as long as the network takes some", async () => {
    const { world, waiting, destroyed } = await lingering();
    waiting.bytes = 100;
    const ended = watch(world.client.disconnect());
    for (; waiting.bytes > 0; waiting.bytes -= 1) await world.elapse(1_000);
    expect(destroyed()).toBe(false);
    await world.elapse(4_000);
    expect(destroyed()).toBe(true);
    expect(ended.state).toBe("resolved");
    expect(world.eventsOf("error")).toEqual([]);
  });

  test("gives up when the network has taken nothing for 30 s, and says what is lost", async () => {
    const { world, waiting, destroyed } = await lingering();
    waiting.bytes = 100;
    const ended = watch(world.client.disconnect());
    await world.elapse(29_000);
    expect(destroyed()).toBe(false);
    await world.elapse(3_000);
    expect(destroyed()).toBe(true);
    expect(ended.state).toBe("resolved");
    expect(world.eventsOf("error")).toMatchObject([{ code: "PETREL_CONNECTION_LOST" }]);
  });
});

test("reinitialise begins anew: what was pending fails, the session is another one, listeners stay", async () => {
  const world = await World.online({ clientId: "one", sessionExpiryInterval: 60 });
  world.server.automatic = false;
  const pending = watch(world.client.publish("a", "1", { qos: 1 }));
  await world.settle();
  const again = watch(
    world.client.reinitialise({ connector: world.server.connector, clientId: "two", clock: world.clock }),
  );
  await world.elapse(2_000);
  expect([again.state, pending.error]).toMatchObject(["resolved", { code: "PETREL_CLIENT_CLOSED" }]);
  expect([world.client.state, world.client.statistics().connections]).toEqual(["offline", 0]);
  world.server.automatic = true;
  world.events.length = 0;
  const connected = watch(world.client.connect());
  await world.settle();
  expect([connected.state, world.client.clientId, world.eventNames]).toEqual([
    "resolved",
    "two",
    ["connecting", "connected"],
  ]);
  expect(world.server.received()).toMatchObject([{ type: "connect", clientIdentifier: "two", cleanStart: true }]);
});

test("streams that were made after the end do not outlive the next one, or reinitialise", async () => {
  const world = await World.online();
  await Promise.all([world.client.disconnect(), world.settle()]);
  const waiting = [watch(world.client.messages().next())];
  await soon(world, world.client.disconnect());
  world.client.on("closed", () => waiting.push(watch(world.client.messages().next())));
  waiting.push(watch(world.client.messages().next()));
  await soon(world, world.client.reinitialise());
  await soon(world, world.client.connect());
  await soon(world, world.client.reinitialise());
  expect(waiting.map(({ state, value }) => [state, value])).toEqual(waiting.map(() => ["resolved", undefined]));
  expect(waiting.length).toBe(3);
});

test("reinitialise with options that can't work leaves a client that is closed, and whole", async () => {
  const world = await World.online({ clientId: "one" });
  const failed = watch(world.client.reinitialise({ connector: world.server.connector, keepAlive: -1 }));
  await world.elapse(2_000);
  expect([failed.error, world.client.state]).toMatchObject([{ option: "keepAlive" }, "closed"]);
  const connected = watch(world.client.connect());
  await world.settle();
  expect([connected.state, world.client.clientId]).toEqual(["resolved", "one"]);
});
