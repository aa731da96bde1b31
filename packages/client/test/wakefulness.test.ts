import { getEventListeners } from "node:events";
import { ScriptedServer } from "@petrel/testing";
import { ReasonCode } from "@petrel/codec";
import { afterEach, expect, test, vi } from "vitest";
import { MqttClient } from "../src/client.ts";
import type { ClientOptions } from "../src/core.ts";
import { createClient } from "../src/web/index.ts";
import { stayWakeful } from "../src/web/wakefulness.ts";
import { TestClock } from "./support/world.ts";

afterEach(() => void vi.unstubAllGlobals());

/** A page with a client that is connected; keep alive is far away. */
class PageWorld {
  readonly clock = new SleepyClock();
  readonly server = new ScriptedServer({ automatic: true });
  readonly window = new EventTarget();
  readonly document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  readonly client: MqttClient;

  constructor(options: ClientOptions = {}) {
    const { clock, server } = this;
    const reconnect = { initialDelay: 50_000, jitter: "none" } as const;
    this.client = new MqttClient(
      () => ({ connector: server.connector, username: undefined, password: undefined }),
      "",
      { clock, keepAlive: 3_600, reconnect, logger: { warn() {}, error() {} }, ...options },
    );
    stayWakeful(this.client, clock, this);
  }

  static async online(options?: ClientOptions): Promise<PageWorld> {
    const world = new PageWorld(options);
    void world.client.connect();
    await world.clock.elapse(0);
    world.received();
    return world;
  }

  async tell(target: EventTarget, type: string): Promise<void> {
    target.dispatchEvent(new Event(type));
    await this.clock.elapse(0);
  }

  /** The types of packets that came to the server since the last call. */
  received(): readonly string[] {
    return this.server.takeReceived().map(({ type }) => type);
  }

  get listeners(): number {
    const { window, document } = this;
    const types = ["online", "pageshow", "resume", "visibilitychange", "offline", "freeze"];
    return types.flatMap((type) => [...getEventListeners(window, type), ...getEventListeners(document, type)]).length;
  }
}

/** People's time goes on while the machine sleeps; its own does not. */
class SleepyClock extends TestClock {
  #slept = 0;

  override wall(): number {
    return super.wall() + this.#slept;
  }

  fallAsleep(ms: number): void {
    this.#slept += ms;
  }
}

test("the browser is online again: the client does not wait for its next attempt", async () => {
  const world = await PageWorld.online();
  world.server.lose();
  await world.clock.elapse(1_000);
  expect([world.client.state, world.received()]).toEqual(["reconnecting", []]);
  await world.tell(world.window, "online");
  expect([world.client.state, world.received()]).toEqual(["online", ["connect"]]);
  await world.clock.elapse(100_000);
  expect(world.received()).toEqual([]); // the wait is over, too
});

test.each([
  ["online, with a connection that may be one of the network before", "window", "online"],
  ["shown again", "window", "pageshow"],
  ["thawed", "document", "resume"],
  ["visible", "document", "visibilitychange"],
] as const)("a page that is %s asks at once whether the server is there", async (_, target, type) => {
  const world = await PageWorld.online({ timeouts: { pingResponse: 5_000 } });
  await world.tell(world[target], type);
  expect(world.received()).toEqual(["pingreq"]);

  world.server.automatic = false;
  await world.tell(world[target], type);
  expect(world.received()).toEqual(["pingreq"]);
  await world.clock.elapse(4_999);
  expect(world.client.state).toBe("online");
  await world.clock.elapse(1);
  expect(world.client.state).toBe("reconnecting");
});

test("one question is enough, whatever the page tells until it is answered", async () => {
  const world = await PageWorld.online();
  world.server.automatic = false;
  await world.tell(world.window, "online");
  await world.tell(world.document, "visibilitychange");
  await world.tell(world.document, "resume");
  expect(world.received()).toEqual(["pingreq"]);
});

