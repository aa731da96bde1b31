import {
  type ConnackPacket,
  parseSharedSubscription,
  type ProtocolVersion,
  type QoS,
  ReasonCode,
  type SubscribeProperties,
  type TopicSubscriptionInit,
} from "@petrel/codec";
import type { SessionConfig } from "./config.ts";
import { ServerLimitError } from "./errors.ts";

/** What a packet can have at most: a Remaining Length of four bytes, and the header. */
export const LARGEST_PACKET = 268_435_460;

/** The limits in force on one connection: ours and what CONNACK said, by direction. Never written back to the options. */
export interface Negotiated {
  /** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
  readonly protocolVersion: ProtocolVersion;
  /** The one in use: given, or assigned by the server. */
  readonly clientIdentifier: string;
  /** The server goes on with an earlier session. */
  readonly sessionPresent: boolean;
  /** Seconds; the server's, if it sent one. */
  readonly keepAlive: number;
  /** Seconds; the server's, if it sent one. */
  readonly sessionExpiryInterval: number;
  /** What we may send. */
  readonly send: {
    /** QoS 1 and 2 messages in flight: min(our maximumInflight, the server's Receive Maximum). */
    readonly receiveMaximum: number;
    /** Bytes. */
    readonly maximumPacketSize: number;
    /** The highest QoS that the server takes. */
    readonly maximumQos: 0 | 1 | 2;
    /** Whether the server keeps messages. */
    readonly retainAvailable: boolean;
    /** Topic aliases; 0: none. */
    readonly topicAliasMaximum: number;
    /** Whether filters may have wildcards. */
    readonly wildcardSubscriptionAvailable: boolean;
    /** Whether subscriptions may have identifiers. */
    readonly subscriptionIdentifiersAvailable: boolean;
    /** Whether there are shared subscriptions. */
    readonly sharedSubscriptionAvailable: boolean;
  };
  /** What the server may send. */
  readonly receive: {
    /** QoS 1 and 2 messages in flight. */
    readonly receiveMaximum: number;
    /** Bytes. */
    readonly maximumPacketSize: number;
    /** Topic aliases; 0: none. */
    readonly topicAliasMaximum: number;
  };
  /** What response topics shall begin with, if the server was asked and says so. */
  readonly responseInformation: string | undefined;
  /** Another server that may be used. */
  readonly serverReference: string | undefined;
}

/** Section 3.2.2.3: what is absent has the protocol's default. */
export function negotiate(config: SessionConfig, connack: ConnackPacket, clientIdentifier: string): Negotiated {
  const { protocolVersion } = config;
  const server = connack.properties ?? {};
  return {
    protocolVersion,
    clientIdentifier: server.assignedClientIdentifier ?? clientIdentifier,
    sessionPresent: connack.sessionPresent,
    keepAlive: server.serverKeepAlive ?? config.keepAlive, // "the Client MUST use this value" [MQTT-3.2.2-21]
    sessionExpiryInterval: server.sessionExpiryInterval ?? config.sessionExpiryInterval,
    send: {
      receiveMaximum: Math.min(config.maximumInflight, server.receiveMaximum ?? 65_535),
      maximumPacketSize: server.maximumPacketSize ?? LARGEST_PACKET,
      maximumQos: server.maximumQos ?? 2,
      retainAvailable: server.retainAvailable ?? true,
      topicAliasMaximum: server.topicAliasMaximum ?? 0,
      wildcardSubscriptionAvailable: server.wildcardSubscriptionAvailable ?? true,
      subscriptionIdentifiersAvailable: server.subscriptionIdentifiersAvailable ?? protocolVersion === 5,
      sharedSubscriptionAvailable: server.sharedSubscriptionAvailable ?? protocolVersion === 5,
    },
    receive: {
      receiveMaximum: config.receiveMaximum,
      maximumPacketSize: config.maximumPacketSize,
      topicAliasMaximum: protocolVersion === 5 ? config.topicAliasMaximum : 0,
    },
    responseInformation: server.responseInformation,
    serverReference: server.serverReference,
  };
}

// ── what CONNACK forbids, before a byte of it is written. All throw ServerLimitError ──────────────

