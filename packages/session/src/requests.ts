import {
  packetSize,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  type SubackPacket,
  type SubscribePacketInit,
  type SubscribeProperties,
  type TopicSubscriptionInit,
  type UnsubackPacket,
  type UnsubscribePacketInit,
  type UserProperty,
} from "@petrel/codec";
import type { Changes, StoredSession } from "./changes.ts";
import type { Connection } from "./connection.ts";
import {
  type FilterFailure,
  ServerLimitError,
  SubscribeRejectedError,
  TimeoutError,
  UnsubscribeRejectedError,
} from "./errors.ts";
import type { EventQueue, Milliseconds } from "./events.ts";
import { Fifo } from "./fifo.ts";
import { GrantedSubscriptions } from "./granted-subscriptions.ts";
import { checkPacketSize, checkSubscribe, type Negotiated } from "./negotiated.ts";
import type { PacketIdentifiers } from "./packet-identifiers.ts";
import { SparseMap } from "./sparse-map.ts";

export interface SubscribeRequest {
  readonly subscriptions: readonly TopicSubscriptionInit[];
  /** 5.0. */
  readonly properties?: SubscribeProperties | undefined;
  /** 5.0: a Subscription Identifier for servers that take them; others are not asked for it. */
  readonly preferredIdentifier?: number | undefined;
}

/** What the filters of one SUBSCRIBE have in common. */
export type Terms = Omit<SubscribeRequest, "subscriptions">;

export interface UnsubscribeRequest {
  readonly topicFilters: readonly string[];
  /** 5.0. */
  readonly properties?: { readonly userProperties?: readonly UserProperty[] | undefined } | undefined;
}

/** A SUBSCRIBE or UNSUBSCRIBE that was accepted. Opaque: it goes back into `cancelRequest`. */
export interface RequestTicket {
  readonly type: "subscribe" | "unsubscribe";
  /** The server has got it, perhaps. */
  readonly wasSent: boolean;
}

type PendingRequest<Context> = PendingSubscribe<Context> | PendingUnsubscribe<Context>;

interface PendingSubscribe<Context> extends Pending<Context> {
  readonly type: "subscribe";
  readonly request: SubscribeRequest;
}

interface PendingUnsubscribe<Context> extends Pending<Context> {
  readonly type: "unsubscribe";
  readonly request: UnsubscribeRequest;
}

interface Pending<Context> {
  /** Wrapped, because a context may itself be undefined. No caller: the session asks on its own. */
  readonly caller: { readonly context: Context } | undefined;
  /** A caller's request is given up here. */
  readonly deadline: Milliseconds;
  /**
   * Its caller has been told. If it was sent, its identifier stays taken until the answer, or the end of the connection; if
   * not, so does its place in the line until its turn comes.
   */
  abandoned: boolean;
  /** On this connection or an earlier one: the server may have seen it. */
  wasSent: boolean;
}

/** SUBSCRIBE and UNSUBSCRIBE that wait for their answer, and what they brought. */
export class Requests<Context> {
  readonly #identifiers: PacketIdentifiers;
  readonly #events: EventQueue<Context>;
  readonly #maximumConcurrent: number;
  readonly #timeoutMs: Milliseconds;
  #version: ProtocolVersion;

  /** Not sent yet, in order. Callers' deadlines rise along this line, and those of what was sent come before them. */
  readonly #waiting = new Fifo<PendingRequest<Context>>();
  /** Sent on this connection, by packet identifier. */
  readonly #sent = new SparseMap<number, PendingRequest<Context>>();
  readonly #granted: GrantedSubscriptions<Context>;
  /** Why there is no connection. */
  #offlineBecause: Error | undefined;

  constructor(
    identifiers: PacketIdentifiers,
    events: EventQueue<Context>,
    changes: Changes<Context> | undefined,
    options: {
      readonly maximumConcurrent: number;
      readonly timeoutMs: Milliseconds;
      readonly version: ProtocolVersion;
    },
  ) {
    this.#identifiers = identifiers;
    this.#events = events;
    this.#granted = new GrantedSubscriptions(changes);
    this.#maximumConcurrent = options.maximumConcurrent;
    this.#timeoutMs = options.timeoutMs;
    this.#version = options.version;
  }

