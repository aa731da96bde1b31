// The least that a client can talk to: an MQTT 5.0 server for one client, on standard input and output. It sends back
// whatever is published, at the QoS it came with.

import { createDecoder, encodePacket } from "@petrel/codec";

const decoder = createDecoder();
const send = (packet) => void process.stdout.write(encodePacket(packet, 5));
let lastIdentifier = 0;

process.stdin.on("data", (chunk) => {
  decoder.push(new Uint8Array(chunk));
  for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) handle(packet);
});

function handle(packet) {
  const { packetIdentifier } = packet;
  switch (packet.type) {
    case "connect":
      return send({ type: "connack" });
    case "subscribe":
      return send({ type: "suback", packetIdentifier, reasonCodes: packet.subscriptions.map(({ qos }) => qos) });
    case "publish":
      if (packet.qos > 0) send({ type: packet.qos === 1 ? "puback" : "pubrec", packetIdentifier });
      return echo(packet);
    case "pubrel":
      return send({ type: "pubcomp", packetIdentifier });
    case "pubrec":
      return send({ type: "pubrel", packetIdentifier });
    case "pingreq":
      return send({ type: "pingresp" });
    case "disconnect":
      return process.stdin.destroy();
  }
}

function echo({ topicName, payload, qos }) {
  send({ type: "publish", topicName, payload, qos, packetIdentifier: qos === 0 ? undefined : ++lastIdentifier });
}
