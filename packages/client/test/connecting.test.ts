import { ReasonCode } from "@petrel/codec";
import type { Connector, Transport, TransportHandler } from "@petrel/transport";
import { createMemoryPair } from "@petrel/transport";
import { expect, test } from "vitest";
import { connect, createClient } from "../src/core.ts";
import { TestClock, watch, World } from "./support/world.ts";

test("connects: resolves after CONNACK, and says what was agreed", async () => {
  const world = new World({ clientId: "kitchen", server: { automatic: false } });
  expect(world.client.state).toBe("offline");
  const connected = watch(world.client.connect());
  await world.settle();
  expect([world.client.state, connected.state]).toEqual(["connecting", "pending"]);

  world.server.accept({ receiveMaximum: 7, assignedClientIdentifier: "given" });
  await world.settle();
  expect([world.client.state, connected.state]).toEqual(["online", "resolved"]);
  expect(world.client.connection?.send.receiveMaximum).toBe(7);
  expect(world.client.clientId).toBe("given");
  expect(world.eventNames).toEqual(["connecting", "connected"]);
  expect(world.server.received()[0]).toMatchObject({ type: "connect", cleanStart: true, clientIdentifier: "kitchen" });
});

test("connect() while connecting joins, while online is done", async () => {
  const world = new World();
  const both = [world.client.connect(), world.client.connect()];
  await world.settle();
  await Promise.all(both);
  await world.client.connect();
  expect(world.server.connections).toBe(1);
});

test("the function connect() resolves with a client that is online", async () => {
  const world = new World();
  const connecting = connect({ connector: world.server.connector, clock: world.clock });
  await world.settle();
  expect((await connecting).state).toBe("online");
});

test("a refusal rejects with its reason, is one event, and is not tried again", async () => {
  const world = new World({ server: { automatic: false } });
  const connected = watch(world.client.connect());
  world.server.refuse(ReasonCode.badUserNameOrPassword);
  await world.settle();
  expect(connected.error).toMatchObject({ code: "PETREL_CONNECT_REFUSED", reasonCode: 0x86, retryable: false });
  expect(world.eventNames).toEqual(["connecting", "disconnected"]);
  expect(world.eventsOf("disconnected")[0]).toMatchObject({
    by: "server",
    reasonCode: 0x86,
    willReconnectIn: undefined,
  });
  await world.elapse(600_000);
  expect(world.server.connections).toBe(1);
  expect([world.client.state, world.clock.pendingTimers]).toEqual(["offline", 0]);
});

test("a connector that fails rejects connect() with its error", async () => {
  const world = new World({ connector: () => Promise.reject(new Error("no cable")) });
  const connected = watch(world.client.connect());
  await world.settle();
  expect(connected.error?.message).toBe("no cable");
  expect(world.eventNames).toEqual(["connecting", "disconnected"]);
  expect(world.eventsOf("disconnected")[0]).toMatchObject({ by: "network", cause: connected.error });
});

test.each<[string, () => Promise<Transport>]>([
  [
    "throws",
    () => {
      throw new Error("no cable");
    },
  ],
  ["rejects with what is no error", () => Promise.reject("no cable")],
])("a connector that %s rejects connect() with an error", async (_, connector) => {
  const world = new World({ connector });
  const connected = watch(world.client.connect());
  await world.settle();
  expect(connected.error).toBeInstanceOf(Error);
  expect(connected.error?.message).toBe("no cable");
});

test("a connector that never settles is given up at its deadline, whether it heeds the signal or not", async () => {
  const world = new World({ connector: () => new Promise(() => {}), timeouts: { connect: 3_000 } });
  const connected = watch(world.client.connect());
  await world.elapse(2_999);
  expect(connected.state).toBe("pending");
  await world.elapse(1);
  expect(connected.error).toMatchObject({ code: "PETREL_TIMEOUT", afterMs: 3_000 });
  expect([world.eventNames, world.clock.pendingTimers]).toEqual([["connecting", "disconnected"], 0]);
});

test("a connection that opens after it was given up is dropped, and disturbs nobody", async () => {
  const opened: { handler: TransportHandler; resolve: (transport: Transport) => void }[] = [];
  const connector: Connector = (handler) => new Promise((resolve) => opened.push({ handler, resolve }));
  const world = new World({ connector, timeouts: { connect: 1_000 } });
  const first = watch(world.client.connect());
  await world.elapse(1_000);
  expect(first.state).toBe("rejected");
  const second = watch(world.client.connect());
  await world.settle();

  const late = createMemoryPair();
  const seen: unknown[] = [];
  late.accept({ onData: (bytes) => seen.push(bytes), onDrain() {}, onClose: (cause) => seen.push(cause?.message) });
  opened[0]!.resolve(await late.client(opened[0]!.handler));
  await world.settle();
  expect(seen).toEqual([expect.stringContaining("destroyed the connection")]);
  expect([world.client.state, second.state]).toEqual(["connecting", "pending"]);

  opened[1]!.resolve(await world.server.connector(opened[1]!.handler));
  await world.settle();
  expect([world.client.state, second.state]).toEqual(["online", "resolved"]);
});

test("a server that accepts and says nothing is given up at the CONNACK deadline", async () => {
  const world = new World({ server: { automatic: false }, timeouts: { connack: 5_000 } });
  const connected = watch(world.client.connect());
  await world.elapse(5_000);
  expect(connected.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "CONNACK" });
  expect(world.server.connected).toBe(false);
  expect([world.eventNames, world.clock.pendingTimers]).toEqual([["connecting", "disconnected"], 0]);
});

