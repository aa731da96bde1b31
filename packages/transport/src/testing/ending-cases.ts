import { checkPrefix, checkReceived, pattern, pieces } from "./pattern.ts";
import type { Side } from "./side.ts";
import { check, type Workbench, type WorkbenchCase } from "./workbench.ts";

const MIB = 1024 * 1024;

/** However a connection ends, each side hears of it once, and last. */
export const endingCases: readonly WorkbenchCase[] = [
  {
    name: "close() sends what was written, then the peer's bytes still arrive",
    needs: "half-close",
    async otherwise(bench) {
      const { near, far } = await bench.connect();
      near.write(pattern(2 * MIB));
      near.close();
      await checkPolite(near, far);
      checkReceived(far, 2 * MIB);
    },
    async run(bench) {
      const { near, far } = await bench.connect();
      near.write(pattern(2 * MIB));
      near.close();
      far.write(pattern(100));
      await checkPolite(near, far);
      checkReceived(far, 2 * MIB);
      checkReceived(near, 100);
    },
  },
  {
    name: "write() after close() does nothing and returns false; close() twice is one",
    async run(bench) {
      const { near, far } = await bench.connect();
      near.write(pattern(1_000));
      near.close();
      check(!near.write(pattern(10)), "write returned true after close");
      near.close();
      await checkPolite(near, far);
      checkReceived(far, 1_000);
    },
  },
  {
    name: "both ends may close at once",
    needs: "half-close",
    async otherwise(bench) {
      const { near, far } = await bench.connect();
      near.close();
      far.close();
      await checkPolite(near, far);
    },
    async run(bench) {
      const { near, far } = await bench.connect();
      near.write(pattern(1_000));
      far.write(pattern(2_000));
      near.close();
      far.close();
      await checkPolite(near, far);
      checkReceived(far, 1_000);
      checkReceived(near, 2_000);
    },
  },
  {
    name: "the peer's end ends this side too, after what was written",
    needs: "half-close",
    async otherwise(bench) {
      const { near, far } = await bench.connect();
      near.write(pattern(1_000));
      await far.received(1_000);
      far.write(pattern(2_000));
      far.close();
      await checkPolite(near, far);
      checkReceived(near, 2_000);
    },
    async run(bench) {
      const { near, far } = await bench.connect();
      far.pause();
      near.write(pattern(16 * MIB));
      far.close();
      far.resume();
      await checkPolite(near, far);
      checkReceived(far, 16 * MIB);
    },
  },
  {
    name: "a paused side still gets what came before the peer's end",
    needs: "half-close",
    async otherwise(bench) {
      const { near, far } = await bench.connect();
      near.pause();
      for (const bytes of pieces(MIB, () => 10_000)) far.write(bytes);
      far.close();
      near.resume();
      await checkPolite(near, far);
      checkReceived(near, MIB);
    },
    async run(bench) {
      const { near, far } = await bench.connect();
      near.pause();
      for (const bytes of pieces(MIB, () => 10_000)) far.write(bytes);
      far.close();
      near.write(pattern(10));
      await far.received(10);
      near.resume();
      await checkPolite(near, far);
      checkReceived(near, MIB);
    },
  },
  {
    name: "destroy(cause) gives that very cause to onClose; the peer hears of the end",
    async run(bench) {
      const { near, far } = await bench.connect();
      const cause = new Error("enough");
      near.destroy(cause);
      near.destroy(new Error("too late"));
      check((await near.closed) === cause, "onClose did not get the cause given to destroy");
      await far.closed;
    },
  },
  {
    name: "destroy() right after connecting, without a cause",
    async run(bench) {
      const link = await bench.link();
      const near = bench.side("near");
      const far = bench.side("far");
      const accepted = link.accept(far).then((transport) => (far.transport = transport));
      near.transport = await link.connect(near);
      near.destroy();
      check((await near.closed) === undefined, "onClose had a cause although destroy had none");
      await accepted;
      await far.closed;
    },
  },
  {
    name: "destroy() from inside onData: nothing of the rest arrives",
    async run(bench) {
      const { near, far } = await bench.connect();
      near.pause();
      for (const bytes of pieces(MIB, () => 1_000)) far.write(bytes);
      near.whenData = () => {
        near.whenData = () => {};
        near.destroy();
      };
      near.resume();
      check((await near.closed) === undefined, "onClose had a cause although destroy had none");
      check(near.chunks.length === 1, `${near.chunks.length} chunks came instead of one`);
      await far.closed;
    },
  },
  {
    name: "destroy() from inside onDrain",
    async run(bench) {
      const { near, far } = await bench.connect();
      near.whenDrain = () => {
        near.whenDrain = () => {};
        near.destroy();
      };
      let writes = 0;
      while (near.write(pattern(MIB)))
        check(++writes < 32, "write never returned false, though the peer had no time to read");
      await near.closed;
      await far.closed;
    },
  },
  {
    name: "destroy() while bytes wait on both sides",
    async run(bench) {
      const { near, far } = await bench.connect();
      near.pause();
      far.pause();
      near.write(pattern(16 * MIB));
      far.write(pattern(16 * MIB));
      near.destroy();
      check(near.bufferedBytes === 0, `bufferedBytes is ${near.bufferedBytes} after destroy`);
      await near.closed;
      check(near.receivedBytes === 0, "onData was called although the side was paused and destroyed");
      far.resume();
      await far.closed;
      checkPrefix(far);
    },
  },
  {
    name: "destroy() while close() is still sending",
    async run(bench) {
      const { near, far } = await bench.connect();
      far.pause();
      near.write(pattern(16 * MIB));
      near.close();
      const cause = new Error("the deadline has passed");
      near.destroy(cause);
      check((await near.closed) === cause, "onClose did not get the cause given to destroy");
      far.resume();
      await far.closed;
      checkPrefix(far);
    },
  },
  {
    name: "a reset at the other end closes with an error",
    needs: "reset",
    otherwise: checkNoReset,
    async run(bench) {
      const { near, far, link } = await bench.connect();
      check(link.reset !== undefined, "the link has no reset(), and the transport is not declared to be without");
      link.reset();
      check((await near.closed) instanceof Error, "onClose had no cause after a reset");
      await far.closed;
    },
  },
  {
    name: "a reset while bytes wait closes with an error",
    needs: "reset",
    otherwise: checkNoReset,
    async run(bench) {
      const { near, far, link } = await bench.connect();
      check(link.reset !== undefined, "the link has no reset(), and the transport is not declared to be without");
      far.pause();
      near.write(pattern(16 * MIB));
      link.reset();
      check((await near.closed) instanceof Error, "onClose had no cause after a reset");
      await far.closed;
    },
  },
  {
    name: "every method is harmless inside onClose and after it",
    async run(bench) {
      const { near, far } = await bench.connect();
      near.whenClosed = () => useAll(near);
      near.destroy();
      await near.closed;
      useAll(near);
      far.whenClosed = () => useAll(far);
      await far.closed;
      useAll(far);
    },
  },
];

async function checkNoReset(bench: Workbench): Promise<void> {
  const { link } = await bench.connect();
  check(link.reset === undefined, "the link has a reset(), and the transport is declared to be without");
}

async function checkPolite(near: Side, far: Side): Promise<void> {
  const causes = [await near.closed, await far.closed];
  for (const cause of causes) check(cause === undefined, `onClose had a cause after a polite end: ${cause?.message}`);
}

function useAll(side: Side): void {
  check(!side.write(pattern(10)), "write returned true after the end");
  side.pause();
  side.resume();
  side.close();
  side.destroy(new Error("too late"));
  check(side.bufferedBytes === 0, `bufferedBytes is ${side.bufferedBytes} after the end`);
}
