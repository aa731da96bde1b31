/** What is measured. `count` is for Petrel; a contestant that is slower gets a share of it. */
export const CASES = [
  { name: "publish QoS 0", method: "publish", qos: 0, count: 2_000_000 },
  { name: "publish QoS 0, 1,000 awaiting", method: "publishAwaited", qos: 0, count: 1_000_000 },
  { name: "publish QoS 1", method: "publish", qos: 1, count: 500_000 },
  { name: "publish QoS 1, 1,000 awaiting", method: "publishAwaited", qos: 1, count: 500_000 },
  { name: "publish QoS 2", method: "publish", qos: 2, count: 300_000 },
  { name: "publish QoS 2, 1,000 awaiting", method: "publishAwaited", qos: 2, count: 300_000 },
  { name: "receive QoS 0, handler", method: "receive", how: "handler", qos: 0, count: 2_000_000 },
  { name: "receive QoS 0, iterator", method: "receive", how: "iterator", qos: 0, count: 2_000_000 },
  { name: "receive QoS 0, batches", method: "receive", how: "batches", qos: 0, count: 2_000_000 },
  { name: "receive QoS 1, handler", method: "receive", how: "handler", qos: 1, count: 500_000 },
  { name: "receive QoS 1, iterator", method: "receive", how: "iterator", qos: 1, count: 500_000 },
];

/** A young generation that does not grow: otherwise it takes twice as much as the clients, whoever made them. */
const SMALL = ["--expose-gc", "--max-semi-space-size=1"];

/** What so many clients take that are connected and have nothing to do. `flags` are Node's. */
export const IDLE_CASES = [
  { name: "idle", count: 1_000, subscriptions: 0, flags: SMALL },
  { name: "idle, with a subscription", count: 1_000, subscriptions: 1, flags: SMALL },
  { name: "idle, young generation as it grows", count: 1_000, subscriptions: 0, flags: ["--expose-gc"] },
];
