import { describeServer, startMosquitto } from "@petrel/servers";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Client, type ClientOptions, connect, type QoS, type Version } from "../../src/node/index.ts";

const MESSAGES = 3_000;

/**
 * The server keeps the session, and the client comes back soon. Not with a clean start on the first connection, though
 * that begins a session that lasts, too: Mosquitto 2.0.11 does not write such a session to its disk.
 */
function lasting(version: "5.0" | "3.1.1", clientId: string): ClientOptions {
  const common = { clientId, reconnect: { initialDelay: 20, maximumDelay: 100 } };
  return version === "5.0"
    ? { ...common, version, cleanStart: false, sessionExpiryInterval: 600 }
    : { ...common, version, cleanSession: false };
}

/**
 * By default Mosquitto drops what it can not send at once. And of the exchanges that are under way when it ends, it
 * brings back only as many as may be in flight: from the next one on it sends a PUBLISH again whose PUBREC it has
 * answered with PUBREL (2.0.11, "Received PUBREC … Sending PUBREL … terminating … starting … Sending PUBLISH (d1, …)").
 */
const CONFIG = ["max_queued_messages 0", "max_queued_bytes 0", "max_inflight_messages 1000"];

describeServer("mosquitto", () => {
  test.each([
    ["5.0", 1],
    ["5.0", 2],
    ["3.1.1", 1],
    ["3.1.1", 2],
  ] as const)(`${MESSAGES} messages over MQTT %s at QoS %i survive restarts of the server`, async (version, qos) => {
    const persistence = await mkdtemp(join(tmpdir(), "petrel-persistence-"));
    try {
      await using server = await startMosquitto({ persistence, config: CONFIG });
      await using subscriber: Client<Version> = await connect(server.url, lasting(version, "subscriber"));
      await using publisher: Client<Version> = await connect(server.url, lasting(version, "publisher"));
      const losses = { subscriber: 0, publisher: 0 };
      subscriber.on("disconnected", () => losses.subscriber++);
      publisher.on("disconnected", () => losses.publisher++);

      const numbers = await subscriber.subscribe("numbers", { qos, acknowledge: "manual" });
      const published = publishAll(publisher, qos);
      const received: number[] = [];
      const restarts: Promise<void>[] = [];
      const restartAt = new Set([100, 1_500]);
      for await (const batch of numbers.batches()) {
        for (const message of batch) {
          const number = Number(message.text());
          received.push(number);
          if (restartAt.delete(number)) restarts.push(server.restart());
        }
        await nextTurn(); // what comes meanwhile is received and not acknowledged, also when the connection ends
        for (const message of batch) message.acknowledge();
        if (received.at(-1) === MESSAGES - 1) break;
      }
      await Promise.all([published, ...restarts]);

      const expected = Array.from({ length: MESSAGES }, (_, index) => index);
      if (qos === 2) expect(received).toEqual(expected);
      expect([...new Set(received)]).toEqual(expected); // at QoS 1 some come again
      expect(Math.min(losses.subscriber, losses.publisher)).toBeGreaterThanOrEqual(2);
    } finally {
      await rm(persistence, { recursive: true, force: true });
    }
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function publishAll(publisher: Client<Version>, qos: QoS): Promise<void> {
  const publications: PromiseLike<unknown>[] = [];
  for (let number = 0; number < MESSAGES; number++) {
    await publisher.drained();
    publications.push(publisher.publish("numbers", number, { qos }));
  }
  await Promise.all(publications);
}
