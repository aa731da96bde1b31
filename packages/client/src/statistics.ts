import type { MqttSession, TrafficCount } from "@petrel/session";
import type { Lifecycle } from "./lifecycle.ts";
import type { Publisher } from "./publisher.ts";
import type { Receiver, ReceiveStatistics } from "./receiver.ts";

/** Milliseconds, right to a fifth. */
export interface Latency {
  /** So many were acknowledged. */
  readonly count: number;
  /** Half of them were faster. */
  readonly p50: number;
  /** Nine in ten were faster. */
  readonly p90: number;
  /** 99 in a hundred were faster. */
  readonly p99: number;
  /** The slowest. */
  readonly maximum: number;
}

/** What a client has done since it was made, and what it holds now. */
export interface Statistics {
  /** Packets by type, and bytes of MQTT. */
  readonly sent: TrafficCount;
  /** The same of what the server sent. */
  readonly received: TrafficCount;
  /** Accepted and not sent yet. */
  readonly queued: {
    /** How many. */
    readonly messages: number;
    /** Of topics, payloads and properties. */
    readonly bytes: number;
  };
  /** QoS 1 and 2 messages that were sent and not acknowledged yet. */
  readonly inflight: number;
  /** Messages that were accepted and dropped, by the options of the queue or their expiry. */
  readonly dropped: number;
  /** Connections that got as far as CONNACK. */
  readonly connections: number;
  /** Milliseconds that the last `ping()` took. */
  readonly lastRoundTrip: number | undefined;
  /** From `publish()` to the acknowledgement, queueing and reconnects included; QoS 1 and 2. */
  readonly acknowledgement: Latency;
  /** The messages of others. */
  readonly receiving: ReceiveStatistics;
}

/** What the parts of a client know. */
interface Sources {
  readonly session: Pick<MqttSession, "traffic" | "queuedCount" | "queuedBytes" | "inflightCount" | "receivingCount">;
  readonly publisher: Publisher;
  readonly receiver: Receiver;
  readonly lifecycle: Lifecycle;
  readonly lastRoundTrip: number | undefined;
}

export function statisticsOf({ session, publisher, receiver, lifecycle, lastRoundTrip }: Sources): Statistics {
  const { traffic, queuedCount, queuedBytes, inflightCount, receivingCount } = session;
  const { latency, dropped } = publisher;
  return {
    sent: { bytes: traffic.sent.bytes, packets: { ...traffic.sent.packets } },
    received: { bytes: traffic.received.bytes, packets: { ...traffic.received.packets } },
    queued: { messages: queuedCount, bytes: queuedBytes },
    inflight: inflightCount,
    dropped,
    connections: lifecycle.connections,
    lastRoundTrip,
    acknowledgement: {
      count: latency.count,
      p50: latency.percentile(0.5),
      p90: latency.percentile(0.9),
      p99: latency.percentile(0.99),
      maximum: latency.maximum,
    },
    receiving: receiver.statistics(receivingCount),
  };
}
