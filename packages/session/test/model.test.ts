import { decodeUtf8, type Packet, type ProtocolVersion, ReasonCode } from "@petrel/codec";
import {
  type Delivery,
  type Dispatch,
  type DropReason,
  MqttSession,
  type OutgoingMessage,
  type RequestTicket,
  type SessionEvent,
  type SessionOptions,
} from "@petrel/session";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ModelServer, topicOf } from "./support/model-server.ts";
import { TestStore } from "./support/test-store.ts";

// Random lives of a session: everything the application, the server and the network may do, in any order. The server
// checks what it can see (see model-server.ts), the world below what the application can.
//
// PETREL_MODEL_RUNS=20000 npx vitest run packages/session/test/model.test.ts      the long form
const RUNS = Number(process.env["PETREL_MODEL_RUNS"] ?? 300);

const CLIENT_RECEIVE_MAXIMUM = 3;

interface Circumstances {
  readonly afterSessionLost: "republish" | "fail";
  /** Seconds; in 3.x, 0 is a clean session, and others one that stays. */
  readonly sessionExpiryInterval: number;
  readonly queue: SessionOptions["queue"];
  /** With a store, and processes that are killed. */
  readonly durable: boolean;
}

/** Neither a message nor a request. */
type Asked = 0 | 1 | 2 | "request" | "ping";

interface Received {
  readonly delivery: Delivery;
  readonly number: number;
  /** The connection on which it came. */
  readonly connection: number;
}

class World {
  session: MqttSession<number>;
  readonly server: ModelServer;
  readonly #version: ProtocolVersion;
  #now = 0;
  #numbers = 0;
  #networkTakes = true;
  #cleanStart = false;

  /** By context: not settled yet, and what it was asked for. */
  readonly #unsettled = new Map<number, Asked>();
  readonly #settled = new Set<number>();
  #dispatches: { readonly dispatch: Dispatch; readonly expiresAt: number }[] = [];
  #tickets: { readonly ticket: RequestTicket; readonly topicFilter: string }[] = [];
  #deliveries: Received[] = [];
  /** Acknowledgements that have to be reported as late. */
  #late = 0;
  /** How often each QoS 2 message of the server was delivered in this session. */
  readonly #delivered = new Map<number, number>();
  #online = false;
  #connectionsOpened = 0;
  #connectionsEnded = 0;
  readonly #circumstances: Circumstances;
  /** When the last connection with a CONNACK was closed, and whether it ever was. */
  #closedAt = Infinity;
  /** CONNACK has just said that the session is gone. */
  #sessionGone = false;
  /** Bytes that were taken from the session never arrived: all that QoS 0 promises is that they were taken. */
  #outputLost = false;
  readonly #store = new TestStore();
  #storeIsFast = true;

  constructor(version: ProtocolVersion, circumstances: Circumstances) {
    this.#version = version;
    this.#circumstances = circumstances;
    this.server = new ModelServer(version, CLIENT_RECEIVE_MAXIMUM);
    this.session = this.#begin();
  }

