import type { JsonScenario } from "./scenario.ts";

/** A scenario with a shape of each kind. */
export const EXAMPLE_SCENARIO: JsonScenario = {
  devices: 3,
  topics: [
    {
      topic: "home/%i/temperature",
      every: 1_000,
      jitter: 0.1,
      value: { shape: "sine", minimum: 18, maximum: 24, period: 60_000, noise: 0.2, decimals: 1 },
    },
    { topic: "home/%i/humidity", every: 2_000, value: { shape: "walk", minimum: 30, maximum: 70, step: 1 } },
    { topic: "home/%i/door", every: 5_000, qos: 1, retain: true, value: { shape: "choice", of: ["open", "closed"] } },
    {
      topic: "home/%i/status",
      every: 10_000,
      value: {
        shape: "object",
        fields: {
          device: { shape: "text", text: "device-%i" },
          time: { shape: "time" },
          uptime: { shape: "counter", step: 10 },
          battery: { shape: "uniform", minimum: 3.2, maximum: 4.2, decimals: 2 },
          charging: { shape: "boolean", probability: 0.2 },
        },
      },
    },
  ],
};
