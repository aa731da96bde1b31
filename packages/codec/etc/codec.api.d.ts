// dist/index.d.ts

export { isReasonCodeAllowed } from "./allowed-reason-codes.ts";
export { createDecoder, type DecoderOptions, type PacketDecoder } from "./decoder.ts";
export type { Sender } from "./decoder-options.ts";
export { describePacket } from "./describe.ts";
export { createWriter, encodePacket, packetSize, type PacketWriter, type WriterOptions } from "./encoder.ts";
export { DecodeError, type DecodeErrorDetails, EncodeError, type EncodeErrorDetails, MalformedPacketError, MqttError, ProtocolError, } from "./errors.ts";
export { createLenientDecoder, type LenientDecoderOptions, type LenientPacketDecoder, type LenientResult, } from "./lenient-decoder.ts";
export { PacketType } from "./packet.ts";
export type { Packet, PacketInit, PacketTypeName, ProtocolVersion, QoS, UserProperty } from "./packet.ts";
export type { AcknowledgementPacket, AcknowledgementPacketInit, AcknowledgementProperties, AcknowledgementType, } from "./packets/acknowledgement.ts";
export type { ConnackPacket, ConnackPacketInit, ConnackProperties } from "./packets/connack.ts";
export type { ConnectPacket, ConnectPacketInit, ConnectProperties, Will, WillInit, WillProperties, } from "./packets/connect.ts";
export type { AuthPacket, AuthPacketInit, AuthProperties, DisconnectPacket, DisconnectPacketInit, DisconnectProperties, } from "./packets/disconnect.ts";
export type { PingreqPacket, PingrespPacket } from "./packets/ping.ts";
export type { PublishPacket, PublishPacketInit, PublishProperties } from "./packets/publish.ts";
export type { RetainHandling, SubackPacket, SubackPacketInit, SubscribePacket, SubscribePacketInit, SubscribeProperties, TopicSubscription, TopicSubscriptionInit, } from "./packets/subscribe.ts";
export type { UnsubackPacket, UnsubackPacketInit, UnsubscribePacket, UnsubscribePacketInit, UnsubscribeProperties, } from "./packets/unsubscribe.ts";
export { type AllProperties, PROPERTIES, type PropertyDefinition, type PropertyKind, type PropertyName, } from "./properties.ts";
export { ReasonCode, type ReasonCodeName, reasonText } from "./reason-codes.ts";
export { matchTopic, parseSharedSubscription, type SharedSubscription, validateTopicFilter, validateTopicName, } from "./topics.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";

// dist/allowed-reason-codes.d.ts

/** Whether a packet of this type may carry this Reason Code in MQTT 5.0. */
export declare function isReasonCodeAllowed(reasonCode: number, packetType: PacketTypeName): boolean;

// dist/packet.d.ts

/** The protocol level on the wire: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5;
/** At most once, at least once, exactly once (section 4.3). */
export type QoS = 0 | 1 | 2;
/** A User Property: order and repeated names matter, so it is a pair in a list. */
export type UserProperty = readonly [name: string, value: string];
/** The Control Packet types with their wire numbers (section 2.1.2). */
export declare const PacketType: {
    readonly connect: 1;
    readonly connack: 2;
    readonly publish: 3;
    readonly puback: 4;
    readonly pubrec: 5;
    readonly pubrel: 6;
    readonly pubcomp: 7;
    readonly subscribe: 8;
    readonly suback: 9;
    readonly unsubscribe: 10;
    readonly unsuback: 11;
    readonly pingreq: 12;
    readonly pingresp: 13;
    readonly disconnect: 14;
    readonly auth: 15;
};
export type PacketTypeName = keyof typeof PacketType;
/** What the decoder returns: every field is there. */
export type Packet = ConnectPacket | ConnackPacket | PublishPacket | AcknowledgementPacket | SubscribePacket | SubackPacket | UnsubscribePacket | UnsubackPacket | PingreqPacket | PingrespPacket | DisconnectPacket | AuthPacket;
/** What the encoder accepts: fields with an obvious default may be left out. Every {@link Packet} is one. */
export type PacketInit = ConnectPacketInit | ConnackPacketInit | PublishPacketInit | AcknowledgementPacketInit | SubscribePacketInit | SubackPacketInit | UnsubscribePacketInit | UnsubackPacketInit | PingreqPacket | PingrespPacket | DisconnectPacketInit | AuthPacketInit;

