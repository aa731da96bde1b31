import { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { TransportError, type TransportHandler } from "../../src/index.ts";
import { createSocketTransport } from "../../src/node/tcp.ts";

/** A stream whose far side is the test: it sees each system call that a socket would make. */
class FakeSocket extends Duplex {
  readonly calls: string[][] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.calls.push([chunk.toString()]);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.calls.push(chunks.map(({ chunk }) => chunk.toString()));
    done();
  }
}

interface Heard extends TransportHandler {
  readonly chunks: Uint8Array[];
  readonly closed: Promise<Error | undefined>;
}

function listener(): Heard {
  const { promise, resolve } = withResolvers<Error | undefined>();
  const chunks: Uint8Array[] = [];
  return { chunks, closed: promise, onData: (bytes) => chunks.push(bytes), onDrain() {}, onClose: resolve };
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

test("what is written in one go leaves in one system call, and does not wait for what is written because of it", async () => {
  const socket = new FakeSocket();
  const transport = createSocketTransport(socket, listener());
  transport.write(bytes("header"));
  transport.write(bytes("payload"));
  expect(socket.calls).toEqual([]);
  await Promise.resolve();
  expect(socket.calls).toEqual([["header", "payload"]]);
  transport.write(bytes("more"));
  await Promise.resolve();
  expect(socket.calls).toEqual([["header", "payload"], ["more"]]);
  transport.destroy();
});

test("close sends at once what waits to be sent in one go", () => {
  const socket = new FakeSocket();
  const transport = createSocketTransport(socket, listener());
  transport.write(bytes("a"));
  transport.write(bytes("b"));
  transport.close();
  expect(socket.calls).toEqual([["a", "b"]]);
  transport.destroy();
});

test("the handler gets plain views of what was read, so that slice copies", async () => {
  const socket = new FakeSocket();
  const handler = listener();
  const transport = createSocketTransport(socket, handler);
  const read = Buffer.from("abcdef").subarray(1, 4);
  socket.push(read);
  await tick();
  const chunk = handler.chunks[0]!;
  expect(Object.getPrototypeOf(chunk)).toBe(Uint8Array.prototype);
  expect(chunk.buffer).toBe(read.buffer);
  expect(chunk).toEqual(bytes("bcd"));
  transport.destroy();
});

test("nothing that a stream had read before reaches the handler after destroy", async () => {
  const socket = new FakeSocket();
  const heard = listener();
  const transport = createSocketTransport(socket, {
    ...heard,
    onData: (chunk) => {
      heard.chunks.push(chunk);
      transport.destroy();
    },
  });
  transport.pause();
  await tick();
  socket.push(bytes("one"));
  socket.push(bytes("two"));
  transport.resume();
  await heard.closed;
  expect(heard.chunks).toEqual([bytes("one")]);
});

test("the peer's end ends a stream that would stay half open, and takes no more writes", async () => {
  const socket = new FakeSocket({ allowHalfOpen: true });
  const handler = listener();
  const transport = createSocketTransport(socket, handler);
  const ended = new Promise((resolve) => socket.once("end", resolve));
  socket.push(null);
  await ended;
  expect(transport.write(bytes("late"))).toBe(false);
  expect(await handler.closed).toBeUndefined();
  expect(socket.calls).toEqual([]);
});

test("a stream that ends in the middle, without an error, closes with one", async () => {
  const socket = new FakeSocket();
  const handler = listener();
  createSocketTransport(socket, handler, "h:1883");
  socket.destroy();
  const cause = await handler.closed;
  expect(cause).toBeInstanceOf(TransportError);
  expect(cause).toMatchObject({
    stage: "stream",
    code: "PETREL_TRANSPORT_RESET",
    message: "the connection to h:1883 ended in the middle; it was cut off",
  });
});

test("an error of the stream is told with the place", async () => {
  const socket = new FakeSocket();
  const handler = listener();
  const transport = createSocketTransport(socket, handler, "h:1883");
  socket.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  transport.destroy(new Error("too late to be the cause"));
  expect(await handler.closed).toMatchObject({
    message: "the connection to h:1883 was reset (ECONNRESET); the server dropped it, or something in between did",
  });
});

test("a stream that is gone already closes too, with its error", async () => {
  const socket = new FakeSocket();
  const gone = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  socket.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  await gone;
  const handler = listener();
  const transport = createSocketTransport(socket, handler);
  expect(transport.write(bytes("x"))).toBe(false);
  expect(await handler.closed).toMatchObject({ code: "PETREL_TRANSPORT_RESET" });
});

test("TLS that breaks before the server has said anything may have been about the client's certificate", async () => {
  const reset = Object.assign(new Error("write ECONNRESET"), { code: "ECONNRESET" });
  const silent = new TLSSocket(new FakeSocket());
  const handler = listener();
  createSocketTransport(silent, handler, "h:8883");
  silent.destroy(reset);
  expect(await handler.closed).toMatchObject({
    stage: "tls",
    code: "PETREL_TRANSPORT_RESET",
    message:
      "h:8883 dropped the connection right after the TLS handshake (ECONNRESET); it may want a certificate of this " +
      "client, or refuse the one it got: see cert and key",
  });

  const talking = new TLSSocket(new FakeSocket());
  const other = listener();
  createSocketTransport(talking, other, "h:8883");
  talking.emit("data", Buffer.from("CONNACK"));
  talking.destroy(reset);
  expect(await other.closed).toMatchObject({ stage: "stream", code: "PETREL_TRANSPORT_RESET" });
});
