import type { TrafficCount } from "@petrel/session";
import type { ReceiveStatistics } from "./receiver.ts";

/** Milliseconds, right to a fifth. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly maximum: number;
}

/** What a client has done since it was made, and what it holds now. */
export interface Statistics {
  /** Packets by type, and bytes of MQTT. */
  readonly sent: TrafficCount;
  readonly received: TrafficCount;
  /** Accepted and not sent yet. */
  readonly queued: { readonly messages: number; readonly bytes: number };
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
