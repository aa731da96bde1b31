import { once } from "node:events";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Connector } from "../../src/index.ts";
import { transportConformance } from "../../src/testing/index.ts";
import { type ByteStreamPair, streams, websocket } from "../../src/web/index.ts";
import { socketLink } from "../links.ts";
import { webSocketLink } from "../websocket-links.ts";

const activeResources = (): string[] => process.getActiveResourcesInfo();

describe("the platform's WebSocket, played by that of ws", () => {
  const open = () => webSocketLink((port) => websocket({ url: `ws://127.0.0.1:${port}`, WebSocket }));
  for (const { name, run } of transportConformance(open, { without: ["stopping-the-peer"] })) test(name, run);
});

/** `Duplex.toWeb` tells of the peer's end only when this side has ended, too. */
function streamsOf(socket: Socket): ByteStreamPair {
  socket.pause();
  socket.on("error", () => {});
  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        socket.on("data", (bytes) => {
          controller.enqueue(bytes);
          socket.pause();
        });
        socket.on("end", () => controller.close());
        socket.on("close", () => {
          if (!socket.readableEnded) controller.error(socket.errored ?? new Error("cut off"));
        });
      },
      pull: () => void socket.resume(),
      cancel: () => void socket.destroy(),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) =>
      new Promise((resolve, reject) => socket.write(bytes, (error) => (error ? reject(error) : resolve()))),
    close: () => new Promise((resolve) => socket.end(() => resolve())),
    abort: () => void socket.destroy(),
  });
  return { readable, writable };
}

describe("WHATWG streams over TCP", () => {
  const connectorTo = (server: Server): Connector =>
    streams(async () => {
      const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
      await once(socket, "connect");
      return streamsOf(socket);
    });
  const open = () => socketLink({ host: "127.0.0.1", port: 0 }, connectorTo);
  for (const { name, run } of transportConformance(open, { activeResources })) test(name, run);
});

describe("WHATWG streams that can't be opened", () => {
  test("say why", async () => {
    const connector = streams(() => Promise.reject(new Error("no route")), { place: "example.net" });
    await expect(connector({ onData() {}, onDrain() {}, onClose() {} })).rejects.toMatchObject({
      stage: "connect",
      code: "PETREL_TRANSPORT_FAILED",
      message: "the streams to example.net could not be opened: no route",
    });
  });
});
