import { describe, expect, test } from "vitest";
import { createMemoryPair, TransportError, type TransportHandler } from "../src/index.ts";
import { transportConformance } from "../src/testing/index.ts";
import { memoryLink } from "./links.ts";

describe.each([
  ["whole writes", {}],
  ["chunks of 1,447 bytes", { chunkSize: 1_447 }],
  ["a high-water mark of one byte", { highWaterMark: 1 }],
  ["a scheduler of its own", { schedule: (run: () => void) => setImmediate(run) }],
])("the contract, with %s", (_, options) => {
  for (const { name, run } of transportConformance(() => memoryLink(options))) test(name, run);
});

/** Notes what it hears, as text. */
function listener(): TransportHandler & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    onData: (bytes) => heard.push(`data ${bytes.join()}`),
    onDrain: () => heard.push("drain"),
    onClose: (cause) => heard.push(`close ${cause instanceof TransportError ? cause.code : String(cause?.message)}`),
  };
}

/** A scheduler whose queue the test runs. */
function manual(): { schedule: (run: () => void) => void; turn: () => void; runAll: () => void } {
  let queue: (() => void)[] = [];
  const turn = (): void => {
    const runs = queue;
    queue = [];
    for (const run of runs) run();
  };
  return {
    schedule: (run) => queue.push(run),
    turn,
    runAll: () => {
      while (queue.length > 0) turn();
    },
  };
}

describe("a pair on a manual scheduler", () => {
  test("splits writes at the chunk size", async () => {
    const { schedule, runAll } = manual();
    const pair = createMemoryPair({ chunkSize: 2, schedule });
    const server = listener();
    pair.accept(server);
    const client = await pair.client(listener());
    client.write(Uint8Array.of(1, 2, 3, 4, 5));
    runAll();
    expect(server.heard).toEqual(["data 1,2", "data 3,4", "data 5"]);
  });

  test("does nothing before the scheduler runs", async () => {
    const { schedule, turn } = manual();
    const pair = createMemoryPair({ schedule });
    const server = listener();
    pair.accept(server);
    const client = await pair.client(listener());
    turn();
    client.write(Uint8Array.of(1));
    expect(server.heard).toEqual([]);
    expect(client.bufferedBytes).toBe(1);
    turn();
    expect(server.heard).toEqual(["data 1"]);
    expect(client.bufferedBytes).toBe(0);
  });

  test("keeps what was written until the other end is connected", async () => {
    const { schedule, runAll } = manual();
    const pair = createMemoryPair({ schedule });
    const client = await pair.client(listener());
    client.write(Uint8Array.of(1, 2));
    client.close();
    runAll();
    const server = listener();
    pair.accept(server);
    runAll();
    expect(server.heard).toEqual(["data 1,2", "close undefined"]);
  });

  test("drains after the high-water mark, once for all that waited", async () => {
    const { schedule, runAll } = manual();
    const pair = createMemoryPair({ highWaterMark: 3, schedule });
    pair.accept(listener());
    const heard = listener();
    const client = await pair.client(heard);
    expect([1, 2, 3, 4].map((byte) => client.write(Uint8Array.of(byte)))).toEqual([true, true, false, false]);
    runAll();
    expect(heard.heard).toEqual(["drain"]);
    expect(client.write(new Uint8Array(0))).toBe(true);
    runAll();
    expect(heard.heard).toEqual(["drain"]);
  });

  test("an end whose peer has closed stays open until the peer has taken what was written", async () => {
    const { schedule, runAll } = manual();
    const pair = createMemoryPair({ schedule });
    const server = pair.accept(listener());
    const heard = listener();
    const client = await pair.client(heard);
    server.pause();
    client.write(Uint8Array.of(1));
    server.close();
    runAll();
    expect(heard.heard).toEqual([]);
    expect(client.bufferedBytes).toBe(1);
    server.resume();
    runAll();
    expect(heard.heard).toEqual(["close undefined"]);
  });

  test("tells an end whose peer was destroyed before it connected", async () => {
    const { schedule, runAll } = manual();
    const pair = createMemoryPair({ schedule });
    const client = await pair.client(listener());
    client.destroy();
    runAll();
    const server = listener();
    pair.accept(server);
    runAll();
    expect(server.heard).toEqual(["close PETREL_TRANSPORT_RESET"]);
  });
});

test("a write after onDrain was scheduled waits for an onDrain of its own", async () => {
  const { schedule, turn, runAll } = manual();
  const pair = createMemoryPair({ highWaterMark: 1, schedule });
  pair.accept(listener());
  const heard = listener();
  const client = await pair.client(heard);
  runAll();
  client.write(Uint8Array.of(1));
  turn(); // delivers, and schedules onDrain
  client.write(Uint8Array.of(2));
  turn();
  expect(heard.heard).toEqual([]);
  runAll();
  expect(heard.heard).toEqual(["drain"]);
});

test("an end can be connected once", async () => {
  const pair = createMemoryPair();
  await pair.client(listener());
  await expect(pair.client(listener())).rejects.toThrow("connected already; create a pair for each connection");
  pair.accept(listener());
  expect(() => pair.accept(listener())).toThrow("connected already");
});

test.each([{ chunkSize: 0 }, { chunkSize: 1.5 }, { highWaterMark: -1 }, { highWaterMark: Number.NaN }])(
  "refuses the option %o",
  (options) => {
    expect(() => createMemoryPair(options)).toThrow(RangeError);
  },
);
