import type { ConnackPacket, ProtocolVersion } from "@petrel/codec";
import type { SessionConfig } from "./config.ts";

/** The limits in force on one connection: ours and what CONNACK said, by direction. Never written back to the options. */
export interface Negotiated {
  readonly protocolVersion: ProtocolVersion;
  /** The one in use: given, or assigned by the server. */
  readonly clientIdentifier: string;
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
    readonly maximumQos: 0 | 1 | 2;
    readonly retainAvailable: boolean;
    readonly topicAliasMaximum: number;
    readonly wildcardSubscriptionAvailable: boolean;
    readonly subscriptionIdentifiersAvailable: boolean;
    readonly sharedSubscriptionAvailable: boolean;
  };
  /** What the server may send. */
  readonly receive: {
    readonly receiveMaximum: number;
    /** Bytes. */
    readonly maximumPacketSize: number;
    readonly topicAliasMaximum: number;
  };
  readonly responseInformation: string | undefined;
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
      maximumPacketSize: server.maximumPacketSize ?? 268_435_460,
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
