// A broker in memory for MQTT 3.1, 3.1.1 and 5.0: QoS 0, no retained messages, no sessions that outlive a connection.
//
//   node broker.mjs 1883

import { createDecoder, createWriter, matchTopic, MqttError, ReasonCode } from "@petrel/codec";
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";

/** Client identifier → connection. */
const clients = new Map();

class Connection {
  /** Topic filter → whether the client wants its own messages, too. */
  subscriptions = new Map();
  clientIdentifier;
  will;
  #socket;
  // Not told a version, it refuses everything but a CONNECT, and learns the version from that.
  #decoder = createDecoder({ sender: "client", maximumPacketSize: 1 << 20, validatePayloadFormat: true });
  #writer;

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)));
    socket.on("error", () => {}); // "close" follows
    socket.on("timeout", () => this.disconnect(ReasonCode.keepAliveTimeout));
    socket.on("close", () => this.#closed());
  }

  send(packet) {
    this.#writer.write(packet);
    for (let bytes = this.#writer.take(); bytes !== undefined; bytes = this.#writer.take()) this.#socket.write(bytes);
  }

  deliver({ topicName, payload, properties }, publisher) {
    const wanted = [...this.subscriptions].some(
      ([topicFilter, { noLocal }]) => matchTopic(topicFilter, topicName) && !(noLocal && publisher === this),
    );
    if (!wanted) return;
    const forwarded = this.#decoder.version === 5 ? properties : undefined;
    this.send({ type: "publish", topicName, payload, properties: forwarded });
  }

  /** Ends the connection, and says why where the version can. */
  disconnect(reasonCode) {
    if (this.#writer !== undefined && this.#decoder.version === 5) this.send({ type: "disconnect", reasonCode });
    this.#socket.end();
    this.#socket.removeAllListeners("data").resume();
  }

  #receive(chunk) {
    try {
      this.#decoder.push(chunk);
      for (let packet = this.#decoder.next(); packet !== undefined; packet = this.#decoder.next()) this.#handle(packet);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      console.error(`${this.clientIdentifier ?? "somebody"}: ${error.message}`);
      this.disconnect(error.reasonCode);
    }
  }

  #handle(packet) {
    switch (packet.type) {
      case "connect":
        return this.#writer === undefined ? this.#connect(packet) : this.disconnect(ReasonCode.protocolError);
      case "publish":
        return this.#publish(packet);
      case "subscribe":
        return this.#subscribe(packet);
      case "unsubscribe":
        return this.#unsubscribe(packet);
      case "pingreq":
        return this.send({ type: "pingresp" });
      case "disconnect":
        if (packet.reasonCode === ReasonCode.normalDisconnection) this.will = undefined;
        return this.#socket.end();
      default:
        return this.disconnect(ReasonCode.protocolError);
    }
  }

  #connect({ protocolVersion, clientIdentifier, keepAlive, will }) {
    this.#writer = createWriter({ version: protocolVersion });
    this.clientIdentifier = clientIdentifier || randomUUID();
    this.will = will;
    clients.get(this.clientIdentifier)?.disconnect(ReasonCode.sessionTakenOver);
    clients.set(this.clientIdentifier, this);
    // "… one and a half times the Keep Alive time period" [MQTT-3.1.2-22]
    this.#socket.setTimeout(keepAlive * 1_500);
    const properties = protocolVersion === 5 ? this.#abilities(clientIdentifier === "") : undefined;
    this.send({ type: "connack", properties });
  }

  #abilities(assigned) {
    return {
      maximumQos: 0,
      retainAvailable: false,
      maximumPacketSize: 1 << 20,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      assignedClientIdentifier: assigned ? this.clientIdentifier : undefined,
    };
  }

  #publish(packet) {
    if (packet.qos > 0) return this.disconnect(ReasonCode.qosNotSupported);
    if (packet.topicName === "") return this.disconnect(ReasonCode.topicAliasInvalid); // it has allowed none
    if (packet.retain && this.#decoder.version === 5) return this.disconnect(ReasonCode.retainNotSupported);
    publish({ ...packet, properties: { ...packet.properties, topicAlias: undefined } }, this);
  }

  #subscribe({ packetIdentifier, subscriptions }) {
    const reasonCodes = subscriptions.map(({ topicFilter, noLocal }) => {
      if (this.#decoder.version === 5 && topicFilter.startsWith("$share/")) {
        return ReasonCode.sharedSubscriptionsNotSupported;
      }
      this.subscriptions.set(topicFilter, { noLocal });
      return ReasonCode.grantedQos0;
    });
    this.send({ type: "suback", packetIdentifier, reasonCodes });
  }

  #unsubscribe({ packetIdentifier, topicFilters }) {
    const deleted = topicFilters.map((topicFilter) => this.subscriptions.delete(topicFilter));
    const codes = deleted.map((was) => (was ? ReasonCode.success : ReasonCode.noSubscriptionExisted));
    this.send({ type: "unsuback", packetIdentifier, reasonCodes: this.#decoder.version === 5 ? codes : [] });
  }

  #closed() {
    if (clients.get(this.clientIdentifier) === this) clients.delete(this.clientIdentifier);
    if (this.will === undefined) return;
    const { topicName, payload, properties } = this.will;
    publish({ topicName, payload, properties: { ...properties, willDelayInterval: undefined } }, this);
  }
}

function publish(message, publisher) {
  for (const client of clients.values()) client.deliver(message, publisher);
}

const server = createServer((socket) => new Connection(socket.setNoDelay()));
server.listen(Number(process.argv[2] ?? 1883), "127.0.0.1", () => {
  console.log(`mqtt://127.0.0.1:${server.address().port}`);
});
