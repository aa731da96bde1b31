import {
  type AcknowledgementProperties,
  packetSize,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  type SubackPacket,
  type SubscribeProperties,
  type TopicSubscriptionInit,
  type UnsubackPacket,
  type UserProperty,
} from "@petrel/codec";
import type { Connection } from "./connection.ts";
import { type FilterFailure, SubscribeRejectedError, TimeoutError, UnsubscribeRejectedError } from "./errors.ts";
import type { EventQueue, Milliseconds } from "./events.ts";
import type { PacketIdentifiers } from "./packet-identifiers.ts";

export interface SubscribeRequest {
  readonly subscriptions: readonly TopicSubscriptionInit[];
  /** 5.0. */
  readonly properties?: SubscribeProperties | undefined;
}

export interface UnsubscribeRequest {
  readonly topicFilters: readonly string[];
  /** 5.0. */
  readonly properties?: { readonly userProperties?: readonly UserProperty[] | undefined } | undefined;
}

type PendingRequest<Context> = (
  | { readonly type: "subscribe"; readonly request: SubscribeRequest }
  | { readonly type: "unsubscribe"; readonly request: UnsubscribeRequest }
) & {
  readonly caller: Caller<Context> | undefined;
  /** A caller's request is given up here. */
  readonly deadline: Milliseconds;
  /** Its caller has been told; its identifier stays taken until the answer, or the end of the connection. */
  abandoned: boolean;
};

/** Wrapped, because the context of a caller may itself be undefined: no caller means that the session asks on its own. */
interface Caller<Context> {
  readonly context: Context;
}

/** The most filters in one SUBSCRIBE of our own: servers are known that allow no more than a few. */
const RESUBSCRIBE_BUNDLE = 50;

/** SUBSCRIBE and UNSUBSCRIBE that wait for their answer, and what the server was asked to send us. */
export class Requests<Context> {
  readonly #identifiers: PacketIdentifiers;
  readonly #events: EventQueue<Context>;
  readonly #maximumConcurrent: number;
  readonly #timeoutMs: Milliseconds;
  readonly #version: ProtocolVersion;

  /** Not sent yet, in order. */
  #waiting: PendingRequest<Context>[] = [];
  /** Sent on this connection, by packet identifier. */
  readonly #sent = new Map<number, PendingRequest<Context>>();
  /** What is in force: filter → its options and the properties of the SUBSCRIBE it came in. */
  readonly #subscriptions = new Map<string, { readonly subscription: TopicSubscriptionInit; readonly properties: SubscribeProperties | undefined }>();

  constructor(
    identifiers: PacketIdentifiers,
    events: EventQueue<Context>,
    options: { readonly maximumConcurrent: number; readonly timeoutMs: Milliseconds; readonly version: ProtocolVersion },
  ) {
    this.#identifiers = identifiers;
    this.#events = events;
    this.#maximumConcurrent = options.maximumConcurrent;
    this.#timeoutMs = options.timeoutMs;
    this.#version = options.version;
  }

