import type { JsonScenario, Scenario } from "./scenario.ts";

/** A scenario that needs no file. */
type BuiltInScenario = JsonScenario & Scenario & { readonly description: string };

/** By the names that `--scenario` takes. */
export const SCENARIOS: Readonly<Record<string, BuiltInScenario>> = {
  "smart-home": {
    description: "rooms with climate, light, a door and a power meter",
    devices: 4,
    topics: [
      {
        topic: "home/room-%i/temperature",
        every: 5_000,
        jitter: 0.1,
        retain: true,
        value: { shape: "sine", minimum: 18, maximum: 23, period: 3_600_000, noise: 0.1, decimals: 1 },
      },
      {
        topic: "home/room-%i/humidity",
        every: 5_000,
        jitter: 0.1,
        retain: true,
        value: { shape: "walk", minimum: 30, maximum: 70, step: 0.5, decimals: 1 },
      },
      {
        topic: "home/room-%i/co2",
        every: 10_000,
        value: { shape: "walk", minimum: 400, maximum: 1_800, step: 25, start: 600, decimals: 0 },
      },
      {
        topic: "home/room-%i/light",
        every: 20_000,
        jitter: 0.8,
        qos: 1,
        retain: true,
        value: {
          shape: "object",
          fields: {
            on: { shape: "boolean", probability: 0.4 },
            brightness: { shape: "uniform", minimum: 10, maximum: 100, decimals: 0 },
          },
        },
      },
      {
        topic: "home/room-%i/door",
        every: 30_000,
        jitter: 0.9,
        qos: 1,
        retain: true,
        value: { shape: "choice", of: ["open", "closed"] },
      },
      {
        topic: "home/room-%i/power",
        every: 2_000,
        value: { shape: "walk", minimum: 0, maximum: 2_500, step: 120, start: 200, decimals: 0 },
      },
    ],
  },
  fleet: {
    description: "vehicles with position, speed, engine and events",
    devices: 10,
    topics: [
      {
        topic: "fleet/vehicle-%i/position",
        every: 1_000,
        jitter: 0.05,
        value: {
          shape: "object",
          fields: {
            time: { shape: "time" },
            latitude: { shape: "walk", minimum: 52.3, maximum: 52.7, step: 0.000_3, decimals: 6 },
            longitude: { shape: "walk", minimum: 13.1, maximum: 13.8, step: 0.000_5, decimals: 6 },
            speed: { shape: "walk", minimum: 0, maximum: 130, step: 4, decimals: 1 },
            heading: { shape: "uniform", minimum: 0, maximum: 359, decimals: 0 },
          },
        },
      },
      {
        topic: "fleet/vehicle-%i/engine",
        every: 5_000,
        value: {
          shape: "object",
          fields: {
            rpm: { shape: "walk", minimum: 800, maximum: 4_500, step: 250, decimals: 0 },
            coolant: { shape: "sine", minimum: 82, maximum: 96, period: 600_000, noise: 0.5, decimals: 1 },
            odometer: { shape: "counter", start: 120_000 },
          },
        },
      },
      {
        topic: "fleet/vehicle-%i/fuel",
        every: 15_000,
        retain: true,
        value: { shape: "walk", minimum: 5, maximum: 100, step: 0.8, start: 70, decimals: 1 },
      },
      {
        topic: "fleet/vehicle-%i/event",
        every: 60_000,
        jitter: 0.9,
        qos: 2,
        value: { shape: "choice", of: ["harsh-braking", "door-open", "geofence-left", "service-due"] },
      },
    ],
  },
  factory: {
    description: "machines with vibration, temperature, pieces made and alarms",
    devices: 6,
    topics: [
      {
        topic: "factory/machine-%i/vibration",
        every: 250,
        value: { shape: "sine", minimum: 0.2, maximum: 4, period: 2_000, noise: 0.3, decimals: 3 },
      },
      {
        topic: "factory/machine-%i/temperature",
        every: 2_000,
        jitter: 0.1,
        value: { shape: "walk", minimum: 35, maximum: 95, step: 0.7, decimals: 1 },
      },
      { topic: "factory/machine-%i/pieces", every: 4_000, jitter: 0.2, qos: 1, value: { shape: "counter", start: 1 } },
      {
        topic: "factory/machine-%i/state",
        every: 20_000,
        jitter: 0.5,
        qos: 1,
        retain: true,
        value: { shape: "choice", of: ["running", "running", "running", "idle", "maintenance"] },
      },
      {
        topic: "factory/machine-%i/alarm",
        every: 45_000,
        jitter: 0.9,
        qos: 2,
        value: {
          shape: "object",
          fields: {
            time: { shape: "time" },
            code: { shape: "choice", of: ["E101", "E205", "W310", "W412"] },
            cleared: { shape: "boolean", probability: 0.7 },
          },
        },
      },
    ],
  },
  energy: {
    description: "sites with a meter, solar power and a battery",
    devices: 5,
    topics: [
      {
        topic: "energy/site-%i/meter",
        every: 1_000,
        value: {
          shape: "object",
          fields: {
            voltage: { shape: "uniform", minimum: 226, maximum: 234, decimals: 1 },
            current: { shape: "walk", minimum: 0.5, maximum: 40, step: 1.5, decimals: 2 },
            frequency: { shape: "uniform", minimum: 49.95, maximum: 50.05, decimals: 3 },
          },
        },
      },
      {
        topic: "energy/site-%i/total",
        every: 10_000,
        qos: 1,
        retain: true,
        value: { shape: "counter", start: 4_200_000, step: 12 },
      },
      {
        topic: "energy/site-%i/solar",
        every: 5_000,
        value: { shape: "sine", minimum: 0, maximum: 6_000, period: 86_400_000, noise: 80, decimals: 0 },
      },
      {
        topic: "energy/site-%i/battery",
        every: 10_000,
        retain: true,
        value: {
          shape: "object",
          fields: {
            charge: { shape: "walk", minimum: 5, maximum: 100, step: 0.6, decimals: 1 },
            charging: { shape: "boolean" },
          },
        },
      },
    ],
  },
  weather: {
    description: "stations with air, wind and rain",
    devices: 3,
    topics: [
      {
        topic: "weather/station-%i/air",
        every: 10_000,
        jitter: 0.1,
        retain: true,
        value: {
          shape: "object",
          fields: {
            time: { shape: "time" },
            temperature: { shape: "sine", minimum: 4, maximum: 19, period: 86_400_000, noise: 0.2, decimals: 1 },
            humidity: { shape: "walk", minimum: 35, maximum: 98, step: 0.8, decimals: 1 },
            pressure: { shape: "walk", minimum: 985, maximum: 1_035, step: 0.2, decimals: 1 },
          },
        },
      },
      {
        topic: "weather/station-%i/wind",
        every: 3_000,
        value: {
          shape: "object",
          fields: {
            speed: { shape: "walk", minimum: 0, maximum: 25, step: 1.2, start: 4, decimals: 1 },
            direction: { shape: "choice", of: ["N", "NE", "E", "SE", "S", "SW", "W", "NW"] },
          },
        },
      },
      {
        topic: "weather/station-%i/rain",
        every: 60_000,
        qos: 1,
        retain: true,
        value: { shape: "uniform", minimum: 0, maximum: 3, decimals: 1 },
      },
    ],
  },
};
