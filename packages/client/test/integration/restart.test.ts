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

/** By default Mosquitto drops what it can not send at once. */
const CONFIG = ["max_queued_messages 0", "max_queued_bytes 0"];

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

      const numbers = await subscriber.subscribe("numbers", { qos });
      const published = publishAll(publisher, qos);
      const received: number[] = [];
      const restarts: Promise<void>[] = [];
      for await (const message of numbers) {
        received.push(Number(message.text()));
        if (received.length === 500 || received.length === 1_500) restarts.push(server.restart());
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

async function publishAll(publisher: Client<Version>, qos: QoS): Promise<void> {
  const publications: PromiseLike<unknown>[] = [];
  for (let number = 0; number < MESSAGES; number++) {
    await publisher.drained();
    publications.push(publisher.publish("numbers", number, { qos }));
  }
  await Promise.all(publications);
}
