import mqttPacket from "mqtt-packet";
import { BATCH } from "../sink.mjs";

export const name = "mqtt-packet";

/** `writeToStream` writes each field on its own; a socket would pass what one turn wrote to one writev. */
class Chunks {
  list = [];

  write(chunk) {
    this.list.push(chunk);
    return true;
  }

  destroy(error) {
    throw error;
  }
}

export function create(version) {
  const options = { protocolVersion: version };
  const parser = mqttPacket.parser(options);
  let current;
  parser.on("packet", (packet) => current.keep(packet));
  parser.on("error", (error) => {
    throw error;
  });
  return {
    input,
    encoders: {
      generate(packets, sink) {
        for (const packet of packets) sink.keep(mqttPacket.generate(packet, options));
      },
      writeToStream(packets, sink) {
        for (let from = 0; from < packets.length; from += BATCH) {
          const stream = new Chunks();
          const end = Math.min(from + BATCH, packets.length);
          for (let index = from; index < end; index++) mqttPacket.writeToStream(packets[index], stream, options);
          sink.keep(stream.list);
        }
      },
    },
    decoders: {
      parser(chunks, sink) {
        current = sink;
        for (const chunk of chunks) parser.parse(chunk);
      },
    },
    output,
  };
}

function asBuffer(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function inputProperties(properties) {
  if (properties === undefined) return undefined;
  const { userProperties, ...rest } = properties;
  if (rest.correlationData !== undefined) rest.correlationData = asBuffer(rest.correlationData);
  return userProperties === undefined ? rest : { ...rest, userProperties: Object.fromEntries(userProperties) };
}

function input(packet) {
  const { type, packetIdentifier: messageId } = packet;
  const properties = inputProperties(packet.properties);
  switch (type) {
    case "publish": {
      const { topicName: topic, qos, retain = false, dup = false } = packet;
      return { cmd: type, topic, payload: asBuffer(packet.payload), qos, retain, dup, messageId, properties };
    }
    case "connect": {
      const { clientIdentifier: clientId, cleanStart: clean, keepAlive: keepalive, username } = packet;
      const { topicName: topic, payload, qos, retain, properties: willProperties } = packet.will;
      const will = { topic, payload: asBuffer(payload), qos, retain, properties: willProperties };
      const protocol = { protocolId: "MQTT", protocolVersion: packet.protocolVersion };
      return {
        cmd: type,
        ...protocol,
        clientId,
        clean,
        keepalive,
        username,
        password: asBuffer(packet.password),
        will,
        properties,
      };
    }
    case "subscribe": {
      const subscriptions = packet.subscriptions.map((each) => ({
        topic: each.topicFilter,
        qos: each.qos,
        nl: each.noLocal,
        rap: each.retainAsPublished,
        rh: each.retainHandling,
      }));
      return { cmd: type, messageId, subscriptions, properties };
    }
    default:
      return { cmd: type, messageId };
  }
}

function outputProperties(properties) {
  if (properties === undefined) return undefined;
  const { userProperties, ...rest } = properties;
  return userProperties === undefined ? { ...rest } : { ...rest, userProperties: Object.entries(userProperties) };
}

function output(packet) {
  const { cmd: type, messageId: packetIdentifier } = packet;
  const properties = outputProperties(packet.properties);
  switch (type) {
    case "publish": {
      const { topic: topicName, payload, qos, retain, dup } = packet;
      return { type, topicName, payload, qos, retain, dup, packetIdentifier, properties };
    }
    case "connect": {
      const {
        clientId: clientIdentifier,
        clean: cleanStart,
        keepalive: keepAlive,
        username,
        password,
        protocolVersion,
      } = packet;
      const { topic: topicName, payload, qos, retain, properties: willProperties } = packet.will;
      const will = { topicName, payload, qos, retain, properties: outputProperties(willProperties) };
      return { type, protocolVersion, clientIdentifier, cleanStart, keepAlive, username, password, will, properties };
    }
    case "subscribe": {
      const subscriptions = packet.subscriptions.map(({ topic, qos, nl, rap, rh }) => ({
        topicFilter: topic,
        qos,
        noLocal: nl,
        retainAsPublished: rap,
        retainHandling: rh,
      }));
      return { type, packetIdentifier, subscriptions, properties };
    }
    case "suback":
      return { type, packetIdentifier, reasonCodes: [...packet.granted], properties };
    case "pingresp":
      return { type };
    default:
      return { type, packetIdentifier, reasonCode: packet.reasonCode, properties };
  }
}