// dist/packets/connack.d.ts

export interface ConnackPacketInit {
    readonly type: "connack";
    /** Default false. MQTT 3.1 has no such flag: there it is always false. */
    readonly sessionPresent?: boolean | undefined;
    /** Default 0, success. Always a Reason Code of 5.0: return code 5 of 3.x, say, is 0x87. */
    readonly reasonCode?: number | undefined;
    readonly properties?: ConnackProperties | undefined;
}
export interface ConnackPacket extends ConnackPacketInit {
    readonly sessionPresent: boolean;
    readonly reasonCode: number;
}
/** Section 3.2.2.3. */
export interface ConnackProperties {
    /** Seconds; 0xFFFFFFFF is for ever. */
    readonly sessionExpiryInterval?: number | undefined;
    readonly receiveMaximum?: number | undefined;
    readonly maximumQos?: 0 | 1 | undefined;
    readonly retainAvailable?: boolean | undefined;
    /** Bytes. */
    readonly maximumPacketSize?: number | undefined;
    readonly assignedClientIdentifier?: string | undefined;
    readonly topicAliasMaximum?: number | undefined;
    readonly reasonString?: string | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
    readonly wildcardSubscriptionAvailable?: boolean | undefined;
    readonly subscriptionIdentifiersAvailable?: boolean | undefined;
    readonly sharedSubscriptionAvailable?: boolean | undefined;
    /** Seconds. */
    readonly serverKeepAlive?: number | undefined;
    readonly responseInformation?: string | undefined;
    readonly serverReference?: string | undefined;
    readonly authenticationMethod?: string | undefined;
    readonly authenticationData?: Uint8Array | undefined;
}

// dist/decoder-options.d.ts

/** Which side of a connection speaks. */
export type Sender = "client" | "server";
export interface CommonDecoderOptions {
    /** 3, 4 or 5. Default: learnt from the CONNECT that comes first, as a server does. */
    readonly version?: ProtocolVersion | undefined;
    /** Bytes, header included; a larger packet is refused when its header is read. Default: the protocol's 268,435,460. */
    readonly maximumPacketSize?: number | undefined;
    /** Whether a payload has to be UTF-8 if its payloadFormatIndicator says so; else it is a violation (0x99). Default false. */
    readonly validatePayloadFormat?: boolean | undefined;
    /**
     * Who sent the bytes, as brokers and clients know: then properties that the other side alone may send, subscription
     * identifiers in a PUBLISH and the session expiry interval in a DISCONNECT, are violations. Default: they are taken.
     */
    readonly sender?: Sender | undefined;
}

// dist/errors.d.ts

/** What every error of the toolkit is. */
export declare abstract class MqttError extends Error {
    /** The name of the class, also where it was minified. */
    abstract readonly name: string;
    /** A stable literal, `PETREL_…`, for programs to switch on. */
    abstract readonly code: string;
}
/** What was wrong with a value that should have been encoded. */
export interface EncodeErrorDetails {
    /** The path of the field, as in `properties.receiveMaximum`. */
    readonly field?: string | undefined;
    /** The value that was refused. */
    readonly value?: unknown;
    /** The normative statement of MQTT 5.0 it would break, as in `MQTT-3.3.2-2`; one that only 3.1.1 has says so. */
    readonly clause?: string | undefined;
}
/** The caller's fault: the packet cannot be expressed in the given protocol version. Nothing was written. */
export declare class EncodeError extends MqttError {
    readonly name = "EncodeError";
    readonly code = "PETREL_ENCODE";
    /** The path of the field, as in `properties.receiveMaximum`. */
    readonly field: string | undefined;
    /** The value that was refused. */
    readonly value: unknown;
    /** The statement of the specification that it breaks, as in `MQTT-3.3.1-4`. */
    readonly clause: string | undefined;
    constructor(message: string, { field, value, clause }?: EncodeErrorDetails);
}
/** Where in the received bytes something was wrong. */
export interface DecodeErrorDetails {
    /** Which packet it was in, as far as that is known. */
    readonly packetType?: PacketTypeName | undefined;
    /** Where the field begins that is wrong: bytes from the first byte of the packet. */
    readonly offset?: number | undefined;
    /** The normative statement of MQTT 5.0 that was broken, as in `MQTT-1.5.4-1`; one that only 3.1.1 has says so. */
    readonly clause?: string | undefined;
}
/** The sender's fault: what a decoder throws, or lists if it is lenient. */
export declare abstract class DecodeError extends MqttError {
    /** What a DISCONNECT about it says. */
    abstract readonly reasonCode: number;
    /** Which packet it was in, as far as that is known. */
    readonly packetType: PacketTypeName | undefined;
    /** Bytes from the beginning of the packet. */
    readonly offset: number | undefined;
    /** The statement of the specification that it breaks, as in `MQTT-3.3.1-4`. */
    readonly clause: string | undefined;
    constructor(message: string, { packetType, offset, clause }?: DecodeErrorDetails);
}
/** The bytes cannot be parsed (specification section 1.2, "Malformed Packet"). */
export declare class MalformedPacketError extends DecodeError {
    readonly name = "MalformedPacketError";
    readonly code = "PETREL_MALFORMED_PACKET";
    readonly reasonCode: number;
}
/** A well-formed packet that the protocol does not allow here (section 4.13). */
export declare class ProtocolError extends DecodeError {
    readonly name = "ProtocolError";
    readonly code = "PETREL_PROTOCOL_ERROR";
    /** 0x82 or a more specific code. */
    readonly reasonCode: number;
    constructor(message: string, details?: DecodeErrorDetails & {
        readonly reasonCode?: number | undefined;
    });
}

