// Where a client goes: from server to server, from version to version, with the options of the attempt.

import { ReasonCode } from "@petrel/codec";
import { ScriptedServer } from "@petrel/testing";
import type { Transport } from "@petrel/transport";
import { describe, expect, test } from "vitest";
import type { Reach } from "../src/approach.ts";
import { MqttClient } from "../src/client.ts";
import type { ClientOptions } from "../src/options.ts";
import { referencedUrl } from "../src/server-list.ts";
import { TestClock, watch } from "./support/world.ts";

/** A client whose URLs lead to scripted servers of that name, made at need. */
class Network {
  readonly clock = new TestClock();
  readonly servers = new Map<string, ScriptedServer>();
  /** Names of servers that take no connection. */
  readonly down = new Set<string>();
  /** Where each attempt went, in short: `a`, or `a anna` with a user name. */
  readonly attempts: string[] = [];
  readonly errors: Error[] = [];
  readonly client: MqttClient;

  constructor(urls: string, options: ClientOptions = {}) {
    const [first = "", ...servers] = urls.split(" ").map((name) => `mqtt://${name}`);
    this.client = new MqttClient(this.#reach, first, {
      servers,
      clock: this.clock,
      random: () => 0.5,
      reconnect: { jitter: "none" },
      ...options,
    });
    this.client.on("error", (error) => this.errors.push(error));
  }

  server(name: string): ScriptedServer {
    const known = this.servers.get(name);
    if (known !== undefined) return known;
    const server = new ScriptedServer({ automatic: true });
    this.servers.set(name, server);
    return server;
  }

  async elapse(ms: number): Promise<void> {
    await this.clock.elapse(ms);
    await this.clock.settle();
  }

  readonly #reach: Reach = (url, { username, password }) => ({
    username,
    password,
    connector: (handler, signal): Promise<Transport> => {
      const name = url.slice("mqtt://".length);
      this.attempts.push(username === undefined ? name : `${name} ${username}`);
      if (this.down.has(new URL(url).hostname)) return Promise.reject(new Error(`${name} is down`));
      return this.server(name).connector(handler, signal);
    },
  });
}

describe("several servers", () => {
  test("the first connection tries them all, one right after the other", async () => {
    const network = new Network("a b c");
    network.down.add("a").add("b");
    const connected = watch(network.client.connect());
    await network.elapse(0);
    expect([network.attempts, connected.state]).toEqual([["a", "b", "c"], "resolved"]);
  });

  test("each end says whose it was, without the secrets of its URL", async () => {
    const network = new Network("a b");
    network.down.add("a");
    const told: string[] = [];
    network.client.on("connected", ({ server }) => told.push(`connected to ${server}`));
    network.client.on("disconnected", ({ server }) => told.push(`disconnected from ${server}`));
    await Promise.all([network.client.connect(), network.elapse(0)]);
    await Promise.all([network.client.disconnect(), network.elapse(0)]);
    expect(told).toEqual(["disconnected from mqtt://a", "connected to mqtt://b", "disconnected from mqtt://b"]);

    told.length = 0;
    await network.client.reinitialise({
      clock: network.clock,
      reconnect: false,
      optionsForAttempt: ({ attempt }) => ({ url: `mqtt://anna:s3cret@a?token=t0ken${attempt}` }),
    });
    const connecting = watch(network.client.connect());
    await network.elapse(0);
    expect([connecting.state, told]).toEqual(["rejected", ["disconnected from mqtt://a"]]);
  });

  test("if none can be reached, the error is the last one's", async () => {
    const network = new Network("a b");
    network.down.add("a").add("b");
    const connected = watch(network.client.connect());
    await network.elapse(60_000);
    expect([network.attempts, connected.error?.message]).toEqual([["a", "b"], "b is down"]);
  });

  test("a lost connection is sought at the same server first, which has the session; then at the others", async () => {
    const network = new Network("a b");
    void network.client.connect();
    await network.elapse(10_000);
    network.down.add("a");
    network.server("a").lose();
    await network.elapse(1_000);
    expect([network.attempts, network.client.state]).toEqual([["a", "a", "b"], "online"]);
  });

  test("after each round through the list it waits, longer each time", async () => {
    const network = new Network("a b", { reconnect: { retryInitial: true, jitter: "none" } });
    network.down.add("a").add("b");
    void network.client.connect();
    await network.elapse(999);
    expect(network.attempts).toEqual(["a", "b"]);
    await network.elapse(1);
    expect(network.attempts).toEqual(["a", "b", "a", "b"]);
    await network.elapse(1_999);
    expect(network.attempts).toHaveLength(4);
    await network.elapse(1);
    expect(network.attempts).toHaveLength(6);
  });

  test("a refusal that concerns the client and not the server counts for all of them alike", async () => {
    const network = new Network("a b");
    network.server("a").refuse(ReasonCode.badUserNameOrPassword);
    network.server("b").refuse(ReasonCode.badUserNameOrPassword);
    const connected = watch(network.client.connect());
    await network.elapse(60_000);
    expect([network.attempts, connected.error]).toMatchObject([["a", "b"], { code: "PETREL_CONNECT_REFUSED" }]);
  });

  test("a URL of no use is an error before anything is opened", () => {
    const reach: Reach = (url) => {
      throw new Error(`no way to ${url}`);
    };
    expect(() => new MqttClient(reach, "mqtt://a", {})).toThrow("no way to mqtt://a");
    expect(() => new Network("a", { servers: "mqtt://b" as never })).toThrow("option servers");
  });
});

