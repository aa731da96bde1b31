import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { TransportHandler } from "../../src/index.ts";
import { createDialer } from "../../src/node/tcp.ts";
import { tls, type TlsConnectorOptions } from "../../src/node/tls.ts";

const handler: TransportHandler = { onData() {}, onDrain() {}, onClose() {} };

let server: Server | undefined;
const accepted: Socket[] = [];

/** A server of raw bytes, on a free port. */
async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const socket of accepted.splice(0)) socket.destroy();
  if (server === undefined) return;
  server.close();
  await once(server, "close");
  server = undefined;
});

describe("what answers, but not in TLS", () => {
  test.each([
    ["speaks HTTP", (socket: Socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))],
    ["sends a CONNACK", (socket: Socket) => socket.write(Uint8Array.from([0x20, 2, 0, 0, 0, 0]))],
  ])("%s", async (_what, onSocket) => {
    const port = await listen(onSocket);
    await expect(tls({ host: "127.0.0.1", port })(handler)).rejects.toMatchObject({
      name: "TransportError",
      stage: "tls",
      code: "PETREL_TRANSPORT_NOT_TLS",
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ answers, but not in TLS \([A-Z_]+\); is it a port for connections without TLS, such as mqtt:\/\/ or ws:\/\/\?$/,
      ),
    });
  });

  test.each([
    ["ends", (socket: Socket) => socket.end()],
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
  ])("%s the connection", async (_what, onSocket) => {
    const port = await listen((socket) => socket.once("data", () => onSocket(socket)));
    await expect(tls({ host: "127.0.0.1", port })(handler)).rejects.toMatchObject({
      stage: "tls",
      code: "PETREL_TRANSPORT_RESET",
      message:
        `127.0.0.1:${port} ended the connection during the TLS handshake (ECONNRESET); does it speak TLS on this port, ` +
        "and does it accept this client's certificate, if it wants one?",
    });
  });
});

/** Opens a connection whose server says nothing, and calls `then` once the handshake has begun. */
async function stall(options: Partial<TlsConnectorOptions>, then: () => void, signal?: AbortSignal): Promise<unknown> {
  const port = await listen((socket) => socket.once("data", then));
  return tls({ host: "127.0.0.1", port, ...options } as TlsConnectorOptions)(handler, signal);
}

describe("a handshake that does not end", () => {
  test("is given up when its time is over, which is 10 seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await expect(stall({}, () => vi.advanceTimersByTime(10_000))).rejects.toMatchObject({
        stage: "tls",
        code: "PETREL_TRANSPORT_TIMED_OUT",
        message: expect.stringMatching(
          /^127\.0\.0\.1:\d+ did not finish the TLS handshake within 10000 ms; does it speak TLS on this port\?$/,
        ),
      });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is given up when the signal is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("the user left");
    const opening = stall({}, () => controller.abort(reason), controller.signal);
    await expect(opening).rejects.toMatchObject({ stage: "tls", code: "PETREL_TRANSPORT_ABORTED", cause: reason });
  });

  test("so are certificates that do not come", async () => {
    const never = new Promise<string>(() => {});
    const target = { host: "localhost", port: 1, ca: () => never };
    await expect(tls({ ...target, tlsTimeoutMs: 1 })(handler)).rejects.toMatchObject({
      stage: "tls",
      code: "PETREL_TRANSPORT_TIMED_OUT",
      message: "the certificates and keys for localhost:1 were not there within 1 ms (TLS timeout)",
    });
    const signal = AbortSignal.abort(new Error("the user left"));
    await expect(tls(target)(handler, signal)).rejects.toMatchObject({
      stage: "tls",
      code: "PETREL_TRANSPORT_ABORTED",
    });
  });

  test("an abort between dialing and the handshake is not lost", async () => {
    const controller = new AbortController();
    const port = await listen(() => {});
    const direct = createDialer();
    const connector = tls({
      host: "127.0.0.1",
      port,
      dial: async (target, signal) => {
        const stream = await direct(target, signal);
        controller.abort();
        return stream;
      },
    });
    await expect(connector(handler, controller.signal)).rejects.toMatchObject({ code: "PETREL_TRANSPORT_ABORTED" });
  });
});

describe("options that can not work are refused before anything is opened", () => {
  const target = { host: "localhost", port: 8883 };
  test.each([
    [{ cert: "a" }, "key is undefined; a certificate is of no use without its key"],
    [{ key: "a" }, "cert is undefined; a key is of no use without its certificate"],
    [{ cert: "a", certFile: "b" }, "certFile is given; it says the same thing as cert; give one of them"],
    [{ keyFile: "a", certFile: "c", pfxFile: "b" }, "pfxFile is given; it says the same thing as certFile"],
    [{ passphrase: "secret" }, "passphrase is given; there is no key or pfx that it could open"],
    [{ minVersion: "TLSv1.4" }, "minVersion is TLSv1.4; it is one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"],
    [{ maxVersion: "TLSv1.1" }, "maxVersion is TLSv1.1; it is older than minVersion, TLSv1.2"],
    [{ ciphers: "ROT13" }, "ciphers is ROT13; OpenSSL knows no such cipher"],
    [{ servername: "127.0.0.1" }, "servername is 127.0.0.1; it is a host name, not an address"],
    [{ servername: "" }, "servername is ; it is a host name"],
    [{ alpnProtocols: [] }, "alpnProtocols is []; it names at least one protocol"],
    [{ alpnProtocols: [""] }, "alpnProtocols is ; a protocol's name has 1 to 255 bytes"],
    [{ secureContext: {}, ca: "a" }, "ca is given; it is part of the secureContext, which was given too"],
    [{ tlsTimeoutMs: -1 }, "tlsTimeoutMs is -1; it is a whole number from 0 to 2147483647"],
    [{ connectTimeoutMs: -1 }, "connectTimeoutMs is -1; it is a whole number from 0 to 2147483647"],
  ])("%j", (options, says) => {
    const make = () => tls({ ...target, ...(options as object) });
    expect(make).toThrow(says);
    expect(make).toThrow(expect.objectContaining({ name: "InvalidOptionError", code: "PETREL_INVALID_OPTION" }));
  });
});