// dist/packets/connect.d.ts

export interface ConnectPacketInit {
    readonly type: "connect";
    /** Default: the version the encoder was made for. */
    readonly protocolVersion?: ProtocolVersion | undefined;
    /** Marks an MQTT 3.x client as a bridge for servers that know it (bit 7 of the level). Default false. */
    readonly bridge?: boolean | undefined;
    readonly clientIdentifier: string;
    /** Clean Start in 5.0, Clean Session in 3.x. Default true. */
    readonly cleanStart?: boolean | undefined;
    /** Seconds, 0 to 65,535; 0 is off (the default). */
    readonly keepAlive?: number | undefined;
    readonly username?: string | undefined;
    readonly password?: Uint8Array | undefined;
    readonly will?: WillInit | undefined;
    readonly properties?: ConnectProperties | undefined;
}
export interface ConnectPacket extends ConnectPacketInit {
    readonly protocolVersion: ProtocolVersion;
    readonly bridge: boolean;
    readonly cleanStart: boolean;
    readonly keepAlive: number;
    readonly will: Will | undefined;
}
/** What the server publishes when the connection ends without a DISCONNECT. */
export interface WillInit {
    readonly topicName: string;
    readonly payload: Uint8Array;
    readonly qos?: QoS | undefined;
    readonly retain?: boolean | undefined;
    readonly properties?: WillProperties | undefined;
}
export interface Will extends WillInit {
    readonly qos: QoS;
    readonly retain: boolean;
}
/** Section 3.1.2.11. */
export interface ConnectProperties {
    /** Seconds; 0xFFFFFFFF is for ever. */
    readonly sessionExpiryInterval?: number | undefined;
    readonly receiveMaximum?: number | undefined;
    /** Bytes. */
    readonly maximumPacketSize?: number | undefined;
    readonly topicAliasMaximum?: number | undefined;
    readonly requestResponseInformation?: boolean | undefined;
    readonly requestProblemInformation?: boolean | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
    readonly authenticationMethod?: string | undefined;
    readonly authenticationData?: Uint8Array | undefined;
}
/** Section 3.1.3.2. */
export interface WillProperties {
    /** Seconds. */
    readonly willDelayInterval?: number | undefined;
    readonly payloadFormatIndicator?: 0 | 1 | undefined;
    /** Seconds. */
    readonly messageExpiryInterval?: number | undefined;
    readonly contentType?: string | undefined;
    readonly responseTopic?: string | undefined;
    readonly correlationData?: Uint8Array | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
}

// dist/packets/acknowledgement.d.ts

export type AcknowledgementType = "puback" | "pubrec" | "pubrel" | "pubcomp";
export interface AcknowledgementPacketInit {
    readonly type: AcknowledgementType;
    readonly packetIdentifier: number;
    /** Default 0, success. MQTT 3.x has no other. */
    readonly reasonCode?: number | undefined;
    readonly properties?: AcknowledgementProperties | undefined;
}
export interface AcknowledgementPacket extends AcknowledgementPacketInit {
    readonly reasonCode: number;
}
/** The properties of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK. */
export interface AcknowledgementProperties {
    readonly reasonString?: string | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
}