describe("redirects: Server Reference, section 4.13", () => {
  const refuse = (network: Network, name: string, to: string, reasonCode: number = ReasonCode.useAnotherServer) => {
    const server = network.server(name);
    server.automatic = false;
    return () => server.send({ type: "connack", reasonCode, properties: { serverReference: to } });
  };

  test('"use another server" counts for one connection', async () => {
    const network = new Network("a");
    const send = refuse(network, "a", "b:1883");
    const connected = watch(network.client.connect());
    await network.elapse(0);
    send();
    await network.elapse(10_000);
    expect([network.attempts, connected.state]).toEqual([["a", "b:1883"], "resolved"]);
    network.server("a").automatic = true;
    network.server("b:1883").lose();
    await network.elapse(1_000);
    expect(network.attempts).toEqual(["a", "b:1883", "a"]);
  });

  test('"server moved" counts for good, also in a DISCONNECT', async () => {
    const network = new Network("a");
    void network.client.connect();
    await network.elapse(10_000);
    const properties = { serverReference: "b" };
    network.server("a").send({ type: "disconnect", reasonCode: ReasonCode.serverMoved, properties });
    await network.elapse(10_000);
    network.server("b").lose();
    await network.elapse(1_000);
    expect(network.attempts).toEqual(["a", "b", "b"]);
  });

  test("two servers that send us to each other are asked once each, then after a wait", async () => {
    const network = new Network("a", { reconnect: { retryInitial: true, jitter: "none" } });
    const sendFromA = refuse(network, "a", "b");
    const sendFromB = refuse(network, "b", "a");
    void network.client.connect();
    await network.elapse(0);
    sendFromA();
    await network.elapse(0);
    sendFromB();
    await network.elapse(999);
    expect(network.attempts).toEqual(["a", "b"]);
    await network.elapse(1);
    expect(network.attempts).toEqual(["a", "b", "a"]);
  });

  test("followRedirects limits how far we are sent", async () => {
    const network = new Network("a", { followRedirects: 1 });
    const sendFromA = refuse(network, "a", "b");
    const sendFromB = refuse(network, "b", "c");
    const connected = watch(network.client.connect());
    await network.elapse(0);
    sendFromA();
    await network.elapse(0);
    sendFromB();
    await network.elapse(60_000);
    expect([network.attempts, connected.error]).toMatchObject([["a", "b"], { reasonCode: 0x9c }]);
    expect(() => new Network("a", { followRedirects: -1 })).toThrow("option followRedirects is -1");
  });

  test("a reference keeps scheme, credentials and path, and names hosts only", () => {
    const from = (url: string, reference: string) => referencedUrl(url, reference);
    expect(from("mqtts://anna:p%40@a:1", "b:8884")).toBe("mqtts://anna:p%40@b:8884");
    expect(from("wss://a/mqtt?x=1", "[fe80::1]:443 c")).toBe("wss://[fe80::1]:443/mqtt?x=1");
    expect(from("mqtts+srv://example.org", "b")).toBe("mqtts://b");
    expect(from("mqtt://a", "not/a/host c")).toBe("mqtt://c");
    expect(from("mqtt://a", "evil@b")).toBeUndefined();
    expect(from("mqtt://a", "")).toBeUndefined();
    expect(from("mqtt+unix:///run/a.sock", "b")).toBeUndefined();
    expect(from("", "b")).toBeUndefined();
  });
});