test("a server that dies before CONNACK rejects connect()", async () => {
  const world = new World({ server: { automatic: false } });
  const connected = watch(world.client.connect());
  await world.settle();
  await world.lose();
  expect(connected.error).toMatchObject({ code: "PETREL_CONNECTION_LOST" });
  expect(world.eventNames).toEqual(["connecting", "disconnected"]);
});

test("something else than MQTT rejects connect(), and ends politely", async () => {
  const world = new World({ server: { automatic: false } });
  const connected = watch(world.client.connect());
  await world.settle();
  world.server.sendBytes(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n"));
  await world.settle();
  expect(connected.error).toMatchObject({ code: "PETREL_MALFORMED_PACKET" });
  expect([world.server.connected, world.clock.pendingTimers]).toEqual([false, 0]);
});

test("a signal aborts connecting: before anything opens, while it opens, and while CONNACK is awaited", async () => {
  const before = new World({ signal: AbortSignal.abort(new Error("enough")) });
  await expect(before.client.connect()).rejects.toMatchObject({ code: "PETREL_ABORTED", cause: { message: "enough" } });
  expect([before.server.connections, before.eventNames]).toEqual([0, []]);

  const opening = new AbortController();
  const during = new World({ connector: () => new Promise(() => {}), signal: opening.signal });
  const connected = watch(during.client.connect());
  await during.settle();
  opening.abort();
  await during.settle();
  expect(connected.error).toMatchObject({ code: "PETREL_ABORTED" });
  expect(during.eventNames).toEqual(["connecting", "disconnected"]);
  expect([during.client.state, during.clock.pendingTimers]).toEqual(["offline", 0]);

  const waiting = new AbortController();
  const after = new World({ server: { automatic: false }, signal: waiting.signal });
  const refused = watch(after.client.connect());
  await after.settle();
  waiting.abort();
  await after.settle();
  expect(refused.error).toMatchObject({ code: "PETREL_ABORTED" });
  expect(after.eventNames).toEqual(["connecting", "disconnected"]);
  expect(after.eventsOf("disconnected")[0]).toMatchObject({ by: "client", cause: undefined });
  expect([after.server.connected, after.clock.pendingTimers]).toEqual([false, 0]);
});

test("once connected, the signal of the options is forgotten", async () => {
  const controller = new AbortController();
  const world = await World.online({ signal: controller.signal });
  controller.abort();
  await world.settle();
  expect(world.client.state).toBe("online");
});

test("the first connection is tried again if the options say so, until it stands", async () => {
  const world = new World({ server: { automatic: false }, reconnect: { retryInitial: true, jitter: "none" } });
  const connected = watch(world.client.connect());
  world.server.refuse(ReasonCode.serverBusy);
  await world.settle();
  expect(world.client.state).toBe("reconnecting");
  world.server.accept();
  await world.elapse(999);
  expect(connected.state).toBe("pending");
  await world.elapse(1);
  expect(connected.state).toBe("resolved");
  expect(world.eventNames).toEqual(["connecting", "disconnected", "reconnecting", "connecting", "connected"]);
});

test("maximumAttempts bounds the attempts in a row, and the last error is told", async () => {
  let attempts = 0;
  const connector = (): Promise<Transport> => Promise.reject(new Error(`failure ${++attempts}`));
  const world = new World({ connector, reconnect: { retryInitial: true, maximumAttempts: 3, jitter: "none" } });
  const connected = watch(world.client.connect());
  await world.elapse(600_000);
  expect([attempts, connected.error?.message]).toEqual([3, "failure 3"]);
  expect(world.eventsOf("disconnected").map(({ willReconnectIn }) => willReconnectIn)).toEqual([
    1_000,
    2_000,
    undefined,
  ]);
  expect(world.eventsOf("error")).toEqual([]);
});

test("a refusal that time can not heal ends the attempts even so", async () => {
  const world = new World({ server: { automatic: false }, reconnect: { retryInitial: true } });
  const connected = watch(world.client.connect());
  world.server.refuse(ReasonCode.notAuthorized);
  await world.settle();
  expect(connected.error).toMatchObject({ reasonCode: ReasonCode.notAuthorized });
});

test("after it gave up, everything fails at once with the reason, until connect() is called", async () => {
  const world = new World({ server: { automatic: false } });
  const queued = watch(world.client.publish("a", "1", { qos: 1 }));
  const connected = watch(world.client.connect());
  world.server.refuse(ReasonCode.banned);
  await world.settle();
  const cause = connected.error;
  expect(queued.error).toBe(cause);
  await expect(world.client.publish("a", "1", { qos: 1 })).rejects.toBe(cause);
  await expect(world.client.subscribe("a")).rejects.toBe(cause);
  await expect(world.client.unsubscribe("a")).rejects.toBe(cause);
  await expect(world.client.drained()).rejects.toBe(cause);

  world.server.automatic = true;
  const again = world.client.connect();
  const published = watch(world.client.publish("a", "2", { qos: 1 }));
  await world.settle();
  await again;
  expect(published.state).toBe("resolved");
});

test("messages published before connect() wait for it", async () => {
  const world = new World();
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  await world.settle();
  expect(published.state).toBe("pending");
  const connected = world.client.connect();
  await world.settle();
  await connected;
  expect(published.state).toBe("resolved");
});

test("connect() inside the event that tells the end begins anew", async () => {
  const world = await World.online({ reconnect: false });
  world.client.on("disconnected", () => void world.client.connect());
  const queued = watch(world.client.publish("a", "1", { qos: 1 }));
  await world.lose();
  expect([world.client.state, world.server.connections, queued.state]).toEqual(["online", 2, "resolved"]);
  expect(world.eventsOf("error")).toEqual([]);
});

test("createClient() without a connector says what is missing", () => {
  expect(() => createClient({ clock: new TestClock() } as never)).toThrow(
    /option connector is undefined; it must be a function/,
  );
});
