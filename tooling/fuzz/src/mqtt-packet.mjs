// mqtt-packet behind the shape of its own packets, and ours brought into that shape.

import mqttPacket from "mqtt-packet";
import { RETURN_CODES } from "./generate.mjs";

/** What mqtt-packet makes of bytes: { packets, error }. Its parser emits errors and sometimes throws. */
export function parse(bytes, version) {
  const parser = mqttPacket.parser({ protocolVersion: version });
  const packets = [];
  let error;
  parser.on("packet", (packet) => packets.push(packet));
  parser.on("error", (problem) => (error ??= problem.message));
  try {
    parser.parse(Buffer.from(bytes));
  } catch (thrown) {
    error ??= `throws ${thrown.name}: ${thrown.message}`;
  }
  return { packets, error };
}

export function generate(packet, version) {
  try {
    return { bytes: Uint8Array.from(mqttPacket.generate(packet, { protocolVersion: version })) };
  } catch (error) {
    return { error: error.message };
  }
}

const buffer = (bytes) => bytes && Buffer.from(bytes);

/** Our packet with mqtt-packet's names. */
export function translate(packet, version) {
  const { type: cmd, packetIdentifier: messageId } = packet;
  const properties = translateProperties(packet.properties);
  switch (cmd) {
    case "connect":
      return {
        cmd,
        protocolId: version === 3 ? "MQIsdp" : "MQTT",
        protocolVersion: version,
        bridgeMode: packet.bridge || undefined,
        clientId: packet.clientIdentifier,
        clean: packet.cleanStart,
        keepalive: packet.keepAlive,
        username: packet.username,
        password: buffer(packet.password),
        will: translateWill(packet.will),
        properties,
      };
    case "connack": {
      const { sessionPresent, reasonCode } = packet;
      if (version === 5) return { cmd, sessionPresent, reasonCode, properties };
      return { cmd, sessionPresent, returnCode: RETURN_CODES.get(reasonCode) };
    }
    case "publish": {
      const { topicName: topic, payload, qos, retain, dup } = packet;
      return { cmd, topic, payload: buffer(payload), qos, retain, dup, messageId, properties };
    }
    case "subscribe": {
      const subscriptions = packet.subscriptions.map(({ topicFilter: topic, qos, ...options }) => {
        const { noLocal: nl, retainAsPublished: rap, retainHandling: rh } = options;
        return version === 5 ? { topic, qos, nl, rap, rh } : { topic, qos };
      });
      return { cmd, messageId, subscriptions, properties };
    }
    case "unsubscribe":
      return { cmd, messageId, unsubscriptions: packet.topicFilters, properties };
    case "suback":
      return { cmd, messageId, granted: packet.reasonCodes, properties };
    case "unsuback":
      return version === 5 ? { cmd, messageId, granted: packet.reasonCodes, properties } : { cmd, messageId };
    case "pingreq":
    case "pingresp":
      return { cmd };
    default:
      return version === 5 ? { cmd, messageId, reasonCode: packet.reasonCode, properties } : { cmd, messageId };
  }
}

function translateWill(will) {
  if (will === undefined) return undefined;
  const { topicName: topic, payload, qos, retain, properties } = will;
  return { topic, payload: buffer(payload), qos, retain, properties: translateProperties(properties) };
}

function translateProperties(properties) {
  if (properties === undefined) return undefined;
  const { userProperties, payloadFormatIndicator, maximumQos, subscriptionIdentifiers, ...rest } = properties;
  const translated = { ...rest };
  if (payloadFormatIndicator !== undefined) translated.payloadFormatIndicator = payloadFormatIndicator === 1;
  if (maximumQos !== undefined) translated.maximumQoS = maximumQos;
  if (subscriptionIdentifiers !== undefined) {
    const [one] = subscriptionIdentifiers;
    translated.subscriptionIdentifier = subscriptionIdentifiers.length === 1 ? one : subscriptionIdentifiers;
  }
  for (const name of ["correlationData", "authenticationData"]) {
    if (translated[name] !== undefined) translated[name] = buffer(translated[name]);
  }
  if (userProperties !== undefined) translated.userProperties = grouped(userProperties);
  return translated;
}

/** Names in the order of their first appearance, each with its value or the list of its values. */
function grouped(pairs) {
  const values = Object.create(null);
  for (const [name, value] of pairs) (values[name] ??= []).push(value);
  for (const name in values) if (values[name].length === 1) [values[name]] = values[name];
  return values;
}
