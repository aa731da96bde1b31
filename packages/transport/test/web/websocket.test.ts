import { expect, test } from "vitest";
import type { TransportHandler } from "../../src/index.ts";
import { websocket, type WebSocketLike } from "../../src/web/index.ts";

const handler: TransportHandler = { onData() {}, onDrain() {}, onClose() {} };

/** As that of Node 22: one that fails to connect tells an error, and never that it is closed. */
class ErrorOnly implements WebSocketLike {
  binaryType = "blob";
  readonly bufferedAmount = 0;
  readonly protocol = "";
  readonly readyState = 0;
  onopen: WebSocketLike["onopen"] = null;
  onmessage: WebSocketLike["onmessage"] = null;
  onerror: (() => void) | null = null;
  onclose: WebSocketLike["onclose"] = null;

  constructor(url: string) {
    if (url.endsWith("/refused")) queueMicrotask(() => this.onerror?.());
  }

  send(): void {}

  close(): void {
    queueMicrotask(() => this.onerror?.());
  }
}

test("a WebSocket that can't be opened is told, also by platforms that never close it", async () => {
  const refused = websocket({ url: "ws://localhost/refused", WebSocket: ErrorOnly });
  await expect(refused(handler)).rejects.toMatchObject({
    stage: "websocket",
    message: expect.stringContaining("no WebSocket could be opened to localhost"),
  });
  const silent = websocket({ url: "ws://localhost/silent", WebSocket: ErrorOnly });
  const controller = new AbortController();
  const opening = silent(handler, controller.signal);
  controller.abort();
  await expect(opening).rejects.toMatchObject({ code: "PETREL_TRANSPORT_ABORTED" });
});