// dist/packets/disconnect.d.ts

export interface DisconnectPacketInit {
    readonly type: "disconnect";
    /** Default 0, normal disconnection. MQTT 3.x has no other. */
    readonly reasonCode?: number | undefined;
    readonly properties?: DisconnectProperties | undefined;
}
export interface DisconnectPacket extends DisconnectPacketInit {
    readonly reasonCode: number;
}
export interface DisconnectProperties {
    /** Seconds; from the client only. */
    readonly sessionExpiryInterval?: number | undefined;
    readonly reasonString?: string | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
    /** From the server only. */
    readonly serverReference?: string | undefined;
}
export interface AuthPacketInit {
    readonly type: "auth";
    /** Default 0, success. */
    readonly reasonCode?: number | undefined;
    readonly properties?: AuthProperties | undefined;
}
export interface AuthPacket extends AuthPacketInit {
    readonly reasonCode: number;
}
export interface AuthProperties {
    readonly authenticationMethod?: string | undefined;
    readonly authenticationData?: Uint8Array | undefined;
    readonly reasonString?: string | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
}

// dist/packets/ping.d.ts

export interface PingreqPacket {
    readonly type: "pingreq";
}
export interface PingrespPacket {
    readonly type: "pingresp";
}

// dist/packets/publish.d.ts

export interface PublishPacketInit {
    readonly type: "publish";
    /** May be empty in 5.0 when a Topic Alias stands for it. */
    readonly topicName: string;
    /** Text is written as UTF-8. Default: empty. A large array is referenced, not copied, until its bytes are taken. */
    readonly payload?: Uint8Array | string | undefined;
    /** Default 0. */
    readonly qos?: QoS | undefined;
    /** Default false. */
    readonly retain?: boolean | undefined;
    /** Set on a repeated delivery. Default false. */
    readonly dup?: boolean | undefined;
    /** Needed when qos > 0, and only then. */
    readonly packetIdentifier?: number | undefined;
    readonly properties?: PublishProperties | undefined;
}
export interface PublishPacket extends PublishPacketInit {
    /** A view into the received chunk: `slice()` it to keep it without keeping the chunk. */
    readonly payload: Uint8Array;
    readonly qos: QoS;
    readonly retain: boolean;
    readonly dup: boolean;
}
/** Section 3.3.2.3. */
export interface PublishProperties {
    /** 1: the payload is UTF-8 text. */
    readonly payloadFormatIndicator?: 0 | 1 | undefined;
    /** Seconds. */
    readonly messageExpiryInterval?: number | undefined;
    /** A number that stands for the topic, on this connection. */
    readonly topicAlias?: number | undefined;
    /** Where a reply shall go. */
    readonly responseTopic?: string | undefined;
    /** Tells the reply to this request apart from others. */
    readonly correlationData?: Uint8Array | undefined;
    /** Names and values of the application's own; a name may come more than once. */
    readonly userProperties?: readonly UserProperty[] | undefined;
    /** From the server only: the identifiers of the subscriptions that matched. */
    readonly subscriptionIdentifiers?: readonly number[] | undefined;
    /** What the payload is, as in `application/json`. */
    readonly contentType?: string | undefined;
}

// dist/packets/subscribe.d.ts

/** Whether retained messages come when the subscription is made: 0 yes, 1 only if it is new, 2 no. */
export type RetainHandling = 0 | 1 | 2;
/** A Topic Filter with its Subscription Options (section 3.8.3.1). All but `qos` need MQTT 5.0. */
export interface TopicSubscriptionInit {
    readonly topicFilter: string;
    /** The highest QoS that the server may send with. Default 0. */
    readonly qos?: QoS | undefined;
    /** Don't send me my own messages. Default false. */
    readonly noLocal?: boolean | undefined;
    /** Keep the RETAIN flag as published. Default false. */
    readonly retainAsPublished?: boolean | undefined;
    /** Default 0. */
    readonly retainHandling?: RetainHandling | undefined;
}
export interface TopicSubscription extends TopicSubscriptionInit {
    readonly qos: QoS;
    readonly noLocal: boolean;
    readonly retainAsPublished: boolean;
    readonly retainHandling: RetainHandling;
}
export interface SubscribePacketInit {
    readonly type: "subscribe";
    readonly packetIdentifier: number;
    readonly subscriptions: readonly TopicSubscriptionInit[];
    readonly properties?: SubscribeProperties | undefined;
}
export interface SubscribePacket extends SubscribePacketInit {
    readonly subscriptions: readonly TopicSubscription[];
}
export interface SubscribeProperties {
    /** 1 to 268,435,455. */
    readonly subscriptionIdentifier?: number | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
}
export interface SubackPacketInit {
    readonly type: "suback";
    readonly packetIdentifier: number;
    /** One for each filter of the SUBSCRIBE, in its order: the granted QoS, or 0x80 and above. */
    readonly reasonCodes: readonly number[];
    readonly properties?: AcknowledgementProperties | undefined;
}
export type SubackPacket = SubackPacketInit;

