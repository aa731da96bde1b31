import { FaultLink, type FaultLinkOptions, ManualClock } from "@petrel/testing";
import type { Transport, TransportHandler } from "@petrel/transport";
import { expect, test } from "vitest";

/** An end that writes down what it hears. */
function listener() {
  const heard: string[] = [];
  const handler: TransportHandler = {
    onData: (bytes) => void heard.push(new TextDecoder().decode(bytes)),
    onDrain: () => void heard.push("drain"),
    onClose: (cause) => void heard.push(cause === undefined ? "closed" : `closed: ${cause.message}`),
  };
  return { heard, handler };
}

async function joined(options?: FaultLinkOptions) {
  const clock = new ManualClock();
  const link = new FaultLink(options?.latencyMs === undefined ? options : { ...options, clock });
  const [a, b] = [listener(), listener()];
  const server: Transport = link.accept(b.handler);
  const connecting = link.client(a.handler);
  await clock.elapse(options?.latencyMs ?? 0);
  const client: Transport = await connecting;
  await clock.settle();
  return { clock, link, client, server, atClient: a.heard, atServer: b.heard };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("carries bytes both ways, and ends politely", async () => {
  const { clock, client, server, atClient, atServer } = await joined();
  expect(client.write(bytes("hello"))).toBe(true);
  server.write(bytes("welcome"));
  expect(client.bufferedBytes).toBe(5);
  await clock.settle();
  client.close();
  await clock.settle();
  expect([atClient, atServer]).toEqual([
    ["welcome", "closed"],
    ["hello", "closed"],
  ]);
});

test("in pieces", async () => {
  const { clock, client, atServer } = await joined({ chunkSize: 2 });
  client.write(bytes("hello"));
  await clock.settle();
  expect(atServer).toEqual(["he", "ll", "o"]);
});

test("late, on the test's clock", async () => {
  const { clock, client, server, atServer } = await joined({ latencyMs: 100 });
  client.write(bytes("one"));
  await clock.elapse(60);
  client.write(bytes("two"));
  await clock.elapse(39);
  expect(atServer).toEqual([]);
  await clock.elapse(1);
  expect(atServer).toEqual(["one"]);
  await clock.elapse(60);
  expect(atServer).toEqual(["one", "two"]);
  server.destroy();
  await clock.elapse(100);
  expect(atServer.at(-1)).toBe("closed");
  expect(() => new FaultLink({ latencyMs: 1 })).toThrow("latencyMs needs a clock, whose time it is");
});

test("cut after a number of bytes, in either direction: they arrive, the next does not", async () => {
  const up = await joined({ cutAfter: { toServer: 7 } });
  expect(up.client.write(bytes("hello"))).toBe(true);
  expect(up.client.write(bytes("world"))).toBe(false);
  up.server.write(bytes("too late?"));
  await up.clock.settle();
  expect(up.atServer.slice(0, 2)).toEqual(["hello", "wo"]);
  expect(up.atServer).toHaveLength(3);
  expect(up.atClient).toEqual(["closed: the link was cut after 7 bytes"]);
  expect(up.client.write(bytes("gone"))).toBe(false);

  const down = await joined({ cutAfter: { toClient: 0 } });
  down.server.write(bytes("x"));
  await down.clock.settle();
  expect(down.atClient).toHaveLength(1);
  expect(down.atServer).toEqual(["closed: the link was cut after 0 bytes"]);
});

test("cut now: both ends hear it", async () => {
  const { clock, link, client, atClient, atServer } = await joined();
  client.write(bytes("never seen"));
  link.cut();
  await clock.settle();
  expect([atClient, atServer]).toEqual([["closed: the link was cut"], ["closed: the link was cut"]]);
});

test("silent: nothing arrives, and nobody is told", async () => {
  const { clock, link, client, server, atClient, atServer } = await joined();
  link.silence();
  expect(client.write(bytes("hello"))).toBe(true);
  server.write(bytes("hello"));
  client.close();
  await clock.settle();
  expect([atClient, atServer]).toEqual([[], []]);
  client.destroy(new Error("gave up"));
  await clock.settle();
  expect(atClient).toEqual(["closed: gave up"]);
});

test("passes on backpressure", async () => {
  const { clock, client, server, atClient } = await joined();
  server.pause();
  expect(client.write(new Uint8Array(70_000))).toBe(false);
  await clock.settle();
  expect(client.bufferedBytes).toBe(70_000);
  server.resume();
  await clock.settle();
  expect([client.bufferedBytes, atClient]).toEqual([0, ["drain"]]);
});
