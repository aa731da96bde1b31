import { checkPattern, checkReceived, pattern, pieces } from "./pattern.ts";
import type { Side } from "./side.ts";
import { check, type Workbench, type WorkbenchCase } from "./workbench.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** More than the buffers on the way hold, a kernel's included. */
const MORE_THAN_FITS = 32 * MIB;

/** What is written arrives: all of it, in order, unchanged, and no faster than the reader takes it. */
export const flowCases: readonly WorkbenchCase[] = [
  {
    name: "carries bytes in order, both ways at once, in writes of all sizes",
    async run(bench) {
      const { near, far } = await bench.connect();
      const length = 2 * MIB;
      const size = (index: number): number => 1 + ((index * 7919) % 40_000);
      await Promise.all([
        near.send(pieces(length, size)),
        far.send(pieces(length, size)),
        near.received(length),
        far.received(length),
      ]);
      checkReceived(near, length);
      checkReceived(far, length);
    },
  },
  {
    name: "carries thousands of writes of one byte",
    async run(bench) {
      const { near, far } = await bench.connect();
      await near.send(pieces(5_000, () => 1));
      await far.received(5_000);
      checkReceived(far, 5_000);
    },
  },
  {
    name: "carries several MiB in one write, and leaves the writer's bytes as they were",
    async run(bench) {
      const { near, far } = await bench.connect();
      const bytes = pattern(8 * MIB);
      near.write(bytes);
      await far.received(bytes.length);
      checkReceived(far, bytes.length);
      checkPattern("the writer's array held", bytes);
    },
  },
  {
    name: "sends a small and a large write of one turn in order",
    async run(bench) {
      const { near, far } = await bench.connect();
      for (const bytes of pieces(200 * KIB, (index) => (index % 2 === 0 ? 40 : 20 * KIB))) near.write(bytes);
      await far.received(200 * KIB);
      checkReceived(far, 200 * KIB);
    },
  },
  ...eachWay("returns false when the peer is slow, and calls onDrain when all is sent", async ({ writer, reader }) => {
    reader.pause();
    let written = 0;
    do written += 64 * KIB;
    while (writer.write(pattern(64 * KIB, written - 64 * KIB)) && written < MORE_THAN_FITS);
    check(written < MORE_THAN_FITS, `write never returned false although nobody read ${written} bytes`);
    check(writer.bufferedBytes > 0, "write returned false while bufferedBytes is 0");
    const drained = writer.drained();
    reader.resume();
    await drained;
    check(writer.bufferedBytes === 0, `bufferedBytes is ${writer.bufferedBytes} at onDrain`);
    await reader.received(written);
    checkReceived(reader, written);
  }),
  ...eachWay("stops the peer while the reader is paused, and delivers all after resume", stopsThePeer, holdsItAll),
  ...eachWay("obeys pause() from inside onData, and any number of pauses and resumes", async ({ writer, reader }) => {
    reader.whenData = () => {
      reader.pause();
      reader.resume();
      reader.resume();
      reader.pause();
      void Promise.resolve().then(() => reader.resume());
    };
    await writer.send(pieces(MIB, () => 10_000));
    await reader.received(MIB);
    checkReceived(reader, MIB);
  }),
  {
    name: "lets the handler write from inside onData and onDrain: an echo with backpressure",
    async run(bench) {
      const { near, far } = await bench.connect();
      echo(far);
      const length = 4 * MIB;
      await Promise.all([
        near.send(pieces(length, (index) => 1 + ((index * 104_729) % 100_000))),
        near.received(length),
      ]);
      checkReceived(near, length);
    },
  },
];

async function stopsThePeer(ends: Ends, bench: Workbench): Promise<void> {
  const { writer, reader } = ends;
  reader.pause();
  let drained = false;
  for (const bytes of pieces(MORE_THAN_FITS, () => MIB)) writer.write(bytes);
  writer.whenDrain = () => (drained = true);
  await passAsMuch(bench, MORE_THAN_FITS);
  check(writer.bufferedBytes > 0, "everything went out although the reader is paused");
  check(!drained, "onDrain came although the reader is paused");
  check(reader.receivedBytes === 0, `the paused reader got ${reader.receivedBytes} bytes`);
  reader.resume();
  await reader.received(MORE_THAN_FITS);
  checkReceived(reader, MORE_THAN_FITS);
}

/** Where the reader can not stop the peer, it holds what comes: everything is delivered after resume, and nothing before. */
async function holdsItAll({ writer, reader }: Ends, bench: Workbench): Promise<void> {
  reader.pause();
  for (const bytes of pieces(8 * MIB, () => MIB)) writer.write(bytes);
  await passAsMuch(bench, 8 * MIB);
  check(reader.receivedBytes === 0, `the paused reader got ${reader.receivedBytes} bytes`);
  reader.resume();
  await reader.received(8 * MIB);
  checkReceived(reader, 8 * MIB);
}

interface Ends {
  readonly writer: Side;
  readonly reader: Side;
}

type FlowRule = (ends: Ends, bench: Workbench) => Promise<void>;

/** The case twice: the transport under test writes, and reads; by the rule `otherwise` where no reader can stop a writer. */
function eachWay(name: string, run: FlowRule, otherwise?: FlowRule): readonly WorkbenchCase[] {
  const writing = async (bench: Workbench, rule: FlowRule): Promise<void> => {
    const { near, far } = await bench.connect();
    await rule({ writer: near, reader: far }, bench);
  };
  const reading = async (bench: Workbench, rule: FlowRule): Promise<void> => {
    const { near, far } = await bench.connect();
    await rule({ writer: far, reader: near }, bench);
  };
  const both = [
    { name: `writing: ${name}`, needs: "being-stopped", apply: writing },
    { name: `reading: ${name}`, needs: "stopping-the-peer", apply: reading },
  ] as const;
  return both.map(({ name, needs, apply }) => ({
    name,
    run: (bench) => apply(bench, run),
    ...(otherwise !== undefined && { needs, otherwise: (bench: Workbench) => apply(bench, otherwise) }),
  }));
}

/** Sends back what comes, and reads on only while `write` takes it. */
function echo(side: Side): void {
  side.whenDrain = () => side.resume();
  side.whenData = () => {
    if (!side.write(side.chunks.at(-1)!)) side.pause();
  };
}

/** Instead of a pause of so many milliseconds: what another connection of the same kind carries meanwhile. */
async function passAsMuch(bench: Workbench, bytes: number): Promise<void> {
  const { near, far } = await bench.connect();
  await Promise.all([near.send(pieces(bytes, () => MIB)), far.received(bytes)]);
}