  /** Throws EncodeError for what no packet can express. */
  subscribe(request: SubscribeRequest, context: Context, now: Milliseconds): void {
    packetSize({ type: "subscribe", packetIdentifier: 1, ...request }, this.#version);
    this.#waiting.push({ type: "subscribe", request, caller: { context }, deadline: now + this.#timeoutMs, abandoned: false });
  }

  /** Throws EncodeError for what no packet can express. */
  unsubscribe(request: UnsubscribeRequest, context: Context, now: Milliseconds): void {
    packetSize({ type: "unsubscribe", packetIdentifier: 1, ...request }, this.#version);
    this.#waiting.push({ type: "unsubscribe", request, caller: { context }, deadline: now + this.#timeoutMs, abandoned: false });
  }

  /** Sends what waits, as far as the limit of concurrent requests and the identifiers allow. */
  flush(connection: Connection<Context>): void {
    let sent = 0;
    for (const pending of this.#waiting) {
      if (this.#sent.size >= this.#maximumConcurrent) break;
      const packetIdentifier = this.#identifiers.allocate();
      if (packetIdentifier === undefined) break;
      if (pending.type === "subscribe") connection.write({ type: "subscribe", packetIdentifier, ...pending.request });
      else connection.write({ type: "unsubscribe", packetIdentifier, ...pending.request });
      this.#sent.set(packetIdentifier, pending);
      sent++;
    }
    if (sent > 0) this.#waiting.splice(0, sent);
  }

  handleSuback(packet: SubackPacket): void {
    const pending = this.#answered(packet, "subscribe");
    if (pending.type !== "subscribe") return;
    const { subscriptions, properties } = pending.request;
    this.#checkCount(packet, subscriptions.length);
    const failures: FilterFailure[] = [];
    for (const [index, subscription] of subscriptions.entries()) {
      const reasonCode = packet.reasonCodes[index]!;
      if (reasonCode >= ReasonCode.unspecifiedError) failures.push({ topicFilter: subscription.topicFilter, reasonCode });
      else this.#subscriptions.set(subscription.topicFilter, { subscription, properties });
    }
    const { caller } = pending;
    if (caller === undefined) {
      // A filter that is not granted any more is not asked for again on every connection.
      for (const { topicFilter } of failures) this.#subscriptions.delete(topicFilter);
      if (failures.length > 0) this.#events.push({ type: "resubscribeFailed", failures });
    } else if (!pending.abandoned) {
      if (failures.length > 0) this.#events.push({ type: "failed", context: caller.context, error: new SubscribeRejectedError(packet, failures) });
      else this.#events.push({ type: "subscribed", context: caller.context, suback: packet });
    }
  }

  handleUnsuback(packet: UnsubackPacket): void {
    const pending = this.#answered(packet, "unsubscribe");
    if (pending.type !== "unsubscribe") return;
    const { topicFilters } = pending.request;
    if (this.#version === 5) this.#checkCount(packet, topicFilters.length);
    const failures: FilterFailure[] = [];
    for (const [index, topicFilter] of topicFilters.entries()) {
      const reasonCode = packet.reasonCodes[index] ?? ReasonCode.success; // 3.x says nothing, which means yes
      if (reasonCode >= ReasonCode.unspecifiedError) failures.push({ topicFilter, reasonCode });
      else this.#subscriptions.delete(topicFilter);
    }
    const { caller } = pending;
    if (caller === undefined || pending.abandoned) return;
    if (failures.length > 0) this.#events.push({ type: "failed", context: caller.context, error: new UnsubscribeRejectedError(packet, failures) });
    else this.#events.push({ type: "unsubscribed", context: caller.context, unsuback: packet });
  }

  /** Asks again for everything that was granted, before anything that waits. */
  resubscribe(): void {
    const bundles = new Map<SubscribeProperties | undefined, TopicSubscriptionInit[]>();
    for (const { subscription, properties } of this.#subscriptions.values()) {
      const bundle = bundles.get(properties);
      if (bundle === undefined) bundles.set(properties, [subscription]);
      else bundle.push(subscription);
    }
    const again: PendingRequest<Context>[] = [];
    for (const [properties, subscriptions] of bundles) {
      for (let start = 0; start < subscriptions.length; start += RESUBSCRIBE_BUNDLE) {
        const request = { subscriptions: subscriptions.slice(start, start + RESUBSCRIBE_BUNDLE), properties };
        again.push({ type: "subscribe", request, caller: undefined, deadline: Infinity, abandoned: false });
      }
    }
    this.#waiting.unshift(...again);
  }

  /** What was asked on the old connection is asked again on the next one; our own requests are planned anew there. */
  handleConnectionLost(): void {
    const again: PendingRequest<Context>[] = [];
    for (const [packetIdentifier, pending] of this.#sent) {
      this.#identifiers.release(packetIdentifier);
      if (pending.caller !== undefined && !pending.abandoned) again.push(pending);
    }
    this.#sent.clear();
    this.#waiting = [...again, ...this.#waiting.filter(({ caller }) => caller !== undefined)];
  }

  get isIdle(): boolean {
    return this.#sent.size === 0 && this.#waiting.length === 0;
  }

  /** When the first request runs out of time. */
  nextDeadline(): Milliseconds | undefined {
    let earliest = Infinity;
    for (const { deadline } of this.#waiting) earliest = Math.min(earliest, deadline);
    for (const { deadline, abandoned } of this.#sent.values()) {
      if (!abandoned) earliest = Math.min(earliest, deadline);
    }
    return earliest === Infinity ? undefined : earliest;
  }

  handleTimeout(now: Milliseconds): void {
    for (const pending of this.#sent.values()) {
      if (pending.deadline <= now && !pending.abandoned) this.#giveUp(pending);
    }
    for (const pending of this.#waiting) {
      if (pending.deadline <= now) this.#giveUp(pending);
    }
    this.#waiting = this.#waiting.filter(({ abandoned }) => !abandoned);
  }

  /** Fails every request that has a caller. */
  failAll(error: Error): void {
    for (const { caller, abandoned } of [...this.#sent.values(), ...this.#waiting]) {
      if (caller !== undefined && !abandoned) this.#events.push({ type: "failed", context: caller.context, error });
    }
    for (const packetIdentifier of this.#sent.keys()) this.#identifiers.release(packetIdentifier);
    this.#sent.clear();
    this.#waiting = [];
    this.#subscriptions.clear();
  }

  #giveUp(pending: PendingRequest<Context>): void {
    pending.abandoned = true;
    const error = new TimeoutError(pending.type === "subscribe" ? "SUBACK" : "UNSUBACK", this.#timeoutMs);
    if (pending.caller !== undefined) this.#events.push({ type: "failed", context: pending.caller.context, error });
  }

  #answered(packet: SubackPacket | UnsubackPacket, type: "subscribe" | "unsubscribe"): PendingRequest<Context> {
    const { packetIdentifier } = packet;
    const pending = this.#sent.get(packetIdentifier);
    if (pending?.type !== type) {
      throw new ProtocolError(`it answers packet identifier ${packetIdentifier}, for which no ${type.toUpperCase()} was sent`, {
        packetType: packet.type,
      });
    }
    this.#sent.delete(packetIdentifier);
    this.#identifiers.release(packetIdentifier);
    return pending;
  }

  /** "The SUBACK packet … MUST contain a list of Reason Codes … for each Topic Filter" [MQTT-3.8.4-6]; so does UNSUBACK. */
  #checkCount({ type, reasonCodes }: { type: "suback" | "unsuback"; reasonCodes: readonly number[]; properties?: AcknowledgementProperties | undefined }, expected: number): void {
    if (reasonCodes.length === expected) return;
    throw new ProtocolError(`it has ${reasonCodes.length} reason codes for ${expected} topic filters`, {
      packetType: type,
      clause: type === "suback" ? "MQTT-3.8.4-6" : "MQTT-3.11.3-1",
    });
  }
}
