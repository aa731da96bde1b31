import { decodeUtf8, type ProtocolVersion, ReasonCode } from "@petrel/codec";
import { type Delivery, MqttSession, type SessionEvent } from "@petrel/session";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ModelServer } from "./support/model-server.ts";

// Random lives of a session: everything the application, the server and the network may do, in any order. The server
// checks what it can see (see model-server.ts), the world below what the application can.
//
// PETREL_MODEL_RUNS=20000 npx vitest run packages/session/test/model.test.ts      the long form
const RUNS = Number(process.env["PETREL_MODEL_RUNS"] ?? 300);

const CLIENT_RECEIVE_MAXIMUM = 3;

class World {
  readonly session: MqttSession<number>;
  readonly server: ModelServer;
  readonly #version: ProtocolVersion;
  #now = 0;
  #numbers = 0;
  #networkTakes = true;
  #cleanStart = false;

  /** By context: not settled yet, and with which QoS (requests: undefined). */
  readonly #unsettled = new Map<number, 0 | 1 | 2 | undefined>();
  readonly #settled = new Set<number>();
  readonly #deliveries: { readonly delivery: Delivery; readonly number: number }[] = [];
  /** How often each QoS 2 message of the server was delivered in this session. */
  readonly #delivered = new Map<number, number>();
  #online = false;
  #connectionsOpened = 0;
  #connectionsEnded = 0;

  constructor(version: ProtocolVersion, queueMessages: number) {
    this.#version = version;
    this.server = new ModelServer(version, CLIENT_RECEIVE_MAXIMUM);
    this.session = new MqttSession<number>({
      protocolVersion: version,
      clientIdentifier: "model",
      cleanStart: version === 5 ? "first" : false,
      maximumInflight: 4,
      maximumConcurrentRequests: 2,
      queue: { messages: queueMessages },
      ...(version === 5 ? { receiveMaximum: CLIENT_RECEIVE_MAXIMUM, sessionExpiryInterval: 3600 } : {}),
    });
  }