  /** A new process. */
  #begin(): MqttSession<number> {
    const version = this.#version;
    const { queue, afterSessionLost, sessionExpiryInterval, durable } = this.#circumstances;
    const options: SessionOptions =
      version === 5
        ? { receiveMaximum: CLIENT_RECEIVE_MAXIMUM, sessionExpiryInterval }
        : { cleanStart: sessionExpiryInterval === 0 };
    return new MqttSession<number>({
      ...options,
      protocolVersion: version,
      clientIdentifier: "model",
      maximumInflight: 4,
      maximumConcurrentRequests: 2,
      queue,
      afterSessionLost,
      durable,
    });
  }

  /** `expiry`: seconds, 0 for none. */
  publish(qos: 0 | 1 | 2, large: boolean, expiry: number): void {
    const number = ++this.#numbers;
    const payload = large ? `${number}`.padEnd(25_000) : `${number}`;
    try {
      const expires = expiry > 0 && this.#version === 5;
      const properties = expires ? { messageExpiryInterval: expiry } : undefined;
      const message = { topicName: topicOf(number), payload, qos, properties };
      const dispatch = this.session.publish(message, number, this.#now);
      this.#dispatches.push({ dispatch, expiresAt: expires ? this.#now + expiry * 1_000 : Infinity });
      this.#unsettled.set(number, qos);
    } catch (error) {
      expect((error as Error).name).toMatch(qos === 0 ? /NotConnectedError|SendQueueFullError/ : /SendQueueFullError/);
      this.#settled.add(number); // it must not come back
    }
  }

  request(type: "subscribe" | "unsubscribe"): void {
    const number = ++this.#numbers;
    this.#unsettled.set(number, "request");
    const topicFilter = `f/${number}`;
    const ticket =
      type === "subscribe"
        ? this.session.subscribe({ subscriptions: [{ topicFilter }] }, number, this.#now)
        : this.session.unsubscribe({ topicFilters: [topicFilter] }, number, this.#now);
    this.#tickets.push({ ticket, topicFilter });
  }

  ping(): void {
    if (this.session.phase !== "online") return;
    const number = ++this.#numbers;
    this.#unsettled.set(number, "ping");
    this.session.ping(number, this.#now);
  }

  /** Takes back a message and a request, in whatever state they are; the server must not have seen what was cancelled. */
  cancel(index: number): void {
    const [published] = this.#dispatches.splice(index % (this.#dispatches.length || 1), 1);
    if (published !== undefined) this.session.cancel(published.dispatch, new Error("cancelled"));
    const [request] = this.#tickets.splice(index % (this.#tickets.length || 1), 1);
    if (request === undefined) return;
    const cancelled = this.session.cancelRequest(request.ticket, new Error("cancelled"));
    if (cancelled) expect(this.server.topicFilters.has(request.topicFilter)).toBe(false);
  }

  connect(keepSession: boolean, receiveMaximum: number): void {
    if (this.session.phase !== "offline") return;
    this.server.open();
    this.session.handleOpen(this.#now);
    this.#connectionsOpened++;
    this.#networkTakes = true;
    this.exchange();
    // A 3.1 server can not say that it lost the session, and what comes of that is not the client's fault.
    this.server.accept(this.#cleanStart, keepSession || this.#version === 3, receiveMaximum);
    // Who is killed before it has stored that the session is lost takes the identifiers of the new one for those of the old.
    if (!keepSession) this.#storeIsFast = true;
  }

  cut(): void {
    if (this.session.phase === "offline") return;
    if (this.session.negotiated !== undefined) this.#closedAt = this.#now;
    this.session.handleClose(this.#now);
    this.server.close();
    expect(this.session.takeOutput()).toBeUndefined();
  }

  /** The network breaks in the middle of packets, both ways. */
  cutWithin(sent: number, received: number): void {
    const output = this.session.phase === "offline" ? undefined : this.session.takeOutput(this.#now);
    if (output !== undefined) {
      this.#toServer(output.subarray(0, sent % (output.length + 1)));
      this.#outputLost = true;
    }
    const input = this.server.takeOutput();
    if (input !== undefined) this.session.handleBytes(input.subarray(0, received % (input.length + 1)), this.#now);
    this.#handleEvents();
    this.cut();
  }

  /** The answer to CONNECT, and what comes with it, is lost on the way, in part or as a whole. */
  connectInVain(received: number): void {
    if (this.session.phase !== "offline") return;
    this.server.open();
    this.session.handleOpen(this.#now);
    this.#connectionsOpened++;
    this.#networkTakes = true;
    this.#fromSession();
    this.server.accept(this.#cleanStart, true, 3);
    this.cutWithin(0, received);
  }

  /** A driver's timer that comes too early changes nothing. */
  poke(): void {
    const next = this.session.nextTimeout();
    if (next !== undefined && next <= this.#now) return;
    this.session.handleTimeout(this.#now);
    expect(this.session.nextTimeout()).toBe(next);
    expect(this.session.takeEvents()).toEqual([]);
  }

  setStoreFast(isFast: boolean): void {
    this.#storeIsFast = isFast;
  }

  /** A store that is slow writes one batch. */
  storeOne(): void {
    this.#store.store(this.session, this.#now, 1);
  }

  failStore(): void {
    this.#store.fail(this.session, this.#now);
  }

  /** kill -9: what was stored goes on in another process, and nothing else does. */
  kill(): void {
    if (!this.#circumstances.durable) return;
    if (this.session.negotiated !== undefined) this.#closedAt = this.#now;
    if (this.session.phase !== "offline") this.server.close();
    this.#connectionsEnded = this.#connectionsOpened;
    this.#online = false;
    this.#store.crash();
    this.#unsettled.clear();
    this.#dispatches = [];
    this.#tickets = [];
    this.#deliveries = [];
    this.session = this.#begin();
    this.session.restore(this.#store.records, ({ payload, qos }) => {
      const number = Number(payload);
      this.#settled.delete(number); // it was told, and the store does not know
      this.#unsettled.set(number, qos!);
      return number;
    });
    // What the server still has to send was not taken over: it comes again.
    for (const number of this.server.unacknowledged) this.#delivered.delete(number);
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
    const [{ delivery, number, connection }] = this.#deliveries.splice(index % this.#deliveries.length, 1) as [
      Received,
    ];
    if (delivery.qos === 1 && connection <= this.#connectionsEnded) this.#late++;
    this.session.acknowledge(delivery, refuse ? ReasonCode.quotaExceeded : ReasonCode.success);
    // What was refused may come again: "the receiver MUST treat any subsequent PUBLISH packet … as being a new Application Message" [MQTT-4.3.3-9]
    if (refuse && this.#version === 5) this.#delivered.delete(number);
  }

  answer(index: number, negative: boolean): void {
    if (this.#networkTakes) this.server.answer(index, negative, !this.#store.isIdle);
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
    for (const { dispatch, expiresAt } of this.#dispatches) {
      expect(dispatch.state === "queued" && expiresAt <= this.#now, "what is expired is dropped in time").toBe(false);
    }
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
      this.#store.take(this.session);
      if (this.#storeIsFast && !this.#store.isIdle) {
        this.#store.store(this.session, this.#now);
        moved = true;
      }
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
    this.#networkTakes = this.#storeIsFast = true;
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
      else if (this.#circumstances.durable) this.#checkStored(packet);
    }
  }

  /** What the server is told rests on what is stored. */
  #checkStored(packet: Packet): void {
    const { records } = this.#store;
    if (packet.type === "publish" && packet.qos > 0) {
      const accepted = records.findLast(
        (record) => record.type === "accepted" && record.message.payload === decodeUtf8(packet.payload),
      );
      expect(accepted?.type === "accepted" && accepted.message.qos).toBe(packet.qos);
      const sent = records.findLast(
        (record) => record.type === "sent" && "number" in accepted! && record.number === accepted.number,
      );
      expect(sent).toMatchObject({ packetIdentifier: packet.packetIdentifier });
    } else if (packet.type === "pubrec" && packet.reasonCode < 0x80) {
      const last = records.findLast(
        (record) =>
          "packetIdentifier" in record && record.type !== "sent" && record.packetIdentifier === packet.packetIdentifier,
      );
      expect(last?.type).toBe("received");
    } else if (packet.type === "pubrel" && packet.reasonCode === 0) {
      const sent = records.findLast(
        (record) => record.type === "sent" && record.packetIdentifier === packet.packetIdentifier,
      );
      expect(
        records.some((record) => record.type === "pubrec" && sent?.type === "sent" && record.number === sent.number),
      ).toBe(true);
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
        this.#sessionGone = this.#version === 3 ? this.#cleanStart : !event.connack.sessionPresent;
        if (this.#sessionGone) this.#delivered.clear();
        return;
      case "disconnected":
        this.#online = false;
        this.#connectionsEnded++;
        expect(this.#connectionsEnded).toBe(this.#connectionsOpened);
        if (event.error !== undefined) expect(event.error.name).toMatch(/ConnectionLostError|TimeoutError|StoreError/);
        return;
      case "message": {
        expect(this.#online).toBe(true);
        const number = Number(decodeUtf8(event.packet.payload));
        this.server.delivered.add(number);
        if (event.packet.qos === 2) {
          expect(
            this.#delivered.get(number),
            `QoS 2 message ${number} is delivered once [MQTT-4.3.3-10]`,
          ).toBeUndefined();
          this.#delivered.set(number, 1);
        }
        if (event.delivery !== undefined) {
          this.#deliveries.push({ delivery: event.delivery, number, connection: this.#connectionsOpened });
        }
        return;
      }
      case "published": {
        const qos = this.#settle(event.context);
        if (qos !== 0 || !this.#outputLost) {
          expect(this.server.everAccepted.has(event.context), `${event.context} reached the server`).toBe(true);
        }
        expect(event.packetIdentifier === undefined).toBe(qos === 0);
        return;
      }
      case "failed": {
        const qos = this.#settle(event.context);
        const { name, message } = event.error;
        if (message === "abandoned" || message === "cancelled") return;
        if (name === "SessionLostError") this.#checkSessionLost();
        else if (qos === "request") expect(name).toBe("TimeoutError");
        else if (qos === "ping") expect(name).toMatch(/ConnectionLostError|TimeoutError|StoreError/);
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
        this.#late = Math.max(0, this.#late - 1); // QoS 2: the session has ended, which only it knows
        return;
      case "dropped":
        expect(this.#settle(event.context)).toBe(event.message.qos);
        expect(Number(event.message.payload)).toBe(event.context);
        this.#checkDropped(event.error.reason, event.message);
        return;
      case "resubscribeFailed":
        expect.unreachable("the server grants everything");
        break;
      case "packetSent":
      case "packetReceived":
        expect.unreachable("nobody observes");
        break;
      case "challenge":
      case "reauthenticated":
        expect.unreachable("no authentication method was given");
    }
  }

  /** A message is given up with the session, and not before: CONNACK has said so, or its time is over. */
  #checkSessionLost(): void {
    const { afterSessionLost, sessionExpiryInterval } = this.#circumstances;
    expect(afterSessionLost).toBe("fail");
    if (this.#sessionGone) return;
    const neverExpires = this.#version !== 5 && sessionExpiryInterval > 0;
    expect(neverExpires).toBe(false);
    expect(this.#now - this.#closedAt).toBeGreaterThanOrEqual(sessionExpiryInterval * 1_000);
  }

  #checkDropped(reason: DropReason, { qos, properties }: OutgoingMessage): void {
    const { queue } = this.#circumstances;
    if (reason === "overflow") expect(queue?.overflow).toMatch(/^drop-/);
    else if (reason === "offline") expect([queue?.qos0WhileOffline, qos]).toEqual(["drop", 0]);
    else if (reason === "tooOld") expect(queue?.maximumAge).toBeLessThan(Infinity);
    else expect(properties?.messageExpiryInterval).toBeGreaterThan(0);
  }

  #settle(context: number): Asked {
    expect(this.#settled.has(context), `context ${context} comes back once`).toBe(false);
    expect(this.#unsettled.has(context), `context ${context} was given`).toBe(true);
    const asked = this.#unsettled.get(context)!;
    this.#unsettled.delete(context);
    this.#settled.add(context);
    return asked;
  }

  #check(): void {
    const messages = [...this.#unsettled.values()].filter((qos) => qos === 1 || qos === 2).length;
    const qos0 = [...this.#unsettled.values()].filter((qos) => qos === 0).length;
    const { inflightCount, queuedCount, queuedBytes } = this.session;
    expect(inflightCount + queuedCount).toBeGreaterThanOrEqual(messages);
    expect(inflightCount + queuedCount).toBeLessThanOrEqual(messages + qos0);
    expect(queuedBytes > 0).toBe(queuedCount > 0);
    expect(this.#late, "late acknowledgements are reported").toBe(0);
    for (const qos of [1, 2] as const) {
      const oldest = this.session.oldestUnacknowledged(qos);
      if (oldest === undefined) continue;
      const isOurs = this.#deliveries.some(({ delivery }) => delivery === oldest.delivery);
      expect(isOurs, "only what the application has not acknowledged holds up the others").toBe(true);
    }
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
      .tuple(qos, fc.nat(9), fc.constantFrom(0, 0, 0, 5, 60))
      .map(([value, size, expiry]) =>
        step(`publish(${value}, ${size === 0}, ${expiry})`, (world) => world.publish(value, size === 0, expiry)),
      ),
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
  fc.boolean().map((isFast) => step(`setStoreFast(${isFast})`, (world) => world.setStoreFast(isFast))),
  ...often(fc.constant(step("storeOne()", (world) => world.storeOne())), 2),
  fc.constant(step("failStore()", (world) => world.failStore())),
  fc.constant(step("kill()", (world) => world.kill())),
  fc.constant(step("ping()", (world) => world.ping())),
  fc.constant(step("poke()", (world) => world.poke())),
  index.map((at) => step(`cancel(${at})`, (world) => world.cancel(at))),
  fc
    .tuple(fc.nat(60), fc.nat(60))
    .map(([sent, received]) => step(`cutWithin(${sent}, ${received})`, (world) => world.cutWithin(sent, received))),
  fc.nat(60).map((received) => step(`connectInVain(${received})`, (world) => world.connectInVain(received))),
  fc.nat(90_000).map((ms) => step(`advance(${ms})`, (world) => world.advance(ms))),
  fc.nat(4_000_000).map((ms) => step(`sleep(${ms})`, (world) => world.sleep(ms))),
  fc.constant(step("disconnect()", (world) => world.disconnect())),
];
const rarely = [fc.constant(step("abandon()", (world) => world.abandon()))];

for (const version of [5, 4, 3] as const) {
  test(
    `whatever happens, MQTT of protocol level ${version} keeps its promises`,
    () => {
      fc.assert(
        fc.property(
          fc.commands([...steps, ...rarely], { size: "+1", maxCommands: 120 }),
          fc.record({
            queue: fc.record({
              messages: fc.constantFrom(0, 1, 2, 8, 1_000),
              overflow: fc.constantFrom("reject", "reject", "wait", "drop-newest", "drop-oldest", "drop-qos0-first"),
              maximumAge: fc.constantFrom(Infinity, Infinity, 10_000),
              qos0WhileOffline: fc.constantFrom("reject", "queue", "drop"),
            }),
            durable: fc.boolean(),
            afterSessionLost: fc.constantFrom("republish", "fail"),
            sessionExpiryInterval: fc.constantFrom(3_600, 3_600, 60, 0),
          }),
          fc.boolean(),
          (commands, circumstances, stopsAtOnce) => {
            const world = new World(version, circumstances);
            fc.modelRun(() => ({ model: {}, real: world }), commands);
            if (stopsAtOnce) world.stop();
            else world.finish();
          },
        ),
        { numRuns: version === 3 ? Math.ceil(RUNS / 3) : RUNS }, // 3.1 has less to say than 3.1.1, and nothing else
      );
    },
    60_000 + RUNS * 20,
  );
}