  /** Goes on where an earlier process was. */
  restore(stored: StoredSession): void {
    this.#granted.restore(stored);
  }

  configure(version: ProtocolVersion): void {
    this.#version = version;
  }

  /** Throws EncodeError for what no packet can express. */
  subscribe(request: SubscribeRequest, context: Context, now: Milliseconds): RequestTicket {
    const { subscriptions, properties } = request;
    packetSize({ type: "subscribe", packetIdentifier: 1, subscriptions, properties }, this.#version);
    return this.#accept({ type: "subscribe", request, ...this.#from(context, now) });
  }

  /** Throws EncodeError for what no packet can express. */
  unsubscribe(request: UnsubscribeRequest, context: Context, now: Milliseconds): RequestTicket {
    packetSize({ type: "unsubscribe", packetIdentifier: 1, ...request }, this.#version);
    return this.#accept({ type: "unsubscribe", request, ...this.#from(context, now) });
  }

  /** Takes a request back that was never sent, and gives its context back with `error`. False if it was, or is settled. */
  cancel(ticket: RequestTicket, error: Error): boolean {
    const pending = ticket as PendingRequest<Context>;
    if (pending.wasSent || pending.abandoned) return false;
    this.#fail(pending, error);
    while (this.#waiting.peek()?.abandoned === true) this.#waiting.take(); // so that nobody looks at them again and again
    return true;
  }

  /** Sends what waits, as far as the limit of concurrent requests and the identifiers allow. */
  flush(connection: Connection<Context>): void {
    this.#offlineBecause = undefined;
    while (this.#waiting.length > 0 && this.#sent.size < this.#maximumConcurrent) {
      const packetIdentifier = this.#identifiers.allocate();
      if (packetIdentifier === undefined) return;
      const pending = this.#waiting.take()!;
      if (pending.abandoned) {
        this.#identifiers.release(packetIdentifier);
        continue;
      }
      try {
        this.#send(pending, packetIdentifier, connection);
      } catch (error) {
        this.#identifiers.release(packetIdentifier);
        this.#handleUnsendable(pending, error as Error);
      }
    }
  }

  handleSuback(packet: SubackPacket): void {
    const pending = this.#answered(packet, "subscribe");
    const { subscriptions, ...terms } = pending.request;
    const failures: FilterFailure[] = [];
    for (const [index, subscription] of subscriptions.entries()) {
      const reasonCode = packet.reasonCodes[index]!;
      if (reasonCode >= ReasonCode.unspecifiedError)
        failures.push({ topicFilter: subscription.topicFilter, reasonCode });
      else this.#granted.grant(subscription, terms);
    }
    const { caller } = pending;
    if (caller === undefined) {
      if (failures.length > 0) this.#handleResubscribeFailed(failures);
    } else if (!pending.abandoned) {
      if (failures.length > 0)
        this.#events.push({
          type: "failed",
          context: caller.context,
          error: new SubscribeRejectedError(packet, failures),
        });
      else this.#events.push({ type: "subscribed", context: caller.context, suback: packet });
    }
  }

  handleUnsuback(packet: UnsubackPacket): void {
    const pending = this.#answered(packet, "unsubscribe");
    const failures: FilterFailure[] = [];
    for (const [index, topicFilter] of pending.request.topicFilters.entries()) {
      const reasonCode = packet.reasonCodes[index] ?? ReasonCode.success; // 3.x says nothing, which means yes
      if (reasonCode >= ReasonCode.unspecifiedError) failures.push({ topicFilter, reasonCode });
      else this.#granted.forget(topicFilter);
    }
    const { caller } = pending;
    if (caller === undefined || pending.abandoned) return;
    if (failures.length > 0)
      this.#events.push({
        type: "failed",
        context: caller.context,
        error: new UnsubscribeRejectedError(packet, failures),
      });
    else this.#events.push({ type: "unsubscribed", context: caller.context, unsuback: packet });
  }

  /** Asks again for everything that was granted, before anything that waits. */
  resubscribe(): void {
    const callers = this.#waiting.takeAll().filter(({ caller, abandoned }) => caller !== undefined && !abandoned);
    for (const request of this.#granted.requests()) this.#waiting.push(ownRequest(request));
    for (const pending of callers) this.#waiting.push(pending);
  }

  /** No connection came about, or it ended because of an error. */
  handleOffline(error: Error | undefined): void {
    this.#offlineBecause = error;
  }

  /** What was asked on the old connection is asked again on the next one, our own requests included: the server may not have seen them. */
  handleConnectionLost(error: Error | undefined): void {
    this.#offlineBecause = error;
    const again: PendingRequest<Context>[] = [];
    for (const [packetIdentifier, pending] of this.#sent) {
      this.#identifiers.release(packetIdentifier);
      if (!pending.abandoned) again.push(pending);
    }
    this.#sent.clear();
    this.#waiting.putBack(again);
  }

  /** When the first request runs out of time. */
  nextDeadline(): Milliseconds | undefined {
    for (const { caller, abandoned, deadline } of this.#sent.values()) {
      if (caller !== undefined && !abandoned) return deadline;
    }
    for (const { caller, abandoned, deadline } of this.#waiting) {
      if (caller !== undefined && !abandoned) return deadline;
    }
    return undefined;
  }

  handleTimeout(now: Milliseconds): void {
    for (const pending of this.#sent.values()) {
      if (pending.caller === undefined || pending.abandoned) continue;
      if (pending.deadline > now) return;
      this.#giveUp(pending);
    }
    const ours: PendingRequest<Context>[] = [];
    for (let pending = this.#waiting.peek(); pending !== undefined; pending = this.#waiting.peek()) {
      if (pending.caller !== undefined && pending.deadline > now) break;
      this.#waiting.take();
      if (pending.caller === undefined) ours.push(pending);
      else if (!pending.abandoned) this.#giveUp(pending);
    }
    this.#waiting.putBack(ours);
  }

  /** Fails every request that has a caller. */
  failAll(error: Error): void {
    for (const pending of [...this.#sent.values(), ...this.#waiting]) {
      if (pending.caller !== undefined && !pending.abandoned) this.#fail(pending, error);
    }
    for (const packetIdentifier of this.#sent.keys()) this.#identifiers.release(packetIdentifier);
    this.#sent.clear();
    this.#waiting.clear();
    this.#granted.forgetAll();
  }

  /** Throws ServerLimitError | EncodeError. */
  #send(pending: PendingRequest<Context>, packetIdentifier: number, connection: Connection<Context>): void {
    const packet: SubscribePacketInit | UnsubscribePacketInit =
      pending.type === "subscribe"
        ? subscribePacket(pending.request, packetIdentifier, connection.negotiated!)
        : { type: "unsubscribe", packetIdentifier, ...pending.request };
    // "The Client MUST NOT send packets exceeding Maximum Packet Size to the Server" [MQTT-3.2.2-15]
    const size = packetSize(packet, this.#version);
    checkPacketSize(pending.type.toUpperCase(), size, connection.negotiated!);
    if (pending.type === "subscribe") checkSubscribe(pending.request, connection.negotiated!);
    connection.write(packet);
    pending.wasSent = true;
    this.#sent.set(packetIdentifier, pending);
  }

  #from(context: Context, now: Milliseconds): Pending<Context> {
    return { caller: { context }, deadline: now + this.#timeoutMs, abandoned: false, wasSent: false };
  }

  #accept(pending: PendingRequest<Context>): RequestTicket {
    this.#waiting.push(pending);
    return pending;
  }

  #handleUnsendable(pending: PendingRequest<Context>, error: Error): void {
    if (pending.caller !== undefined) {
      this.#fail(pending, error);
      return;
    }
    // Ours, and too large for this server, or with one filter among them that it does not take: ask in smaller pieces.
    const { subscriptions, ...terms } = (pending as PendingSubscribe<Context>).request;
    if (subscriptions.length === 1) {
      const reasonCode = error instanceof ServerLimitError ? error.reasonCode : ReasonCode.unspecifiedError;
      this.#handleResubscribeFailed([{ topicFilter: subscriptions[0]!.topicFilter, reasonCode }]);
      return;
    }
    const half = Math.ceil(subscriptions.length / 2);
    this.#waiting.putBack([
      ownRequest({ subscriptions: subscriptions.slice(0, half), ...terms }),
      ownRequest({ subscriptions: subscriptions.slice(half), ...terms }),
    ]);
  }

  /** A filter that is not granted any more is not asked for again on every connection. */
  #handleResubscribeFailed(failures: readonly FilterFailure[]): void {
    for (const { topicFilter } of failures) this.#granted.forget(topicFilter);
    this.#events.push({ type: "resubscribeFailed", failures });
  }

  #giveUp(pending: PendingRequest<Context>): void {
    const answer = pending.type === "subscribe" ? "SUBACK" : "UNSUBACK";
    this.#fail(pending, new TimeoutError(answer, this.#timeoutMs, { cause: this.#offlineBecause }));
  }

  #fail(pending: PendingRequest<Context>, error: Error): void {
    pending.abandoned = true;
    this.#events.push({ type: "failed", context: pending.caller!.context, error });
  }

  /** The request that a SUBACK or UNSUBACK is about. Throws {@link ProtocolError}, and then the request still waits. */
  #answered(packet: SubackPacket, type: "subscribe"): PendingSubscribe<Context>;
  #answered(packet: UnsubackPacket, type: "unsubscribe"): PendingUnsubscribe<Context>;
  #answered(packet: SubackPacket | UnsubackPacket, type: "subscribe" | "unsubscribe"): PendingRequest<Context> {
    const { packetIdentifier, reasonCodes } = packet;
    const pending = this.#sent.get(packetIdentifier);
    if (pending?.type !== type) {
      throw new ProtocolError(
        `it answers packet identifier ${packetIdentifier}, for which no ${type.toUpperCase()} was sent`,
        {
          packetType: packet.type,
        },
      );
    }
    const filters =
      pending.type === "subscribe" ? pending.request.subscriptions.length : pending.request.topicFilters.length;
    if (reasonCodes.length !== filters && (this.#version === 5 || type === "subscribe")) {
      throw new ProtocolError(`it has ${reasonCodes.length} reason codes for ${filters} topic filters`, {
        packetType: packet.type,
        clause: this.#countClause(type),
      });
    }
    this.#sent.delete(packetIdentifier);
    this.#identifiers.release(packetIdentifier);
    return pending;
  }

  /** "The SUBACK packet sent by the Server to the Client MUST contain a Reason Code for each Topic Filter/Subscription Option pair" */
  #countClause(type: "subscribe" | "unsubscribe"): string {
    if (type === "unsubscribe") return "MQTT-3.11.3-1";
    return this.#version === 5 ? "MQTT-3.8.4-6" : "MQTT-3.8.4-5";
  }
}

function subscribePacket(
  { subscriptions, properties, preferredIdentifier }: SubscribeRequest,
  packetIdentifier: number,
  { send }: Negotiated,
): SubscribePacketInit {
  const isWanted = preferredIdentifier !== undefined && properties?.subscriptionIdentifier === undefined;
  if (!isWanted || !send.subscriptionIdentifiersAvailable)
    return { type: "subscribe", packetIdentifier, subscriptions, properties };
  const identified = { ...properties, subscriptionIdentifier: preferredIdentifier };
  return { type: "subscribe", packetIdentifier, subscriptions, properties: identified };
}

/** A request without a caller: the session asks on its own. */
function ownRequest<Context>(request: SubscribeRequest): PendingSubscribe<Context> {
  return { type: "subscribe", request, caller: undefined, deadline: Infinity, abandoned: false, wasSent: false };
}
