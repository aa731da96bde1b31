import { ProtocolError, type PublishPacket, ReasonCode } from "@petrel/codec";

/** Topic Aliases that the server made (section 3.3.2.3.4): valid on one connection, never stored with a message. */
export class InboundTopicAliases {
  readonly #maximum: number;
  readonly #topicNames: (string | undefined)[] = [];

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The packet with its full Topic Name. Throws {@link ProtocolError} for an alias that is too large or was never set. */
  resolve(packet: PublishPacket): PublishPacket {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return packet;
    // "A Server MUST NOT send a PUBLISH packet with a Topic Alias greater than the Topic Alias Maximum value sent by the Client in the CONNECT packet" [MQTT-3.3.2-11]
    if (alias > this.#maximum) {
      throw invalid(`topic alias ${alias} is above the maximum of ${this.#maximum} that we gave`, "MQTT-3.3.2-11");
    }
    if (packet.topicName !== "") {
      this.#topicNames[alias] = packet.topicName;
      return packet;
    }
    const topicName = this.#topicNames[alias];
    if (topicName === undefined) throw invalid(`topic alias ${alias} was never set on this connection`, undefined);
    return { ...packet, topicName };
  }
}

function invalid(message: string, clause: string | undefined): ProtocolError {
  return new ProtocolError(message, { packetType: "publish", reasonCode: ReasonCode.topicAliasInvalid, clause });
}