// dist/packets/unsubscribe.d.ts

export interface UnsubscribePacketInit {
    readonly type: "unsubscribe";
    readonly packetIdentifier: number;
    readonly topicFilters: readonly string[];
    readonly properties?: UnsubscribeProperties | undefined;
}
export type UnsubscribePacket = UnsubscribePacketInit;
export interface UnsubscribeProperties {
    readonly userProperties?: readonly UserProperty[] | undefined;
}
export interface UnsubackPacketInit {
    readonly type: "unsuback";
    readonly packetIdentifier: number;
    /** 5.0: one for each filter of the UNSUBSCRIBE, in its order. 3.x: empty, its UNSUBACK says nothing. */
    readonly reasonCodes: readonly number[];
    readonly properties?: AcknowledgementProperties | undefined;
}
export type UnsubackPacket = UnsubackPacketInit;

// dist/decoder.d.ts

/** Turns chunks of bytes, cut anywhere, into packets. */
export interface PacketDecoder {
    /** Gives the decoder a chunk, which it keeps views of: don't touch it again. */
    push(bytes: Uint8Array): void;
    /**
     * The next complete packet, or undefined until more bytes come. Payloads and binary data are views into the chunk.
     *
     * @throws MalformedPacketError | ProtocolError, once and again: after a violation the stream has no meaning.
     */
    next(): Packet | undefined;
    /** The version in use; undefined until a CONNECT has told it. Every CONNECT tells it, also if the decoder was given one. */
    readonly version: ProtocolVersion | undefined;
}
export interface DecoderOptions extends CommonDecoderOptions {
    /**
     * Whether a Reason Code of 0x80 and above is taken although the packet's own list lacks it, as the 0x95 in a PUBACK
     * of Mosquitto 2.0: for a client, a refusal that was answered beats a connection that is ended over it. Default false.
     */
    readonly acceptUnlistedRefusals?: boolean | undefined;
}
/** A decoder for one connection; the first violation of the specification is thrown. */
export declare function createDecoder(options?: DecoderOptions): PacketDecoder;

// dist/describe.d.ts

/**
 * A packet as one line for people. Payloads are abbreviated; passwords and authentication data are never shown.
 *
 * @example describePacket(packet) // 'PUBLISH q1 p7 "sensors/kitchen" 4 bytes "21.5"'
 */
export declare function describePacket(packet: Packet | PacketInit): string;

// dist/encoder.d.ts

/** Encodes packets one after another and hands over what was written, as few chunks as possible. */
export interface PacketWriter {
    /**
     * Appends a packet and returns its size in bytes. A payload of 4 KiB or more is referenced, not copied: leave it
     * alone until its chunk is on the wire.
     *
     * @throws EncodeError if the version cannot express the packet; nothing of it was written then.
     */
    write(packet: PacketInit): number;
    /**
     * Hands over the next chunk of what was written; undefined when there is none. It is yours and is never written
     * again, but it is a view: other chunks share its `buffer`, so copy it before you transfer that.
     */
    take(): Uint8Array | undefined;
    /** Bytes written and not yet taken. */
    readonly pendingBytes: number;
}
export interface WriterOptions {
    /** 3, 4 or 5; default 5. */
    readonly version?: ProtocolVersion | undefined;
}
/** A writer for one connection: `write` many packets, then `take` their bytes. */
export declare function createWriter({ version }?: WriterOptions): PacketWriter;
/**
 * One packet as bytes. They are yours and are never written again, but up to 1 KiB they are a view: other packets share
 * its `buffer`, so copy it before you transfer that, and if you keep a few of many.
 *
 * @example encodePacket({ type: "publish", topicName: "a", payload: "1" }, 5)
 * @throws EncodeError if the version cannot express the packet.
 */