export function checkPublish(message: { readonly qos: QoS; readonly retain: boolean }, { send }: Negotiated): void {
  const { qos, retain } = message;
  // "If a Client receives a Maximum QoS from a Server, it MUST NOT send PUBLISH packets at a QoS level exceeding the Maximum QoS level specified" [MQTT-3.2.2-11]
  if (qos > send.maximumQos && qos <= 2) {
    const allowed = send.maximumQos;
    throw new ServerLimitError(`QoS ${qos} is above the server's maximum QoS of ${allowed}`, {
      limit: "maximumQos",
      allowed,
      found: qos,
      reasonCode: ReasonCode.qosNotSupported,
    });
  }
  // "A Client receiving Retain Available set to 0 from the Server MUST NOT send a PUBLISH packet with the RETAIN flag set to 1" [MQTT-3.2.2-14]
  if (retain && !send.retainAvailable) {
    throw new ServerLimitError("the server does not keep retained messages", {
      limit: "retainAvailable",
      allowed: false,
      found: true,
      reasonCode: ReasonCode.retainNotSupported,
    });
  }
}

/** "The Client MUST NOT send packets exceeding Maximum Packet Size to the Server" [MQTT-3.2.2-15]. `what` names the packet. */
export function checkPacketSize(what: string, size: number, { send }: Negotiated): void {
  const allowed = send.maximumPacketSize;
  if (size <= allowed) return;
  throw new ServerLimitError(
    `the ${what} takes ${size} bytes; the server accepts packets of at most ${allowed} bytes`,
    { limit: "maximumPacketSize", allowed, found: size, reasonCode: ReasonCode.packetTooLarge },
  );
}

/** "A Client MUST NOT send a PUBLISH packet with a Topic Alias greater than the Topic Alias Maximum value returned by the Server in the CONNACK packet" [MQTT-3.3.2-9]. */
export function checkTopicAlias(topicAlias: number, { send }: Negotiated): void {
  const allowed = send.topicAliasMaximum;
  if (topicAlias <= allowed) return;
  throw new ServerLimitError(`topic alias ${topicAlias} is above the server's topic alias maximum of ${allowed}`, {
    limit: "topicAliasMaximum",
    allowed,
    found: topicAlias,
    reasonCode: ReasonCode.topicAliasInvalid,
  });
}

/**
 * Sections 3.2.2.3.11 to 3.2.2.3.13: a server that says it does not support something ends the connection of a client
 * that asks for it. In 3.x it can not say so, and refuses the filter if it has to.
 */
export function checkSubscribe(
  request: {
    readonly subscriptions: readonly TopicSubscriptionInit[];
    readonly properties?: SubscribeProperties | undefined;
  },
  { protocolVersion, send }: Negotiated,
): void {
  if (protocolVersion !== 5) return;
  const identifier = request.properties?.subscriptionIdentifier;
  if (identifier !== undefined && !send.subscriptionIdentifiersAvailable) {
    throw new ServerLimitError(`the server has no subscription identifiers, and the request has ${identifier}`, {
      limit: "subscriptionIdentifiersAvailable",
      allowed: false,
      found: identifier,
      reasonCode: ReasonCode.subscriptionIdentifiersNotSupported,
    });
  }
  if (send.wildcardSubscriptionAvailable && send.sharedSubscriptionAvailable) return;
  for (const { topicFilter } of request.subscriptions) {
    if (!send.wildcardSubscriptionAvailable && /[+#]/.test(topicFilter)) {
      throw new ServerLimitError(`the server has no wildcard subscriptions, as "${topicFilter}" is one`, {
        limit: "wildcardSubscriptionAvailable",
        allowed: false,
        found: topicFilter,
        reasonCode: ReasonCode.wildcardSubscriptionsNotSupported,
      });
    }
    if (!send.sharedSubscriptionAvailable && parseSharedSubscription(topicFilter) !== undefined) {
      throw new ServerLimitError(`the server has no shared subscriptions, as "${topicFilter}" is one`, {
        limit: "sharedSubscriptionAvailable",
        allowed: false,
        found: topicFilter,
        reasonCode: ReasonCode.sharedSubscriptionsNotSupported,
      });
    }
  }
}
