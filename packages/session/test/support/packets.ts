import {
  type AcknowledgementPacket,
  type AcknowledgementType,
  type ConnectPacketInit,
  encodeUtf8,
  type PacketInit,
  type PublishPacket,
  type PublishPacketInit,
} from "@petrel/codec";

// Packets as the decoder returns them, in as few words as a story needs. toEqual ignores what is undefined.

export function publish(topicName: string, payload: string, rest: Partial<PublishPacketInit> = {}): PublishPacket {
  return {
    type: "publish",
    topicName,
    qos: 0,
    retain: false,
    dup: false,
    ...rest,
    payload: encodeUtf8(payload),
  } as PublishPacket;
}

function acknowledgement(type: AcknowledgementType) {
  return (packetIdentifier: number, reasonCode = 0): AcknowledgementPacket => ({ type, packetIdentifier, reasonCode });
}

export const puback = acknowledgement("puback");
export const pubrec = acknowledgement("pubrec");
export const pubrel = acknowledgement("pubrel");
export const pubcomp = acknowledgement("pubcomp");

export function subscribe(packetIdentifier: number, ...topicFilters: readonly string[]): PacketInit {
  const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  return {
    type: "subscribe",
    packetIdentifier,
    subscriptions: topicFilters.map((topicFilter) => ({ topicFilter, ...options })),
  };
}

export function suback(packetIdentifier: number, ...reasonCodes: readonly number[]): PacketInit {
  return { type: "suback", packetIdentifier, reasonCodes };
}

export function unsubscribe(packetIdentifier: number, ...topicFilters: readonly string[]): PacketInit {
  return { type: "unsubscribe", packetIdentifier, topicFilters };
}

export function unsuback(packetIdentifier: number, ...reasonCodes: readonly number[]): PacketInit {
  return { type: "unsuback", packetIdentifier, reasonCodes };
}

export function connect(rest: Partial<ConnectPacketInit> = {}): unknown {
  return expectPacket({ type: "connect", ...rest });
}

export const pingreq = { type: "pingreq" } as const;
export const pingresp = { type: "pingresp" } as const;

export function disconnect(reasonCode = 0): unknown {
  return expectPacket({ type: "disconnect", reasonCode });
}

/** A packet with at least these fields. */
function expectPacket(fields: object): unknown {
  return {
    asymmetricMatch: (packet: object) =>
      Object.entries(fields).every(([name, value]) => (packet as Record<string, unknown>)[name] === value),
    toString: () => "Packet",
    toAsymmetricMatcher: () => `Packet ${JSON.stringify(fields)}`,
  };
}