describe('version: "auto"', () => {
  test("a server that refuses 5.0 is asked in 3.1.1 at once, and the client says what was agreed", async () => {
    const network = new Network("a", { version: "auto", sessionExpiryInterval: 60, clientId: "kitchen" });
    const server = network.server("a");
    server.automatic = false;
    const connected = watch(network.client.connect());
    await network.elapse(0);
    server.sendBytes(new Uint8Array([0x20, 2, 0, 1])); // the answer of a server that knows 3.1.1 only
    server.automatic = true;
    await network.elapse(0);
    expect([connected.state, network.client.version, network.attempts]).toEqual(["resolved", "3.1.1", ["a", "a"]]);
    expect(server.received()[0]).toMatchObject({ type: "connect", protocolVersion: 4, cleanStart: false });
  });

  test("so is one that closes the connection without a word; the last resort is 3.1", async () => {
    const network = new Network("a", { version: "auto", clientId: "kitchen" });
    const server = network.server("a");
    server.automatic = false;
    void network.client.connect();
    await network.elapse(0);
    server.close();
    await network.elapse(0);
    server.refuse(ReasonCode.unsupportedProtocolVersion);
    server.automatic = true;
    await network.elapse(0);
    expect([network.client.version, network.client.state]).toEqual(["3.1", "online"]);
  });

  test("what was agreed stays agreed", async () => {
    const network = new Network("a", { version: "auto" });
    void network.client.connect();
    await network.elapse(10_000);
    const server = network.server("a");
    server.automatic = false;
    server.lose();
    await network.elapse(1_000);
    server.close();
    server.automatic = true;
    await network.elapse(2_000);
    expect([network.client.version, network.client.state]).toEqual(["5.0", "online"]);
  });

  test("a network that breaks says nothing about versions", async () => {
    const network = new Network("a", { version: "auto" });
    const server = network.server("a");
    server.automatic = false;
    const connected = watch(network.client.connect());
    await network.elapse(0);
    server.lose();
    await network.elapse(0);
    expect([network.attempts, connected.error]).toMatchObject([["a"], { code: "PETREL_CONNECTION_LOST" }]);
  });

  test("a message that waits and that the agreed version can't express fails alone", async () => {
    const network = new Network("a", { version: "auto" });
    const server = network.server("a");
    const rich = watch(network.client.publish("a", "1", { qos: 1, properties: { contentType: "text/plain" } }));
    const plain = watch(network.client.publish("a", "2", { qos: 1 }));
    server.refuse(ReasonCode.unsupportedProtocolVersion);
    void network.client.connect();
    await network.elapse(0);
    expect([network.client.version, plain.state, rich.error]).toMatchObject([
      "3.1.1",
      "resolved",
      { name: "EncodeError" },
    ]);
  });
});