test("a page that is hidden is left in peace", async () => {
  const world = await PageWorld.online();
  world.document.visibilityState = "hidden";
  await world.tell(world.document, "visibilitychange");
  expect(world.received()).toEqual([]);
});

test("after a sleep that nobody tells of, the clock does: a connection has to show that it lives", async () => {
  const world = await PageWorld.online();
  await world.clock.elapse(600_000);
  expect(world.received()).toEqual([]); // awake, or slowed down in the background
  world.clock.fallAsleep(600_000);
  await world.clock.elapse(30_000);
  expect(world.received()).toEqual(["pingreq"]);
  await world.clock.elapse(60_000);
  expect(world.received()).toEqual([]);
});

test("a wait that was slept through is over: the next attempt does not wait for the rest", async () => {
  const world = await PageWorld.online({
    reconnect: { initialDelay: 3_600_000, maximumDelay: 3_600_000, jitter: "none" },
  });
  world.server.lose();
  world.clock.fallAsleep(600_000);
  await world.clock.elapse(30_000);
  expect([world.client.state, world.received()]).toEqual(["online", ["connect"]]);
});

test("listens while the client wants to be connected, and at no other time", async () => {
  const world = new PageWorld();
  expect(world.listeners).toBe(0);
  void world.client.connect();
  await world.clock.elapse(0);
  expect(world.listeners).toBe(4);
  const reconnected = world.client.reconnect();
  await world.clock.elapse(0);
  await reconnected;
  expect(world.listeners).toBe(4);
  const disconnected = world.client.disconnect();
  await world.clock.elapse(2_000);
  await disconnected;
  expect([world.listeners, world.clock.pendingTimers]).toEqual([0, 0]);

  void world.client.connect();
  await world.clock.elapse(0);
  expect(world.listeners).toBe(4);
  world.client.destroy();
  await world.clock.elapse(0);
  expect([world.listeners, world.clock.pendingTimers]).toEqual([0, 0]);
});

test("a client that has given up listens no more, and is not woken", async () => {
  const world = await PageWorld.online();
  world.server.automatic = false;
  world.server.send({ type: "disconnect", reasonCode: ReasonCode.notAuthorized });
  await world.clock.elapse(0);
  await world.tell(world.window, "online");
  expect([world.client.state, world.listeners, world.clock.pendingTimers]).toEqual(["offline", 0, 0]);
});

test("a listener that ends the client while it is being woken leaves nothing behind", async () => {
  const world = await PageWorld.online({ reconnect: { initialDelay: 3_600_000, maximumDelay: 3_600_000 } });
  world.server.lose();
  world.client.on("connecting", () => world.client.destroy());
  world.clock.fallAsleep(600_000);
  await world.clock.elapse(30_000);
  expect([world.client.state, world.listeners, world.clock.pendingTimers]).toEqual(["closed", 0, 0]);
});

test("the browser's entry listens to the page it is in, or to the worker; without either it does nothing", async () => {
  const clock = new TestClock();
  const { connector } = new ScriptedServer({ automatic: true });
  const { window, document } = new PageWorld();
  const connected = async (): Promise<() => Promise<void>> => {
    const client = createClient("ws://localhost", { clock, connector });
    void client.connect();
    await clock.elapse(0);
    expect(client.state).toBe("online");
    return async () => {
      client.destroy();
      await clock.elapse(0);
    };
  };
  await (
    await connected()
  )();
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
  vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
  const endInWorker = await connected();
  expect(getEventListeners(window, "online")).toHaveLength(1);
  await endInWorker();
  vi.stubGlobal("document", document);
  const endInPage = await connected();
  expect(getEventListeners(document, "visibilitychange")).toHaveLength(1);
  await endInPage();
  expect(getEventListeners(window, "online")).toHaveLength(0);
});

test("the entries for Node and for browsers export the same names", async () => {
  const [web, node] = await Promise.all([import("../src/web/index.ts"), import("../src/node/index.ts")]);
  expect(Object.keys(web).sort()).toEqual(Object.keys(node).sort());
});
