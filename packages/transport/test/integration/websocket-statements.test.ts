// What MQTT says about WebSocket (section 6), from a client's side.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { Transport } from "../../src/index.ts";
import { websocket } from "../../src/node/websocket.ts";

interface Meeting {
  readonly transport: Transport;
  readonly peer: WebSocket;
  readonly request: IncomingMessage;
  /** What the client got, joined. */
  readonly received: number[];
  /** Why the client's end was closed. */
  readonly closed: Promise<Error | undefined>;
}

async function meet(story: (meeting: Meeting) => Promise<void>): Promise<void> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "mqtt" });
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[WebSocket, IncomingMessage]>;
  const received: number[] = [];
  let close!: (cause: Error | undefined) => void;
  const closed = new Promise<Error | undefined>((resolve) => (close = resolve));
  const transport = await websocket({ host: "127.0.0.1", port: (server.address() as AddressInfo).port })({
    onData: (bytes) => void received.push(...bytes),
    onDrain() {},
    onClose: close,
  });
  const [peer, request] = await accepted;
  try {
    await story({ transport, peer, request, received, closed });
  } finally {
    transport.destroy();
    peer.terminate();
    server.close();
    await once(server, "close");
  }
}

test("packets go in binary frames, and a text frame ends the connection [MQTT-6.0.0-1]", () =>
  meet(async ({ transport, peer, closed }) => {
    transport.write(Uint8Array.of(0xc0, 0x00));
    const [message, isBinary] = (await once(peer, "message")) as [Uint8Array, boolean];
    expect([[...message], isBinary]).toEqual([[0xc0, 0x00], true]);
    peer.send("not MQTT");
    expect((await closed)?.message).toContain("[MQTT-6.0.0-1]");
  }));

test("frames need not end where packets do [MQTT-6.0.0-2]", () =>
  meet(async ({ peer, received, closed }) => {
    for (const frame of [[0x30, 0x04, 0x00], [0x01, 0x61, 0x31, 0xd0], [], [0x00, 0xd0, 0x00]]) {
      peer.send(Uint8Array.from(frame));
    }
    peer.close();
    expect(await closed).toBeUndefined();
    expect(received).toEqual([0x30, 0x04, 0x00, 0x01, 0x61, 0x31, 0xd0, 0x00, 0xd0, 0x00]);
  }));

test('the client offers the subprotocol "mqtt" [MQTT-6.0.0-3]', () =>
  meet(async ({ request }) => {
    expect(request.headers["sec-websocket-protocol"]).toBe("mqtt");
  }));