  publish(qos: 0 | 1 | 2, large: boolean): void {
    const number = ++this.#numbers;
    const payload = large ? `${number}`.padEnd(25_000) : `${number}`;
    try {
      this.session.publish({ topicName: "out", payload, qos }, number, this.#now);
      this.#unsettled.set(number, qos);
    } catch (error) {
      expect((error as Error).name).toMatch(qos === 0 ? /NotConnectedError|SendQueueFullError/ : /SendQueueFullError/);
      this.#settled.add(number); // it must not come back
    }
  }

  request(type: "subscribe" | "unsubscribe"): void {
    const number = ++this.#numbers;
    this.#unsettled.set(number, undefined);
    if (type === "subscribe")
      this.session.subscribe({ subscriptions: [{ topicFilter: `f/${number % 3}` }] }, number, this.#now);
    else this.session.unsubscribe({ topicFilters: [`f/${number % 3}`] }, number, this.#now);
  }

  connect(keepSession: boolean, receiveMaximum: number): void {
    if (this.session.phase !== "offline") return;
    this.server.open();
    this.session.handleOpen(this.#now);
    this.#connectionsOpened++;
    this.#networkTakes = true;
    this.exchange();
    this.server.accept(this.#cleanStart, keepSession, receiveMaximum);
  }

  cut(): void {
    if (this.session.phase === "offline") return;
    this.session.handleClose(this.#now);
    this.server.close();
    expect(this.session.takeOutput()).toBeUndefined();
  }

  disconnect(): void {
    this.session.disconnect({}, this.#now);
  }

  abandon(): void {
    this.session.abandon(new Error("abandoned"));
    this.server.forgetQos1();
  }

  acknowledge(index: number, refuse: boolean): void {
    if (this.#deliveries.length === 0) return;
    const [{ delivery, number }] = this.#deliveries.splice(index % this.#deliveries.length, 1) as [
      { delivery: Delivery; number: number },
    ];
    this.session.acknowledge(delivery, refuse ? ReasonCode.quotaExceeded : ReasonCode.success);
    // What was refused may come again: "the receiver MUST treat any subsequent PUBLISH packet … as being a new Application Message" [MQTT-4.3.3-9]
    if (refuse && this.#version === 5) this.#delivered.delete(number);
  }

  answer(index: number, negative: boolean): void {
    if (this.#networkTakes) this.server.answer(index, negative);
  }

  serverPublish(qos: 0 | 1 | 2): void {
    this.server.publish(++this.#numbers, qos);
  }

  /** A network that is slow takes one chunk. */
  takeOne(): void {
    const bytes = this.session.takeOutput(this.#now);
    if (bytes !== undefined) this.#toServer(bytes);
  }

  setNetworkTakes(takes: boolean): void {
    this.#networkTakes = takes;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let at = this.session.nextTimeout(); at !== undefined && at <= end; at = this.session.nextTimeout()) {
      this.#now = Math.max(this.#now, at);
      this.#handleTimeout();
      this.exchange();
    }
    this.#now = end;
  }

  sleep(ms: number): void {
    this.#now += ms;
    const at = this.session.nextTimeout();
    if (at !== undefined && at <= this.#now) this.#handleTimeout();
  }

  #handleTimeout(): void {
    this.session.handleTimeout(this.#now);
    const next = this.session.nextTimeout();
    expect(next === undefined || next > this.#now).toBe(true);
  }

  /** Bytes both ways and events, until all is quiet; then the network follows a session that has ended its connection. */
  exchange(): void {
    for (let moved = true; moved;) {
      moved = this.#fromSession();
      const bytes = this.server.takeOutput();
      if (bytes !== undefined && this.session.phase !== "offline") {
        this.session.handleBytes(bytes, this.#now);
        moved = true;
      }
      this.#handleEvents();
    }
    this.#check();
    if (this.session.phase === "disconnecting") {
      this.cut();
      this.exchange();
    }
  }

  /** Everything goes well from now on: whatever was promised must come true. */
  finish(): void {
    this.#networkTakes = true;
    this.exchange();
    if (this.session.phase === "offline") this.connect(true, 2);
    for (let rounds = 0; rounds < 1_000; rounds++) {
      this.exchange();
      if (this.server.owedCount === 0 && this.#deliveries.length === 0 && this.session.queuedCount === 0) break;
      this.answer(0, false);
      this.acknowledge(0, false);
    }
    expect(this.session.phase).toBe("online");
    expect(this.session.inflightCount).toBe(0);
    expect(this.session.queuedCount).toBe(0);
    expect(this.session.writable).toBe(true);
    expect(this.#unsettled).toEqual(new Map());
    expect(this.server.outgoingCount).toBe(0);

    this.disconnect();
    this.exchange();
    this.abandon();
    this.exchange();
    expect(this.session.phase).toBe("offline");
    expect(this.session.nextTimeout()).toBeUndefined();
    expect(this.#connectionsEnded).toBe(this.#connectionsOpened);
  }

  /** The end comes at once: every context comes back. */
  stop(): void {
    this.abandon();
    this.exchange();
    expect(this.#unsettled).toEqual(new Map());
    expect(this.session.inflightCount + this.session.queuedCount + this.session.queuedBytes).toBe(0);
    expect(this.session.nextTimeout()).toBeUndefined();
  }

  #fromSession(): boolean {
    let moved = false;
    while (this.#networkTakes || this.session.phase === "offline") {
      const bytes = this.session.takeOutput(this.#now);
      if (bytes === undefined) break;
      moved = true;
      this.#toServer(bytes);
    }
    return moved;
  }

  #toServer(bytes: Uint8Array): void {
    for (const packet of this.server.handleBytes(bytes)) {
      if (packet.type === "connect") this.#cleanStart = packet.cleanStart;
    }
  }

  #handleEvents(): void {
    for (const event of this.session.takeEvents()) this.#handleEvent(event);
  }

  #handleEvent(event: SessionEvent<number>): void {
    switch (event.type) {
      case "connected":
        expect(this.#online).toBe(false);
        this.#online = true;
        if (!event.connack.sessionPresent) this.#delivered.clear();
        return;
      case "disconnected":
        this.#online = false;
        this.#connectionsEnded++;
        expect(this.#connectionsEnded).toBe(this.#connectionsOpened);
        if (event.error !== undefined) expect(event.error.name).toMatch(/ConnectionLostError|TimeoutError/);
        return;
      case "message": {
        expect(this.#online).toBe(true);
        const number = Number(decodeUtf8(event.packet.payload));
        if (event.packet.qos === 2) {
          expect(
            this.#delivered.get(number),
            `QoS 2 message ${number} is delivered once [MQTT-4.3.3-10]`,
          ).toBeUndefined();
          this.#delivered.set(number, 1);
        }
        if (event.delivery !== undefined) this.#deliveries.push({ delivery: event.delivery, number });
        return;
      }
      case "published": {
        const qos = this.#settle(event.context);
        expect(this.server.everAccepted.has(event.context), `${event.context} reached the server`).toBe(true);
        expect(event.packetIdentifier === undefined).toBe(qos === 0);
        return;
      }
      case "failed": {
        const qos = this.#settle(event.context);
        const { name, message } = event.error;
        if (message === "abandoned") return;
        if (qos === undefined) expect(name).toBe("TimeoutError");
        else if (qos === 0) expect(name).toBe("NotConnectedError");
        else expect([name, this.server.refused.has(event.context)]).toEqual(["PublishRejectedError", true]);
        return;
      }
      case "subscribed":
      case "unsubscribed":
        this.#settle(event.context);
        return;
      case "pinged":
        this.#settle(event.context);
        return;
      case "writable":
        expect(this.session.writable).toBe(true);
        return;
      case "lateAcknowledgement":
        return;
      case "dropped":
        expect.unreachable("the queue rejects");
      case "resubscribeFailed":
        expect.unreachable("the server grants everything");
        break;
      case "challenge":
      case "reauthenticated":
        expect.unreachable("no authentication method was given");
    }
  }

  #settle(context: number): 0 | 1 | 2 | undefined {
    expect(this.#settled.has(context), `context ${context} comes back once`).toBe(false);
    expect(this.#unsettled.has(context), `context ${context} was given`).toBe(true);
    const qos = this.#unsettled.get(context);
    this.#unsettled.delete(context);
    this.#settled.add(context);
    return qos;
  }

  #check(): void {
    const messages = [...this.#unsettled.values()].filter((qos) => qos === 1 || qos === 2).length;
    const qos0 = [...this.#unsettled.values()].filter((qos) => qos === 0).length;
    const { inflightCount, queuedCount, queuedBytes } = this.session;
    expect(inflightCount + queuedCount).toBeGreaterThanOrEqual(messages);
    expect(inflightCount + queuedCount).toBeLessThanOrEqual(messages + qos0);
    expect(queuedBytes > 0).toBe(queuedCount > 0);
    if (this.session.phase === "offline") expect(this.session.takeOutput()).toBeUndefined();
    expect(this.#version).toBe(this.session.config.protocolVersion);
  }
}

type Step = fc.Command<object, World>;

function step(name: string, run: (world: World) => void): Step {
  return {
    check: () => true,
    run: (_model, world) => {
      run(world);
      world.exchange();
    },
    toString: () => name,
  };
}

const qos = fc.constantFrom(0, 1, 2);
const index = fc.nat(20);
const often = <T>(arbitrary: fc.Arbitrary<T>, weight: number): fc.Arbitrary<T>[] =>
  Array.from({ length: weight }, () => arbitrary);

const steps = [
  ...often(
    fc
      .tuple(qos, fc.nat(9))
      .map(([value, size]) => step(`publish(${value}, ${size === 0})`, (world) => world.publish(value, size === 0))),
    6,
  ),
  fc.constant(step("takeOne()", (world) => world.takeOne())),
  ...often(
    fc
      .tuple(index, fc.boolean())
      .map(([at, negative]) =>
        step(`answer(${at}, ${negative})`, (world) => world.answer(at, negative && at % 4 === 0)),
      ),
    6,
  ),
  ...often(
    qos.map((value) => step(`serverPublish(${value})`, (world) => world.serverPublish(value))),
    3,
  ),
  ...often(
    fc
      .tuple(index, fc.boolean())
      .map(([at, refuse]) =>
        step(`acknowledge(${at}, ${refuse})`, (world) => world.acknowledge(at, refuse && at % 3 === 0)),
      ),
    4,
  ),
  ...often(
    fc
      .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 5 }))
      .map(([kept, maximum]) => step(`connect(${kept > 0}, ${maximum})`, (world) => world.connect(kept > 0, maximum))),
    4,
  ),
  ...often(fc.constant(step("cut()", (world) => world.cut())), 2),
  fc.constantFrom("subscribe", "unsubscribe").map((type) => step(`request(${type})`, (world) => world.request(type))),
  fc.boolean().map((takes) => step(`setNetworkTakes(${takes})`, (world) => world.setNetworkTakes(takes))),
  fc.nat(90_000).map((ms) => step(`advance(${ms})`, (world) => world.advance(ms))),
  fc.nat(4_000_000).map((ms) => step(`sleep(${ms})`, (world) => world.sleep(ms))),
  fc.constant(step("disconnect()", (world) => world.disconnect())),
];
const rarely = [fc.constant(step("abandon()", (world) => world.abandon()))];

for (const version of [5, 4] as const) {
  test(
    `whatever happens, MQTT of protocol level ${version} keeps its promises`,
    () => {
      fc.assert(
        fc.property(
          fc.commands([...steps, ...rarely], { size: "+1", maxCommands: 120 }),
          fc.constantFrom(0, 1, 2, 8, 1_000),
          fc.boolean(),
          (commands, queueMessages, stopsAtOnce) => {
            const world = new World(version, queueMessages);
            fc.modelRun(() => ({ model: {}, real: world }), commands);
            if (stopsAtOnce) world.stop();
            else world.finish();
          },
        ),
        { numRuns: RUNS },
      );
    },
    60_000 + RUNS * 20,
  );
}
