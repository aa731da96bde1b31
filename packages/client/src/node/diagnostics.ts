import { channel } from "node:diagnostics_channel";
import type { MqttClient } from "../client.ts";

const packets = channel("petrel:packet");
const connections = channel("petrel:connection");
const publications = channel("petrel:publish");

/**
 * Tells Node's diagnostics channels what a client does: `petrel:packet` every packet without its secrets,
 * `petrel:connection` how connections come and go, `petrel:publish` what became of each message and after how many
 * milliseconds. Only those count that are subscribed to when the client is made, so nobody else pays.
 */
export function diagnose(client: MqttClient): void {
  if (packets.hasSubscribers) {
    client.on("packetSent", (packet) => packets.publish({ client, direction: "sent", packet }));
    client.on("packetReceived", (packet) => packets.publish({ client, direction: "received", packet }));
  }
  if (connections.hasSubscribers) {
    for (const type of ["connecting", "connected", "disconnected", "reconnecting", "closed"] as const) {
      client.on(type, (event) => connections.publish({ client, type, ...event }));
    }
  }
  if (publications.hasSubscribers) {
    client.observePublications((publication, duration) => {
      const { topic, packetIdentifier, error } = publication;
      publications.publish({ client, topic, packetIdentifier, error, duration });
    });
  }
}