export declare function encodePacket(packet: PacketInit, version?: ProtocolVersion): Uint8Array;
/**
 * Bytes that a packet takes on the wire, without copying a large payload.
 *
 * @throws EncodeError if the version cannot express the packet.
 */
export declare function packetSize(packet: PacketInit, version?: ProtocolVersion): number;

// dist/lenient-decoder.d.ts

/** A packet as it was received, however wrong it is. */
export interface LenientResult {
    /**
     * Undefined if nothing can be made of the bytes. Where a type has no room for a value, it is the nearest that it has
     * (QoS 3 is read as 2, and so is retain handling 3); ill-formed UTF-8 is U+FFFD; of a property that is repeated the
     * first one counts; a property that is not allowed is left out.
     */
    readonly packet: Packet | undefined;
    /** In the order in which they were found; the first is what the strict decoder throws. Empty for a valid packet. */
    readonly violations: readonly DecodeError[];
    /** The packet as it came, a view; only its fixed header if it is too large, or if its length is not one. */
    readonly bytes: Uint8Array;
}
/** Turns chunks of bytes, cut anywhere, into packets and what is wrong with them. No bytes make it throw. */
export interface LenientPacketDecoder {
    /** Gives the decoder a chunk, which it keeps views of: don't touch it again. */
    push(bytes: Uint8Array): void;
    /**
     * The next packet, or undefined until it is complete. After a Remaining Length that is longer than four bytes nobody
     * knows where the next packet begins: that is the last result.
     */
    next(): LenientResult | undefined;
    /** The version in use; undefined until a CONNECT has told it. Every CONNECT tells it, also if the decoder was given one. */
    readonly version: ProtocolVersion | undefined;
    /** Bytes of a packet that is not complete. */
    readonly pendingBytes: number;
}
/** What {@link createLenientDecoder} takes. */
export type LenientDecoderOptions = CommonDecoderOptions;
/**
 * A decoder for one direction of a connection that somebody watches: a sniffer wants to see also what no one may send.
 * It decodes what can be decoded, and the violations come beside the packets instead of being thrown.
 *
 * @example createLenientDecoder({ version: 5 }).next()?.violations
 */
export declare function createLenientDecoder(options?: LenientDecoderOptions): LenientPacketDecoder;

// dist/properties.d.ts

/** How a property's value is written (section 2.2.2.2). `boolean` is a byte that may only be 0 or 1. */
export type PropertyKind = "byte" | "boolean" | "twoByteInteger" | "fourByteInteger" | "variableByteInteger" | "utf8String" | "binaryData" | "utf8StringPair";
export interface PropertyDefinition {
    readonly name: PropertyName;
    readonly identifier: number;
    readonly kind: PropertyKind;
    /** May appear more than once; its value is then a list. */
    readonly repeatable: boolean;
    /** The packets that may carry it, as bits: 1 << packet type, and 1 for the will in CONNECT. */
    readonly packets: number;
    /** Smallest and largest value of the integer kinds. */
    readonly minimum: number;
    readonly maximum: number;
}
/** Every property in every packet, for tables and loops; each packet's own interface says which it has. */
export interface AllProperties {
    readonly payloadFormatIndicator?: 0 | 1 | undefined;
    readonly messageExpiryInterval?: number | undefined;
    readonly contentType?: string | undefined;
    readonly responseTopic?: string | undefined;
    readonly correlationData?: Uint8Array | undefined;
    readonly subscriptionIdentifier?: number | undefined;
    readonly subscriptionIdentifiers?: readonly number[] | undefined;
    readonly sessionExpiryInterval?: number | undefined;
    readonly assignedClientIdentifier?: string | undefined;
    readonly serverKeepAlive?: number | undefined;
    readonly authenticationMethod?: string | undefined;
    readonly authenticationData?: Uint8Array | undefined;
    readonly requestProblemInformation?: boolean | undefined;
    readonly willDelayInterval?: number | undefined;
    readonly requestResponseInformation?: boolean | undefined;
    readonly responseInformation?: string | undefined;
    readonly serverReference?: string | undefined;
    readonly reasonString?: string | undefined;
    readonly receiveMaximum?: number | undefined;
    readonly topicAliasMaximum?: number | undefined;
    readonly topicAlias?: number | undefined;
    readonly maximumQos?: 0 | 1 | undefined;
    readonly retainAvailable?: boolean | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
    readonly maximumPacketSize?: number | undefined;
    readonly wildcardSubscriptionAvailable?: boolean | undefined;
    readonly subscriptionIdentifiersAvailable?: boolean | undefined;
    readonly sharedSubscriptionAvailable?: boolean | undefined;
}
export type PropertyName = keyof AllProperties;
/** The properties by the name they have in packets. */
export declare const PROPERTIES: Readonly<Record<PropertyName, PropertyDefinition>>;

