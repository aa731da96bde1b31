import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TransportHandler } from "../../src/index.ts";
import { createDialer, tcp, type DialOptions } from "../../src/node/tcp.ts";

const handler: TransportHandler = { onData() {}, onDrain() {}, onClose() {} };

let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});

afterEach(async () => {
  if (!server.listening) return;
  server.close();
  await once(server, "close");
});

describe("what goes wrong while connecting is told in a sentence", () => {
  test("a port nobody listens on", async () => {
    server.close();
    await once(server, "close");
    await expect(tcp({ host: "127.0.0.1", port })(handler)).rejects.toMatchObject({
      name: "TransportError",
      stage: "connect",
      code: "PETREL_TRANSPORT_REFUSED",
      message:
        `nothing listens on 127.0.0.1:${port} (connection refused, ECONNREFUSED); ` +
        "is the server running, and is this its port?",
    });
  });

  test("a name that does not exist", async () => {
    // Offline, DNS can not even say that.
    const code = expect.stringMatching(/^PETREL_TRANSPORT_(HOST_NOT_FOUND|DNS_UNAVAILABLE)$/);
    const message = expect.stringMatching(/^the name nohost\.invalid .*\(DNS: (ENOTFOUND|EAI_AGAIN)\)/);
    await expect(tcp({ host: "nohost.invalid", port: 1883 })(handler)).rejects.toMatchObject({
      stage: "dns",
      code,
      message,
    });
  });

  test("a Unix socket that is not there", async () => {
    await expect(tcp({ path: "/no/such.sock" })(handler)).rejects.toMatchObject({
      code: "PETREL_TRANSPORT_REFUSED",
      message: expect.stringContaining("there is no socket at /no/such.sock (ENOENT)"),
    });
  });

  test("a local address that is not ours", async () => {
    await expect(tcp({ host: "127.0.0.1", port, localAddress: "192.0.2.1" })(handler)).rejects.toMatchObject({
      code: "PETREL_TRANSPORT_LOCAL_ADDRESS",
      message: expect.stringContaining("(EADDRNOTAVAIL at 192.0.2.1); check localAddress and localPort"),
    });
  });
});

describe("the connect timeout", () => {
  // The clock jumps before the event loop has turned once, so no answer can be there yet.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is 10 seconds, and names the address", async () => {
    const connecting = tcp({ host: "127.0.0.1", port })(handler);
    vi.advanceTimersByTime(10_000);
    await expect(connecting).rejects.toMatchObject({
      stage: "connect",
      code: "PETREL_TRANSPORT_TIMED_OUT",
      message:
        `127.0.0.1:${port} did not answer within 10000 ms (connect timeout); ` +
        "check the address, and whether a firewall drops packets to it",
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("tells that the name was not looked up", async () => {
    const connecting = tcp({ host: "localhost", port, connectTimeoutMs: 5 })(handler);
    vi.advanceTimersByTime(5);
    await expect(connecting).rejects.toMatchObject({
      stage: "dns",
      code: "PETREL_TRANSPORT_TIMED_OUT",
      message: "the name localhost was not looked up within 5 ms (connect timeout); does the name server answer?",
    });
  });

  test("leaves DNS less time, if that is wanted", async () => {
    const connecting = tcp({ host: "localhost", port, dnsTimeoutMs: 5 })(handler);
    vi.advanceTimersByTime(5);
    await expect(connecting).rejects.toMatchObject({
      stage: "dns",
      code: "PETREL_TRANSPORT_TIMED_OUT",
      message: "the name localhost was not looked up within 5 ms (DNS timeout); does the name server answer?",
    });
    expect(vi.getTimerCount()).toBe(0);
    const transport = await tcp({ host: "localhost", port, dnsTimeoutMs: 5 })(handler);
    expect(vi.getTimerCount()).toBe(0);
    transport.destroy();
  });

  test("is forgotten once connected, and absent when 0", async () => {
    const [transport, other] = await Promise.all([
      tcp({ host: "127.0.0.1", port })(handler),
      tcp({ host: "127.0.0.1", port, connectTimeoutMs: 0 })(handler),
    ]);
    expect(vi.getTimerCount()).toBe(0);
    transport.destroy();
    other.destroy();
  });
});

describe("options", () => {
  test("the signal's reason is the cause, and the stage is told", async () => {
    const controller = new AbortController();
    const reason = new Error("the user left");
    const connecting = tcp({ host: "localhost", port })(handler, controller.signal);
    controller.abort(reason);
    await expect(connecting).rejects.toMatchObject({ stage: "dns", code: "PETREL_TRANSPORT_ABORTED", cause: reason });
  });

  test("localAddress and localPort are where the connection comes from", async () => {
    const free = createServer().listen({ host: "127.0.0.1", port: 0 });
    await once(free, "listening");
    const localPort = (free.address() as AddressInfo).port;
    free.close();
    await once(free, "close");
    const accepted = once(server, "connection");
    const transport = await tcp({ host: "127.0.0.1", port, localAddress: "127.0.0.1", localPort })(handler);
    const [socket] = await accepted;
    expect(socket).toMatchObject({ remoteAddress: "127.0.0.1", remotePort: localPort });
    transport.destroy();
  });

  test("every other option connects as well", async () => {
    const options: DialOptions = {
      family: 4,
      happyEyeballs: false,
      attemptTimeoutMs: 1_000,
      noDelay: false,
      keepAlive: true,
      keepAliveInitialDelayMs: 30_000,
      highWaterMark: 10,
    };
    const transport = await tcp({ host: "localhost", port, ...options })(handler);
    expect(transport.write(new Uint8Array(10))).toBe(false);
    transport.destroy();
  });

  test("a burst of less than 128 KiB does not wait for the socket", async () => {
    const transport = await tcp({ host: "localhost", port })(handler);
    expect(transport.write(new Uint8Array(131_071))).toBe(true);
    expect(transport.write(new Uint8Array(1))).toBe(false);
    transport.destroy();
  });

  test("a dialer of one's own opens the socket", async () => {
    const direct = createDialer();
    const targets: unknown[] = [];
    const connector = tcp({
      host: "example.invalid",
      port: 8883,
      dial: (target, signal) => {
        targets.push(target);
        return direct({ host: "127.0.0.1", port }, signal);
      },
    });
    const transport = await connector(handler);
    expect(targets).toEqual([{ host: "example.invalid", port: 8883 }]);
    transport.destroy();
  });

  test("impossible ones are refused before a socket opens", () => {
    const target = { host: "localhost", port: 1883 };
    expect(() => tcp({ host: "localhost", port: 70_000 })).toThrow("the port is 70000; it is a whole number from 1 to");
    expect(() => tcp({ ...target, connectTimeoutMs: -1 })).toThrow(
      "connectTimeoutMs is -1; it is a whole number from 0",
    );
    expect(() => tcp({ ...target, connectTimeoutMs: Infinity })).toThrow(RangeError);
    expect(() => tcp({ ...target, family: 5 as 4 })).toThrow("family is 5; it is 4, 6, or 0 for both");
    expect(() => tcp({ ...target, dnsTimeoutMs: -1 })).toThrow("dnsTimeoutMs is -1; it is a whole number from 0");
    expect(() => tcp({ ...target, highWaterMark: 0 })).toThrow("highWaterMark is 0; it is a whole number from 1");
    expect(() => tcp({ ...target, localPort: 65_536 })).toThrow("localPort is 65536");
    expect(() => tcp({ ...target, localAddress: "localhost" })).toThrow(
      "localAddress is localhost; it is an IP address",
    );
  });
});
