import { expect, test } from "vitest";
import type { Connector, Transport, TransportHandler } from "../../src/index.ts";
import { transportConformance, type ConformanceOptions } from "../../src/testing/index.ts";
import { memoryLink } from "../links.ts";

/** A mistake that a transport could make, put between a good transport and its user. */
interface Flaw {
  /** What the suite has to say about it. */
  readonly complaint: RegExp;
  readonly handler?: (handler: TransportHandler) => Partial<TransportHandler>;
  readonly transport?: (transport: Transport, handler: TransportHandler) => Partial<Transport>;
  readonly connector?: (connector: Connector) => Connector;
  readonly options?: ConformanceOptions;
}

const scratch = new Uint8Array(32 * 1024 * 1024);

const flaws: Record<string, Flaw> = {
  "reuses its read buffer": {
    complaint: /near received \d+ at byte \d+ instead of \d+/,
    handler: (handler) => ({
      onData(bytes) {
        scratch.set(bytes);
        handler.onData(scratch.subarray(0, bytes.length));
      },
    }),
  },
  "passes on empty chunks": {
    complaint: /onData got an empty chunk/,
    handler: (handler) => ({
      onData(bytes) {
        handler.onData(bytes);
        handler.onData(new Uint8Array(0));
      },
    }),
  },
  "swaps the first two chunks": {
    complaint: /near received \d+ at byte 0 instead of 0/,
    handler: (handler) => {
      let held: Uint8Array | undefined;
      let seen = 0;
      return {
        onData(bytes) {
          seen++;
          if (seen === 1) held = bytes;
          else handler.onData(bytes);
          if (seen === 2) handler.onData(held!);
        },
        onClose(cause) {
          if (seen === 1) handler.onData(held!);
          handler.onClose(cause);
        },
      };
    },
  },
  "calls onClose twice": {
    complaint: /onClose was called twice/,
    handler: (handler) => ({
      onClose(cause) {
        handler.onClose(cause);
        handler.onClose(cause);
      },
    }),
  },
  "swallows the cause": {
    complaint: /onClose had no cause after a reset/,
    handler: (handler) => ({ onClose: () => handler.onClose() }),
  },
  "makes up a cause": {
    complaint: /onClose had a cause after a polite end/,
    handler: (handler) => ({ onClose: () => handler.onClose(new Error("closed")) }),
  },
  "calls onDrain after onClose": {
    complaint: /onDrain was called after onClose/,
    handler: (handler) => ({
      onClose(cause) {
        handler.onClose(cause);
        handler.onDrain();
      },
    }),
  },
  "ignores pause": {
    complaint: /onData was called after pause\(\) had returned/,
    transport: () => ({ pause() {} }),
  },
  "never says false": {
    complaint: /write never returned false/,
    transport: (transport) => ({
      write(bytes) {
        transport.write(bytes);
        return true;
      },
    }),
  },
  "masks the writer's bytes in place": {
    complaint: /the writer's array held 0 at byte 1/,
    transport: (transport) => ({
      write(bytes) {
        const more = transport.write(bytes.slice());
        bytes.fill(0);
        return more;
      },
    }),
  },
  "calls onDrain from inside write": {
    complaint: /onDrain was called from inside a call to the transport/,
    transport: (transport, handler) => ({
      write(bytes) {
        const more = transport.write(bytes);
        if (!more) handler.onDrain();
        return more;
      },
    }),
  },
  "calls onClose from inside destroy": {
    complaint: /onClose was called from inside a call to the transport/,
    transport: (_, handler) => ({
      destroy: (cause) => handler.onClose(cause),
    }),
  },
  "flushes nothing on close": {
    complaint: /had a cause after a polite end/,
    transport: (transport) => ({ close: () => transport.destroy() }),
  },
  "still delivers after destroy": {
    complaint: /onData was called after destroy\(\) had returned/,
    transport: (transport, handler) => ({
      destroy(cause) {
        queueMicrotask(() => handler.onData(Uint8Array.of(0)));
        transport.destroy(cause);
      },
    }),
  },
  "keeps count after the end": {
    complaint: /bufferedBytes is 1 after the end/,
    transport: () => ({ bufferedBytes: 1 }),
  },
  "ignores the signal": {
    complaint: /resolved although its signal was aborted/,
    connector: (connector) => (handler) => connector(handler),
  },
  "leaves its listener on the signal": {
    complaint: /a listener was left on the signal/,
    connector: (connector) => (handler, signal) => {
      signal?.addEventListener("abort", () => {});
      return connector(handler, signal);
    },
  },
  "calls the handler before it resolves": {
    complaint: /onDrain was called before the connector's promise resolved/,
    connector: (connector) => (handler, signal) => {
      handler.onDrain();
      return connector(handler, signal);
    },
  },
  "leaves a handle behind": {
    complaint: /left behind: Timeout/,
    options: { activeResources: growing() },
  },
};

test.each(Object.entries(flaws))("notices a transport that %s", async (_, flaw) => {
  const open = () => {
    const link = memoryLink();
    const connect: Connector = async (handler, signal) => {
      const heard = overlay(handler, flaw.handler?.(handler));
      const transport = await (flaw.connector ?? same)(link.connect)(heard, signal);
      return overlay(transport, flaw.transport?.(transport, handler));
    };
    return { ...link, connect };
  };
  const complaints: string[] = [];
  for (const { name, run } of transportConformance(open, flaw.options)) {
    // A flaw may make a case wait for ever. What is still open then is garbage.
    const complaint = await Promise.race([run().catch((error: unknown) => `${name}: ${String(error)}`), idle()]);
    if (typeof complaint === "string") complaints.push(complaint);
    if (flaw.complaint.test(complaints.at(-1) ?? "")) return;
  }
  expect(complaints).toContainEqual(expect.stringMatching(flaw.complaint));
});

function same(connector: Connector): Connector {
  return connector;
}

/** The object with some of its members replaced. */
function overlay<T extends object>(object: T, members: Partial<T> = {}): T {
  return new Proxy(object, {
    get(target, key) {
      const source: object = Object.hasOwn(members, key) ? members : target;
      const value: unknown = Reflect.get(source, key);
      return typeof value === "function" ? value.bind(source) : value;
    },
  });
}

function growing(): () => readonly string[] {
  const resources: string[] = [];
  return () => {
    resources.push("Timeout");
    return [...resources];
  };
}

/** The memory pair runs on microtasks alone: when the event loop turns, it has come to rest. */
async function idle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
