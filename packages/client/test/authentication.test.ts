import { decodeUtf8, encodeUtf8, type PacketInit } from "@petrel/codec";
import { afterEach, expect, test, vi } from "vitest";
import type { AuthenticationMethod } from "../src/core.ts";
import {
  AuthenticationError,
  NotConnectedError,
  OptionError,
  scramSha256,
  ServerDisconnectError,
} from "../src/core.ts";
import { ScramServer } from "./support/scram-server.ts";
import { watch, World } from "./support/world.ts";

const METHOD = "SCRAM-SHA-256";

type Data = Uint8Array | string | undefined;
const bytes = (data: Data) => (typeof data === "string" ? encodeUtf8(data) : data);
const auth = (reasonCode: number, data?: Data, authenticationMethod = METHOD): PacketInit => ({
  type: "auth",
  reasonCode,
  properties: { authenticationMethod, authenticationData: bytes(data) },
});
const connack = (data?: Data, authenticationMethod = METHOD): PacketInit => ({
  type: "connack",
  properties: { authenticationMethod, authenticationData: bytes(data) },
});

/** The packet that comes to the server next; cryptography has threads of its own, and takes the time it takes. */
async function next(world: World, type: string): Promise<{ readonly data: string }> {
  return vi.waitFor(
    async () => {
      await world.settle();
      const packet = world.server.takeReceived().at(-1);
      if (packet?.type !== type) throw new Error(`${packet?.type ?? "nothing"} came, not ${type}`);
      const { authenticationData } = (packet as { properties: { authenticationData?: Uint8Array } }).properties;
      return { data: authenticationData === undefined ? "" : decodeUtf8(authenticationData) };
    },
    { timeout: 20_000 },
  );
}

const worlds: World[] = [];
afterEach(() => {
  for (const { client } of worlds.splice(0)) client.destroy();
});

function newWorld(authentication: AuthenticationMethod, options: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World({ authentication, server: { automatic: false }, ...options });
  worlds.push(world);
  return world;
}

/** The server's side of the exchange that `begin` has begun, up to its last word. */
async function exchange(world: World, server: ScramServer, begin: "connect" | "auth"): Promise<string> {
  const { data: clientFirst } = await next(world, begin);
  world.server.send(auth(0x18, server.first(clientFirst)));
  return server.final((await next(world, "auth")).data);
}

const scramServer = () => new ScramServer({ hash: "sha256", username: "user", password: "pencil" });

test("connects with SCRAM, and authenticates again while messages pass", async () => {
  const world = newWorld(scramSha256("user", "pencil"));
  const server = scramServer();
  const connected = world.client.connect();
  world.server.send(connack(await exchange(world, server, "connect")));
  await connected;
  expect(world.client.state).toBe("online");

  const again = world.client.reauthenticate();
  const twice = world.client.reauthenticate();
  world.server.send(auth(0x00, await exchange(world, server, "auth")));
  await again;
  await twice;
  expect(world.received()).toEqual([]); // it was one exchange for both
  expect(world.eventNames).toEqual(["connecting", "connected"]);
});