// dist/reason-codes.d.ts

/** Reason Codes by name (section 2.4). MQTT 3.x return codes are presented as these. */
export declare const ReasonCode: {
    readonly success: 0;
    readonly normalDisconnection: 0;
    readonly grantedQos0: 0;
    readonly grantedQos1: 1;
    readonly grantedQos2: 2;
    readonly disconnectWithWillMessage: 4;
    readonly noMatchingSubscribers: 16;
    readonly noSubscriptionExisted: 17;
    readonly continueAuthentication: 24;
    readonly reAuthenticate: 25;
    readonly unspecifiedError: 128;
    readonly malformedPacket: 129;
    readonly protocolError: 130;
    readonly implementationSpecificError: 131;
    readonly unsupportedProtocolVersion: 132;
    readonly clientIdentifierNotValid: 133;
    readonly badUserNameOrPassword: 134;
    readonly notAuthorized: 135;
    readonly serverUnavailable: 136;
    readonly serverBusy: 137;
    readonly banned: 138;
    readonly serverShuttingDown: 139;
    readonly badAuthenticationMethod: 140;
    readonly keepAliveTimeout: 141;
    readonly sessionTakenOver: 142;
    readonly topicFilterInvalid: 143;
    readonly topicNameInvalid: 144;
    readonly packetIdentifierInUse: 145;
    readonly packetIdentifierNotFound: 146;
    readonly receiveMaximumExceeded: 147;
    readonly topicAliasInvalid: 148;
    readonly packetTooLarge: 149;
    readonly messageRateTooHigh: 150;
    readonly quotaExceeded: 151;
    readonly administrativeAction: 152;
    readonly payloadFormatInvalid: 153;
    readonly retainNotSupported: 154;
    readonly qosNotSupported: 155;
    readonly useAnotherServer: 156;
    readonly serverMoved: 157;
    readonly sharedSubscriptionsNotSupported: 158;
    readonly connectionRateExceeded: 159;
    readonly maximumConnectTime: 160;
    readonly subscriptionIdentifiersNotSupported: 161;
    readonly wildcardSubscriptionsNotSupported: 162;
};
export type ReasonCodeName = keyof typeof ReasonCode;
/**
 * A Reason Code in words, as in `not authorized (0x87)`. Those that share 0x00 are all a success.
 *
 * @example reasonText(0x86) // "bad user name or password (0x86)"
 */
export declare function reasonText(reasonCode: number): string;

// dist/topics.d.ts

/**
 * What is wrong with a Topic Name, as the end of a sentence that starts with its name, or undefined for a valid one.
 *
 * @example validateTopicName("a/+") // "must not contain the wildcard characters + and # [MQTT-4.7.0-1]"
 */
export declare function validateTopicName(topicName: string): string | undefined;
/** What is wrong with a Topic Filter, `$share/…` included, or undefined for a valid one. */
export declare function validateTopicFilter(topicFilter: string): string | undefined;
/** A Shared Subscription taken apart (section 4.8.2). */
export interface SharedSubscription {
    readonly shareName: string;
    readonly topicFilter: string;
}
/** Takes `$share/name/filter` apart; undefined for a filter that is not shared. */
export declare function parseSharedSubscription(topicFilter: string): SharedSubscription | undefined;
/**
 * Whether a message published to `topicName` matches a valid `topicFilter`. Allocates nothing for filters that
 * are not shared; a shared filter matches as the filter after its share name.
 *
 * @example matchTopic("sensors/+/temperature", "sensors/kitchen/temperature") // true
 */
export declare function matchTopic(topicFilter: string, topicName: string): boolean;

// dist/utf8.d.ts

/** Throws a TypeError if `bytes` is not well-formed UTF-8. */
export declare function decodeUtf8(bytes: Uint8Array): string;
/** `text` as new bytes. A lone surrogate becomes U+FFFD: look for one first, where that matters. */
export declare function encodeUtf8(text: string): Uint8Array;
