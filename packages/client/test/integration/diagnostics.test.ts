import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { startAedes } from "@petrel/servers";
import { afterEach, expect, test } from "vitest";
import { connect } from "../../src/node/index.ts";

interface Told {
  readonly type?: string;
  readonly direction?: string;
  readonly packet?: { readonly type: string };
  readonly topic?: string;
  readonly duration?: number;
  readonly error?: Error;
}

const told: [name: string, message: Told][] = [];
const listener = (message: unknown, name: string | symbol): void => void told.push([String(name), message as Told]);
const CHANNELS = ["petrel:packet", "petrel:connection", "petrel:publish"];

afterEach(() => {
  for (const name of CHANNELS) unsubscribe(name, listener);
});

test("the diagnostics channels tell of connections, packets and messages", async () => {
  await using server = await startAedes();
  for (const name of CHANNELS) subscribe(name, listener);
  const client = await connect(server.url);
  await client.publish("a", "1", { qos: 1 });
  await client.publish("a/+", "1").catch(() => undefined);
  await client.disconnect();
  const on = (channel: string) => told.filter(([name]) => name === channel).map(([, message]) => message);
  expect(on("petrel:connection").map(({ type }) => type)).toEqual([
    "connecting",
    "connected",
    "disconnected",
    "closed",
  ]);
  expect(on("petrel:packet").map(({ direction, packet }) => `${direction} ${packet?.type}`)).toEqual([
    "sent connect",
    "received connack",
    "sent publish",
    "received puback",
    "sent disconnect",
  ]);
  const [published, failed] = on("petrel:publish");
  expect([published?.topic, published?.error, failed?.topic, failed?.error?.name]).toEqual([
    "a",
    undefined,
    "a/+",
    "EncodeError",
  ]);
  expect(published?.duration).toBeGreaterThan(0);
});