test("a server that does not know the password is not believed, told, and not tried again", async () => {
  const world = newWorld(scramSha256("user", "pencil"), { reconnect: { retryInitial: true } });
  const impostor = new ScramServer({ hash: "sha256", username: "user", password: "pencil" });
  const connecting = watch(world.client.connect());
  await exchange(world, impostor, "connect");
  world.server.send(connack("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  await world.settle();
  expect(world.received()).toEqual(["disconnect 0x80"]);
  expect(connecting.error).toBeInstanceOf(AuthenticationError);
  expect(connecting.error?.message).toMatch(/^SCRAM-SHA-256 authentication failed: the server's proof is wrong/);
  expect(world.eventsOf("disconnected")).toMatchObject([{ by: "client", willReconnectIn: undefined }]);
});

test("a server that refuses the proof says so with a refusal", async () => {
  const world = newWorld(scramSha256("user", "wrong"));
  const connecting = watch(world.client.connect());
  expect(await exchange(world, scramServer(), "connect")).toBe("e=invalid-proof");
  world.server.refuse(0x86);
  await world.settle();
  expect(connecting.error).toMatchObject({ code: "PETREL_CONNECT_REFUSED", reasonCode: 0x86 });
});

test("re-authentication that the server refuses rejects, and the client connects again", async () => {
  const world = newWorld(scramSha256("user", "pencil"));
  const server = scramServer();
  const connected = world.client.connect();
  world.server.send(connack(await exchange(world, server, "connect")));
  await connected;
  const again = watch(world.client.reauthenticate());
  await exchange(world, server, "auth");
  world.server.send({ type: "disconnect", reasonCode: 0x83 });
  await world.settle();
  expect(again.error).toBeInstanceOf(ServerDisconnectError);
  expect(world.client.state).toBe("reconnecting");
  await expect(world.client.reauthenticate()).rejects.toThrow(NotConnectedError);
});

/** A method whose answers come when the test says so. */
class SlowMethod implements AuthenticationMethod {
  readonly method = METHOD;
  readonly asked: { step: string; resolve(data?: Uint8Array): void; reject(error: unknown): void }[] = [];
  initial = () => this.#ask("initial");
  respond = () => this.#ask("respond");

  #ask(step: string): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => this.asked.push({ step, resolve, reject }));
  }
}

test("an answer that comes after its connection is lost disturbs nobody", async () => {
  const method = new SlowMethod();
  const world = newWorld(method, { reconnect: { retryInitial: true, jitter: "none" } });
  const connected = watch(world.client.connect());
  await world.settle();
  await world.lose();
  await world.elapse(1_000);
  expect(method.asked.map(({ step }) => step)).toEqual(["initial", "initial"]);
  method.asked[0]!.reject(new Error("too late"));
  await world.settle();
  method.asked[1]!.resolve(encodeUtf8("second"));
  await world.settle();
  expect((await next(world, "connect")).data).toBe("second");
  world.server.send(connack());
  await world.settle();
  expect(connected.state).toBe("resolved");
});

test.each([
  [
    "throws",
    () => {
      throw new Error("no token");
    },
    "no token",
  ],
  ["rejects", () => Promise.reject(new Error("no token")), "no token"],
  ["rejects with what is no error", () => Promise.reject("no token"), "no token"],
  ["gives more than a packet can carry", () => new Uint8Array(65_536), "authenticationData"],
] as [string, AuthenticationMethod["initial"], string][])(
  "a method that %s fails the attempt, and the next may succeed",
  async (_, initial, why) => {
    let attempts = 0;
    const method: AuthenticationMethod = {
      method: METHOD,
      initial: () => (++attempts === 1 ? initial() : encodeUtf8("a token")),
      respond: () => undefined,
    };
    const world = newWorld(method, { reconnect: { retryInitial: true, jitter: "none" } });
    const connected = watch(world.client.connect());
    await world.settle();
    expect(world.eventsOf("disconnected")[0]?.cause).toBeInstanceOf(AuthenticationError);
    expect(world.eventsOf("disconnected")[0]?.cause?.message).toContain(why);
    await world.elapse(1_000);
    expect((await next(world, "connect")).data).toBe("a token");
    world.server.send(connack());
    await world.settle();
    expect(connected.state).toBe("resolved");
  },
);

test("options that cannot work are refused before anything is opened", () => {
  const good: AuthenticationMethod = { method: "X", initial: () => undefined, respond: () => undefined };
  const withMethod = (authentication: unknown) => () => newWorld(authentication as AuthenticationMethod);
  expect(withMethod({ ...good, method: "" })).toThrow("authentication.method");
  expect(withMethod({ ...good, method: undefined })).toThrow("authentication.method");
  expect(withMethod({ ...good, initial: undefined })).toThrow("authentication.initial");
  expect(withMethod({ ...good, respond: 5 })).toThrow("authentication.respond");
  expect(withMethod({ ...good, verify: 5 })).toThrow("authentication.verify");
});

test("the server's answer is read although a consumer is too slow for everything else", async () => {
  const method: AuthenticationMethod = { method: METHOD, initial: () => undefined, respond: () => undefined };
  const world = newWorld(method);
  const connected = world.client.connect();
  await next(world, "connect");
  world.server.send(connack());
  await world.settle();
  await connected;
  const subscribing = world.client.subscribe("a", { buffer: 1 });
  await world.settle();
  await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [0] });
  const readings = await subscribing;
  for (let index = 0; index < 5; index++) await world.publish("a", `${index}`);
  expect(readings.buffered).toBe(1); // nobody reads from the network any more
  const again = world.client.reauthenticate();
  await next(world, "auth");
  await world.send(auth(0x00));
  await again;
});

test("each attempt may have a method of its own", async () => {
  const token = (attempt: number): AuthenticationMethod => ({
    method: METHOD,
    initial: () => encodeUtf8(`token ${attempt}`),
    respond: () => undefined,
  });
  const world = newWorld(token(0), { optionsForAttempt: ({ attempt }) => ({ authentication: token(attempt) }) });
  const connected = world.client.connect();
  expect((await next(world, "connect")).data).toBe("token 1");
  world.server.send(connack());
  await world.settle();
  await connected;
  await world.lose();
  await world.elapse(1_000);
  expect((await next(world, "connect")).data).toBe("token 2");
});

test("a server that claims to be old does not get a client without proofs", async () => {
  const world = newWorld(scramSha256("user", "pencil"), { version: "auto" } as object);
  const connecting = watch(world.client.connect());
  await next(world, "connect");
  world.server.refuse(0x84);
  await world.settle();
  expect(connecting.error).toMatchObject({ code: "PETREL_OPTION", option: "authentication" });
  expect(world.received()).toEqual([]);
});

test("re-authentication needs a method, which 3.x does not have", async () => {
  const world = await World.online();
  worlds.push(world);
  await expect(world.client.reauthenticate()).rejects.toThrow(OptionError);
  const old = await World.online311();
  worlds.push(old);
  await expect(old.client.reauthenticate()).rejects.toThrow(OptionError);
});
