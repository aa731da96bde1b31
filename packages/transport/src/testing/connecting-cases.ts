import { TransportError } from "../errors.ts";
import type { Connector, Signal } from "../transport.ts";
import { checkReceived, pattern } from "./pattern.ts";
import { check, type WorkbenchCase } from "./workbench.ts";

/** What a connector promises. */
export const connectingCases: readonly WorkbenchCase[] = [
  {
    name: "connects, and both ends close politely",
    async run(bench) {
      const { near, far } = await bench.connect();
      near.close();
      check((await near.closed) === undefined, "onClose had a cause after a polite end");
      check((await far.closed) === undefined, "the other end's onClose had a cause after a polite end");
    },
  },
  {
    name: "calls no handler before whoever awaits the connector has the transport",
    async run(bench) {
      const link = await bench.link();
      const near = bench.side("near");
      const far = bench.side("far");
      const accepted = link.accept(far).then((transport) => {
        far.transport = transport;
        far.write(pattern(100));
        far.close();
      });
      near.transport = await through(through(through(link.connect)))(near);
      await accepted;
      await near.closed;
      checkReceived(near, 100);
    },
  },
  {
    name: "rejects, and calls nothing, when the signal was aborted before",
    async run(bench) {
      const link = await bench.link();
      const signal = new ManualSignal();
      signal.abort();
      await checkAborted(link.connect, bench.side("near"), signal);
    },
  },
  {
    name: "rejects, and calls nothing, when the signal is aborted while connecting",
    async run(bench) {
      const link = await bench.link();
      const signal = new ManualSignal();
      const aborted = checkAborted(link.connect, bench.side("near"), signal);
      signal.abort();
      await aborted;
    },
  },
  {
    name: "forgets the signal once connected",
    async run(bench) {
      const link = await bench.link();
      const near = bench.side("near");
      const far = bench.side("far");
      const signal = new ManualSignal();
      const accepted = link.accept(far);
      near.transport = await link.connect(near, signal);
      far.transport = await accepted;
      check(signal.listeners.size === 0, "a listener was left on the signal");
      signal.abort();
      near.write(pattern(10));
      await far.received(10);
      checkReceived(far, 10);
    },
  },
];

async function checkAborted(
  connect: Connector,
  handler: Parameters<Connector>[0],
  signal: ManualSignal,
): Promise<void> {
  let error: unknown;
  try {
    const transport = await connect(handler, signal);
    transport.destroy();
  } catch (thrown) {
    error = thrown;
  }
  check(error !== undefined, "the connector resolved although its signal was aborted");
  check(error instanceof TransportError, "the connector did not reject with a TransportError");
  check(error.code === "PETREL_TRANSPORT_ABORTED", `the error's code was ${error.code}`);
  check(error.cause === signal.reason, "the error's cause was not the signal's reason");
  check(signal.listeners.size === 0, "a listener was left on the signal");
}

/** A connector as it looks behind an async function of an application. */
function through(connect: Connector): Connector {
  return async (handler, signal) => {
    const transport = await connect(handler, signal);
    return transport;
  };
}

class ManualSignal implements Signal {
  aborted = false;
  readonly reason: Error = new Error("the case aborted it");
  readonly listeners: Set<() => void> = new Set();

  addEventListener(_type: "abort", listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.listeners.delete(listener);
  }

  abort(): void {
    this.aborted = true;
    for (const listener of this.listeners) listener();
  }
}