describe("optionsForAttempt", () => {
  test("gives each attempt its own credentials and URL", async () => {
    const asked: unknown[] = [];
    const network = new Network("a", {
      optionsForAttempt: async (attempt) => {
        asked.push(attempt);
        return { username: `user${asked.length}`, url: asked.length === 1 ? undefined : "mqtt://b" };
      },
    });
    void network.client.connect();
    await network.elapse(10_000);
    expect(network.server("a").received()[0]).toMatchObject({ type: "connect", username: "user1" });
    network.server("a").lose();
    network.down.add("b");
    await network.elapse(1_000);
    network.down.clear();
    await network.elapse(2_000);
    expect(asked[0]).toEqual({ attempt: 1, url: "mqtt://a", version: "5.0" });
    expect(network.attempts).toEqual(["a", "b user2", "b user3"]);
    expect(network.server("b").received()[0]).toMatchObject({ type: "connect", username: "user3" });
  });

  test("one that throws is an attempt that failed: tried again, with the reason told", async () => {
    let calls = 0;
    const network = new Network("a", {
      reconnect: { retryInitial: true, jitter: "none" },
      optionsForAttempt: () => {
        if (++calls === 1) throw new Error("the token service is down");
        return Promise.resolve({ password: new Uint8Array([1]) });
      },
    });
    const causes: (Error | undefined)[] = [];
    network.client.on("disconnected", ({ cause }) => causes.push(cause));
    void network.client.connect();
    await network.elapse(1_000);
    expect([network.client.state, causes[0]?.message]).toEqual(["online", "the token service is down"]);
  });

  test("one that gives options that can't work fails with the option's name", async () => {
    const network = new Network("a", { optionsForAttempt: () => ({ keepAlive: -1 }) });
    const connected = watch(network.client.connect());
    await network.elapse(0);
    expect(connected.error).toMatchObject({ code: "PETREL_OPTION", option: "keepAlive" });
  });

  test("one that never answers is given up after 30 s", async () => {
    const network = new Network("a", { optionsForAttempt: () => new Promise(() => {}) });
    const connected = watch(network.client.connect());
    await network.elapse(30_000);
    expect(connected.error?.message).toBe("no answer of optionsForAttempt within 30000 ms");
    expect(network.clock.pendingTimers).toBe(0);
  });

  test("closing the client does not wait for it", async () => {
    const network = new Network("a", { optionsForAttempt: () => new Promise(() => {}) });
    const connected = watch(network.client.connect());
    await network.elapse(0);
    const closed = watch(network.client.disconnect());
    await network.elapse(0);
    expect([closed.state, connected.error, network.clock.pendingTimers]).toMatchObject([
      "resolved",
      { code: "PETREL_CLIENT_CLOSED" },
      0,
    ]);
  });
});

describe("reconnect.decide", () => {
  test("says how long to wait, or that it is enough", async () => {
    const seen: unknown[] = [];
    const network = new Network("a", {
      reconnect: {
        jitter: "none",
        decide: ({ attempt, cause, delay }) => {
          seen.push([attempt, cause.message, delay]);
          return attempt < 3 ? 50 : "stop";
        },
      },
    });
    network.down.add("a");
    const connected = watch(network.client.connect());
    await network.elapse(49);
    expect(network.attempts).toHaveLength(1);
    await network.elapse(51);
    expect([network.attempts.length, connected.error?.message]).toEqual([3, "a is down"]);
    expect(seen).toEqual([
      [1, "a is down", undefined], // the first connection is not tried again, unless somebody says so
      [2, "a is down", undefined],
      [3, "a is down", undefined],
    ]);
  });

  test("may try again where the default would stop", async () => {
    const network = new Network("a", { reconnect: { decide: () => 10 } });
    network.server("a").refuse(ReasonCode.notAuthorized);
    const connected = watch(network.client.connect());
    await network.elapse(10);
    expect([network.attempts.length, connected.state]).toEqual([2, "resolved"]);
  });

  test("one that throws, or answers nonsense, is an error event; the default counts", async () => {
    for (const decide of [() => -1, () => NaN, () => expect.fail("no idea")]) {
      const network = new Network("a", { reconnect: { retryInitial: true, jitter: "none", decide } });
      network.down.add("a");
      void network.client.connect();
      await network.elapse(1_000);
      expect([network.attempts.length, network.errors.length]).toEqual([2, 2]);
    }
    expect(() => new Network("a", { reconnect: { decide: "never" as never } })).toThrow("option reconnect.decide");
  });
});
