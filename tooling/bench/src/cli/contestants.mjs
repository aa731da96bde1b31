import { fileURLToPath } from "node:url";

export const PETREL = fileURLToPath(new URL("../../../../apps/cli/bin/petrel.js", import.meta.url));
const MQTT_JS = fileURLToPath(new URL("../../node_modules/mqtt/build/bin/mqtt.js", import.meta.url));

/**
 * Who publishes lines. Counts differ, for rates hardly depend on them: at QoS 1 mosquitto_pub 2.0.11 loses the lines
 * beyond 65,535 in flight, and MQTT.js keeps all of its input in memory. mosquitto_pub speaks 3.1.1, which is less work,
 * unless `version` says otherwise.
 */
export function publishers({ port, qos, version }) {
  const where = ["-h", "127.0.0.1", "-p", port, "-t", "bench/lines", "-q", String(qos)];
  return [
    { who: "petrel", command: process.execPath, args: [PETREL, "pub", ...where, "--lines"], count: 1_000_000 },
    {
      who: "mosquitto_pub -l",
      command: "mosquitto_pub",
      args: [...where, ...(version === undefined ? [] : ["-V", version]), "-l"],
      count: qos === 0 ? 1_000_000 : 60_000,
    },
    {
      who: "MQTT.js pub -s -M",
      command: process.execPath,
      args: [MQTT_JS, "pub", ...where, "-s", "-M"],
      count: 20_000,
    },
  ].map((each) => ({ ...each, takesLines: true }));
}

/** Who subscribes to the sink, which sends as many messages as the topic says. */
export function subscribers({ port, qos }) {
  const args = (count) => [
    "-h",
    "127.0.0.1",
    "-p",
    port,
    "-t",
    "bench/topic",
    "-t",
    `go/${qos}/${count}`,
    "-q",
    String(qos),
    "-C",
    String(count),
  ];
  const fewer = qos === 0 ? 500_000 : 250_000;
  return [
    { who: "petrel", command: process.execPath, args: [PETREL, "sub", ...args(1_000_000)], count: 1_000_000 },
    { who: "mosquitto_sub", command: "mosquitto_sub", args: ["-V", "5", ...args(fewer)], count: fewer },
  ];
}
