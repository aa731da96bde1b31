import { describe, expect, test } from "vitest";
import { type Client, type ClientOptions, connect, type QoS, type Version } from "../../src/node/index.ts";

const OPTIONS = {
  "5.0": { version: "5.0" },
  "3.1.1": { version: "3.1.1" },
  "3.1": { version: "3.1", clientId: "kitchen" },
} as const satisfies Record<Version, ClientOptions>;
const MESSAGES = 2_000;

/** What a server can do. */
export interface ServerAbilities {
  readonly versions?: readonly Version[];
  readonly qos?: readonly QoS[];
  /** Whether a subscription with wildcards gets retained messages. */
  readonly retainedByWildcard?: boolean;
}

/** The tests that every server has to pass, as far as it goes. */
export function exchange(
  server: () => { readonly url: string },
  { versions = ["5.0", "3.1.1", "3.1"], qos: levels = [0, 1, 2], retainedByWildcard = true }: ServerAbilities = {},
): void {
  describe.each(versions)("%s", (version) => {
    const options: ClientOptions & { readonly version: Version } = OPTIONS[version];

    test.each(levels)("a message of QoS %i comes to a loop, and its acknowledgement to the publisher", async (qos) => {
      await using client: Client<Version> = await connect(server().url, options);
      const readings = await client.subscribe("sensors/+", { qos });
      expect(readings.granted).toEqual([{ filter: "sensors/+", qos }]);
      const result = await client.publish("sensors/kitchen", "21.5", { qos });
      expect(result.packetIdentifier).toEqual(qos === 0 ? undefined : expect.any(Number));
      const message = await readings.next();
      expect([message?.topic, message?.text(), message?.qos]).toEqual(["sensors/kitchen", "21.5", qos]);
      await readings.unsubscribe();
      expect(await readings.next()).toBeUndefined();
    });

    test.each(levels)(
      `${MESSAGES} messages of QoS %i come in order, to a handler, a loop and in batches`,
      async (qos) => {
        await using client: Client<Version> = await connect(server().url, options);
        const handled: number[] = [];
        let handledLast = (): void => undefined;
        const allHandled = new Promise<void>((resolve) => (handledLast = resolve));
        const handling = await client.subscribe("n/+", { qos }, (message) => {
          handled.push(Number(message.text()));
          if (handled.at(-1) === MESSAGES - 1) handledLast();
        });
        const loop = await client.subscribe("+/numbers", { qos });
        const batches = await client.subscribe("n/#", { qos });
        const expected = Array.from({ length: MESSAGES }, (_, index) => index);

        const looped: number[] = [];
        const batched: number[] = [];
        await Promise.all([
          publishAll(client, expected, qos),
          allHandled,
          (async () => {
            for await (const message of loop) {
              looped.push(Number(message.text()));
              if (looped.at(-1) === MESSAGES - 1) break;
            }
          })(),
          (async () => {
            for await (const batch of batches.batches()) {
              for (const message of batch) batched.push(Number(message.text()));
              if (batched.at(-1) === MESSAGES - 1) break;
            }
          })(),
        ]);
        // The server may send a message once for each subscription that it matches.
        expect(unrepeated(looped)).toEqual(expected);
        expect(unrepeated(batched)).toEqual(expected);
        expect(unrepeated(handled)).toEqual(expected);
        await handling.unsubscribe();
        await client.disconnect({ drain: 10_000 });
      },
    );

    test("a retained message waits for its subscriber", async () => {
      await using client: Client<Version> = await connect(server().url, options);
      await client.publish("kept/lamp", "on", { qos: 1, retain: true });
      const kept = await client.subscribe(retainedByWildcard ? "kept/#" : "kept/lamp");
      const message = await kept.next();
      expect([message?.text(), message?.retain]).toEqual(["on", true]);
      await client.publish("kept/lamp", null, { qos: 1, retain: true });
    });
  });
}

async function publishAll(client: Client<Version>, numbers: readonly number[], qos: QoS): Promise<void> {
  for (const number of numbers) {
    await client.drained();
    client.publish("n/numbers", number, { qos });
  }
}

/** Without what comes a second time. */
function unrepeated(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)];
}
