import { mqtt_opts_v5, mqtt_pkt_ctx } from "u8-mqtt-packet";

export const name = "u8-mqtt-packet";

export function create(version) {
  const context = mqtt_pkt_ctx(version, mqtt_opts_v5, {});
  const stream = context.mqtt_stream({});
  return {
    input,
    encoders: {
      encode_pkt(packets, sink) {
        for (const packet of packets) sink.keep(context.encode_pkt(packet.type, packet));
      },
    },
    decoders: {
      decode(chunks, sink) {
        for (const chunk of chunks) for (const packet of stream.decode(chunk)) sink.keep(packet);
      },
    },
    output,
  };
}

/** Its names are those of the specification, in snake case. */
function inputProperties(properties) {
  if (properties === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      key === "userProperties" ? Object.fromEntries(value) : value,
    ]),
  );
}

function input(packet) {
  const { type, packetIdentifier: pkt_id } = packet;
  const props = inputProperties(packet.properties);
  switch (type) {
    case "publish":
      return { type, topic: packet.topicName, payload: packet.payload, qos: packet.qos, pkt_id, props };
    case "connect": {
      const { clientIdentifier: client_id, keepAlive: keep_alive, username, password } = packet;
      const { topicName: topic, payload, qos, retain, properties } = packet.will;
      const will = { topic, payload, qos, retain, props: inputProperties(properties) };
      return {
        type,
        client_id,
        keep_alive,
        username,
        password,
        will,
        props,
        flags: { clean_start: packet.cleanStart },
      };
    }
    case "subscribe": {
      const topics = packet.subscriptions.map((each) => [
        each.topicFilter,
        { qos: each.qos, retain: each.noLocal, retain_handling: each.retainHandling },
      ]);
      return { type, pkt_id, topics, props };
    }
    default:
      return { type, pkt_id, reason: 0 };
  }
}

function outputProperties(properties) {
  if (properties === undefined || properties === null) return undefined;
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key.replaceAll(/_[a-z]/g, (letter) => letter[1].toUpperCase()),
      key === "user_properties" ? Object.entries(value) : value,
    ]),
  );
}

function output(packet) {
  const { type, pkt_id: packetIdentifier } = packet;
  const properties = outputProperties(packet.props);
  switch (type) {
    case "publish": {
      const { topic: topicName, payload, qos, retain, dup } = packet;
      return { type, topicName, payload, qos, retain, dup, packetIdentifier, properties };
    }
    case "connect": {
      const { client_id: clientIdentifier, keep_alive: keepAlive, username, password, flags, will } = packet;
      return {
        type,
        protocolVersion: packet.mqtt_level,
        clientIdentifier,
        keepAlive,
        username,
        password,
        cleanStart: flags.clean_start,
        will,
        properties,
      };
    }
    case "subscribe": {
      const subscriptions = packet.topics.map(({ topic, opts }) => ({
        topicFilter: topic,
        qos: opts.qos,
        retainHandling: opts.retain_handling,
      }));
      return { type, packetIdentifier, subscriptions, properties };
    }
    case "suback":
      return { type, packetIdentifier, reasonCodes: packet.answers.map(Number), properties };
    case "pingresp":
      return { type };
    default:
      return { type, packetIdentifier, reasonCode: Number(packet.reason ?? 0), properties };
  }
}
