import { type AuthProperties, type Packet, ProtocolError, type ProtocolVersion } from "@petrel/codec";

// Packets that are well-formed, and that a server must not send, or not now.

/** Throws ProtocolError. */
export function checkBeforeConnack({ type }: Packet): void {
  if (type === "connack" || type === "auth") return;
  // "The Server MUST send a CONNACK with a 0x00 (Success) Reason Code before sending any Packet other than AUTH" [MQTT-3.2.0-1]
  throw new ProtocolError("it came before CONNACK", { packetType: type, clause: "MQTT-3.2.0-1" });
}

/** "The Server MUST NOT send more than one CONNACK in a Network Connection" [MQTT-3.2.0-2]. */
export function secondConnack(version: ProtocolVersion): ProtocolError {
  const clause = version === 5 ? "MQTT-3.2.0-2" : undefined;
  return new ProtocolError("a second CONNACK came", { packetType: "connack", clause });
}

export function onlyFromClients({ type }: Packet): ProtocolError {
  const where = type === "disconnect" ? " in MQTT 3.x" : "";
  return new ProtocolError(`a server must not send this packet${where}`, { packetType: type });
}

/** "If the Client does not include an Authentication Method in the CONNECT, the Server MUST NOT send an AUTH packet, and it MUST NOT send an Authentication Method in the CONNACK packet" [MQTT-4.12.0-6] */
export function unaskedAuthentication(packetType: "auth" | "connack"): ProtocolError {
  return new ProtocolError("we did not ask for enhanced authentication", { packetType, clause: "MQTT-4.12.0-6" });
}

/** "… and the Client receives a Reason String or User Properties in a packet other than PUBLISH, CONNACK, or DISCONNECT, it uses a DISCONNECT packet with Reason Code 0x82" (section 3.1.2.11.7). The server broke [MQTT-3.1.2-29]. Throws ProtocolError. */
export function checkProblemInformation(packet: Packet): void {
  if (packet.type === "publish" || packet.type === "connack" || packet.type === "disconnect") return;
  if (!("properties" in packet) || packet.properties === undefined) return;
  const { reasonString, userProperties } = packet.properties as AuthProperties;
  if (reasonString === undefined && userProperties === undefined) return;
  throw new ProtocolError("it tells more than its reason code, which we asked the server not to do", {
    packetType: packet.type,
    clause: "MQTT-3.1.2-29",
  });
}
