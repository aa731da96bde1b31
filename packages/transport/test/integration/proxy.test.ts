import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Duplex } from "node:stream";
import { once } from "node:events";
import { describeServer, freePort, type ProxyServer, startMicrosocks, startTinyproxy } from "@petrel/servers";
import { TransportError } from "../../src/index.ts";
import { httpProxy } from "../../src/node/http-proxy.ts";
import { proxy } from "../../src/node/proxy.ts";
import { socks } from "../../src/node/socks.ts";
import { type Dialer, tcp, type DialTarget } from "../../src/node/tcp.ts";
import { type ConformanceCase, type ConformanceOptions, transportConformance } from "../../src/testing/index.ts";
import { socketLink } from "../links.ts";
import { hex, replies, scriptedPeer } from "../scripted-peer.ts";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";

const host = "127.0.0.1";
const target: DialTarget = { host: "example.test", port: 1883 };

/** The next bytes from a stream that nobody reads yet. */
async function firstBytes(stream: Duplex): Promise<string> {
  const [bytes] = (await once(stream, "data")) as [Buffer];
  stream.destroy();
  return bytes.toString();
}

async function failureOf(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
}

describe("SOCKS 5", () => {
  const granted = "05 00 00 01 7f 00 00 01 00 00";

  test("asks the proxy to look the name up, and loses no byte that comes with its answer", async () => {
    await using peer = await scriptedPeer(
      replies(hex("05 00"), Buffer.concat([hex(granted), Buffer.from("hello, early bird")])),
    );
    const stream = await proxy(`socks5h://${host}:${peer.port}`)(target);
    expect(await firstBytes(stream)).toBe("hello, early bird");
    expect(peer.received()).toEqual(
      Buffer.concat([hex("05 01 00 05 01 00 03 0c"), Buffer.from("example.test"), hex("07 5b")]),
    );
  });

  test("gives user name and password when the proxy wants them", async () => {
    await using peer = await scriptedPeer(replies(hex("05 02"), hex("01 00"), hex(granted)));
    const stream = await proxy(`socks5h://anna:s%3Acret@${host}:${peer.port}`)(target);
    stream.destroy();
    expect(peer.received().toString("latin1")).toContain("\x05\x02\x00\x02\x01\x04anna\x06s:cret\x05\x01\x00\x03");
  });

  test("asks for addresses as addresses, IPv6 too", async () => {
    await using peer = await scriptedPeer(replies(hex("05 00"), hex("05 00 00 03 01 61 00 00")));
    for (const [address, bytes] of [
      ["192.0.2.7", "01 c0 00 02 07"],
      ["2001:db8::1:2", "04 20 01 0d b8 00 00 00 00 00 00 00 00 00 01 00 02"],
      ["::ffff:192.0.2.7", "04 00 00 00 00 00 00 00 00 00 00 ff ff c0 00 02 07"],
      ["fe80::1%eth0", "04 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01"],
    ] as const) {
      const before = peer.received().length;
      const stream = await socks({ host, port: peer.port })({ host: address, port: 8883 });
      stream.destroy();
      expect(peer.received().subarray(before + 3)).toEqual(hex(`05 01 00 ${bytes} 22 b3`));
    }
  });

  test("socks5 looks the name up here", async () => {
    await using peer = await scriptedPeer(replies(hex("05 00"), hex(granted)));
    const stream = await socks({ host, port: peer.port, kind: "socks5", family: 4 })({ host: "localhost", port: 1883 });
    stream.destroy();
    const request = peer.received().subarray(3);
    expect([request[3], [...request.subarray(-2)]]).toEqual([request.length === 10 ? 1 : 4, [7, 0x5b]]);
    expect(
      await failureOf(socks({ host, port: peer.port, kind: "socks5" })({ ...target, host: "nohost.invalid" })),
    ).toMatchObject({ stage: "dns" });
  });

  test.each([
    [1, "PETREL_TRANSPORT_FAILED", "could not connect; does the name exist"],
    [2, "PETREL_TRANSPORT_FORBIDDEN", "does not permit it by its rules"],
    [3, "PETREL_TRANSPORT_UNREACHABLE", "has no route to its network"],
    [4, "PETREL_TRANSPORT_UNREACHABLE", "has no route to it"],
    [5, "PETREL_TRANSPORT_REFUSED", "found that nothing listens there"],
    [6, "PETREL_TRANSPORT_UNREACHABLE", "TTL expired"],
    [7, "PETREL_TRANSPORT_PROTOCOL", "does not open connections"],
    [8, "PETREL_TRANSPORT_PROTOCOL", "does not know this kind of address"],
    [0xf0, "PETREL_TRANSPORT_FAILED", "could not connect (SOCKS 5 reply 240)"],
  ])("says what the reply %i means", async (reply, code, message) => {
    await using peer = await scriptedPeer(replies(hex("05 00"), Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0])));
    const error = await failureOf(socks({ host, port: peer.port })(target));
    expect(error).toMatchObject({ stage: "proxy", code, message: expect.stringContaining(message) });
    expect(error.message).toContain(`asked for example.test:1883, the proxy 127.0.0.1:${peer.port}`);
  });
});

describe("SOCKS 4", () => {
  test("4a gives the name, 4 the address, both the user id", async () => {
    await using peer = await scriptedPeer(replies(hex("00 5a 00 00 00 00 00 00 68 69")));
    expect(await firstBytes(await proxy(`socks4a://anna@${host}:${peer.port}`)(target))).toBe("hi");
    expect(peer.received()).toEqual(
      Buffer.concat([hex("04 01 07 5b 00 00 00 01"), Buffer.from("anna\0example.test\0")]),
    );
    const before = peer.received().length;
    (await proxy(`socks4://${host}:${peer.port}`)({ host: "192.0.2.7", port: 1 })).destroy();
    expect(peer.received().subarray(before)).toEqual(hex("04 01 00 01 c0 00 02 07 00"));
  });

  test("refusals are told apart", async () => {
    for (const [reply, code] of [
      [0x5b, "PETREL_TRANSPORT_REFUSED"],
      [0x5d, "PETREL_TRANSPORT_UNAUTHORIZED"],
    ] as const) {
      await using peer = await scriptedPeer(replies(Buffer.from([0, reply, 0, 0, 0, 0, 0, 0])));
      expect(await failureOf(proxy(`socks4a://${host}:${peer.port}`)(target))).toMatchObject({ stage: "proxy", code });
    }
    expect(await failureOf(proxy(`socks4://${host}:1`)({ host: "::1", port: 1883 }))).toMatchObject({
      message: "SOCKS 4 has no IPv6 addresses; use socks5://, if the proxy knows it",
    });
  });
});

describe("HTTP CONNECT", () => {
  test("asks with credentials and headers, waits out interim answers, and loses no byte after the answer", async () => {
    await using peer = await scriptedPeer(
      replies("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\nVia: test\r\n\r\nhello, early bird"),
    );
    const dial = proxy({
      url: `http://anna:s%C3%A9cret@${host}:${peer.port}`,
      headers: { "User-Agent": "petrel", "X-Tenant": "7" },
    });
    expect(await firstBytes(await dial({ host: "2001:db8::1", port: 8883 }))).toBe("hello, early bird");
    expect(peer.received().toString()).toBe(
      "CONNECT [2001:db8::1]:8883 HTTP/1.1\r\nHost: [2001:db8::1]:8883\r\n" +
        `Proxy-Authorization: Basic ${Buffer.from("anna:sécret").toString("base64")}\r\n` +
        "User-Agent: petrel\r\nX-Tenant: 7\r\n\r\n",
    );
  });

  test.each([
    [407, "PETREL_TRANSPORT_UNAUTHORIZED", "wants another user name and password (407 Proxy Authentication Required)"],
    [403, "PETREL_TRANSPORT_FORBIDDEN", "many proxies permit port 443 only (403 Forbidden)"],
    [502, "PETREL_TRANSPORT_REFUSED", "could not connect"],
    [504, "PETREL_TRANSPORT_UNREACHABLE", "got no answer from it"],
    [418, "PETREL_TRANSPORT_HTTP_STATUS", "did not connect (418 I'm a Teapot)"],
  ])("says what the status %i means", async (status, code, message) => {
    await using peer = await scriptedPeer(replies(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 4\r\n\r\nsorr`));
    expect(await failureOf(proxy(`http://anna:secret@${host}:${peer.port}`)(target))).toMatchObject({
      stage: "proxy",
      code,
      status,
      message: expect.stringContaining(message),
    });
  });
});

describe.each([
  ["SOCKS 5", "socks5h"],
  ["SOCKS 4", "socks4a"],
  ["HTTP", "http"],
])("%s, when the proxy", (_, scheme) => {
  const through = (port: number, options = {}) =>
    proxy(`${scheme}://u${scheme === "socks4a" ? "" : ":s3cret"}@${host}:${port}`, options);

  test("is not there", async () => {
    const port = await freePort();
    const error = await failureOf(through(port)(target));
    expect(error).toMatchObject({ stage: "proxy", code: "PETREL_TRANSPORT_PROXY_UNREACHABLE" });
    expect(error.message).toContain(`the proxy can not be reached: nothing listens on ${host}:${port}`);
    expect(error.cause).toMatchObject({ stage: "connect", code: "PETREL_TRANSPORT_REFUSED" });
  });

  test("never answers", async () => {
    await using peer = await scriptedPeer(() => {});
    const error = await failureOf(through(peer.port, { proxyTimeoutMs: 50 })(target));
    expect(error).toMatchObject({ stage: "proxy", code: "PETREL_TRANSPORT_TIMED_OUT" });
    expect(error.message).toContain(`the proxy ${host}:${peer.port} did not answer within 50 ms (proxy timeout)`);
    expect(error.message).not.toContain("s3cret");
  });

  test("hangs up", async () => {
    await using peer = await scriptedPeer((socket) => void socket.on("data", () => socket.end()));
    const error = await failureOf(through(peer.port)(target));
    expect(error).toMatchObject({ stage: "proxy", code: "PETREL_TRANSPORT_RESET" });
  });

  test("is something else", async () => {
    await using peer = await scriptedPeer(replies("220 mail.example.test ESMTP ready; how do you do\r\n\r\n"));
    expect(await failureOf(through(peer.port)(target))).toMatchObject({
      stage: "proxy",
      code: "PETREL_TRANSPORT_PROTOCOL",
    });
  });

  test("answers, but the signal was aborted meanwhile", async () => {
    const controller = new AbortController();
    const reason = new Error("the user left");
    await using peer = await scriptedPeer((socket) => void socket.once("data", () => controller.abort(reason)));
    expect(await failureOf(through(peer.port)(target, controller.signal))).toMatchObject({
      stage: "proxy",
      code: "PETREL_TRANSPORT_ABORTED",
      cause: reason,
    });
  });

  test("is asked for a Unix socket", async () => {
    expect(await failureOf(through(1)({ path: "/run/mqtt.sock" }))).toMatchObject({
      message: "/run/mqtt.sock is a Unix socket of this machine; no proxy leads there",
    });
  });
});

describe("options that can not work", () => {
  test.each([
    ["nonsense", "proxy is not a proxy's URL; it looks like socks5h://user:password@host:1080"],
    ["ftp://s3cret@host", "proxy is ftp://…; known are socks, socks4, socks4a, socks5, socks5h, http, https"],
    ["socks5://host:70000", "a port is a whole number from 1 to 65535"],
    ["socks5://a:s3cret/x@host", "proxy is not a proxy's URL"],
    ["http://a:%zzs3cret@host", "write a % in a user name or password as %25"],
    ["socks4://a:s3cret@host", "password is given; SOCKS 4 takes a user name only"],
    [`socks5://${"a".repeat(256)}@host`, "username is too long; SOCKS takes at most 255 bytes"],
    ["http://a%3Ab:s3cret@host", "Basic authentication takes no colon in it"],
  ])("%s", (url, message) => {
    expect(() => proxy(url)).toThrow(message);
    expect(() => proxy(url)).not.toThrow("s3cret");
  });

  test("headers, where there are none or with what can't be in one", () => {
    expect(() => proxy({ url: "socks5://host", headers: { a: "b" } })).toThrow("headers is given; it is for HTTP");
    expect(() => httpProxy({ host, headers: { "a b": "s3cret" } })).toThrow('headers is "a b"');
    expect(() => httpProxy({ host, headers: { a: "s3cret\r\nX: y" } })).toThrow(/^headers is "a"; (?!.*s3cret)/);
  });
});

const portOf = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port;

function conformance(dial: Dialer, options: ConformanceOptions): readonly ConformanceCase[] {
  const open = async () => {
    const { reset: _, ...link } = await socketLink({ host, port: 0 }, (server) =>
      tcp({ host, port: portOf(server), dial }),
    );
    return link;
  };
  return transportConformance(open, options);
}

describe.each([
  ["microsocks", startMicrosocks, "socks5h"],
  ["tinyproxy", startTinyproxy, "http"],
] as const)("a real proxy", (name, start, scheme) => {
  describeServer(name, () => {
    let open: ProxyServer;
    let closed: ProxyServer;
    beforeAll(async () => {
      open = await start();
      closed = await start({ username: "anna", password: "s3cret" });
    });
    afterAll(async () => {
      await open.stop();
      await closed.stop();
    });

    test("lets in who knows the password, to localhost by name", async () => {
      await using peer = await scriptedPeer((socket) => void socket.write("hello"));
      const dial = proxy(`${scheme}://anna:s3cret@${host}:${closed.port}`);
      expect(await firstBytes(await dial({ host: "localhost", port: peer.port }))).toBe("hello");
    });

    test.each(["anna:wr0ng@", ""])("tells that %j is not the password", async (credentials) => {
      const error = await failureOf(proxy(`${scheme}://${credentials}${host}:${closed.port}`)({ host, port: 1883 }));
      expect(error).toMatchObject({ stage: "proxy", code: "PETREL_TRANSPORT_UNAUTHORIZED" });
      expect(error.message).not.toContain("wr0ng");
    });

    test("tells that nothing listens on the target", async () => {
      const error = await failureOf(proxy(`${scheme}://${host}:${open.port}`)({ host, port: await freePort() }));
      expect(error).toMatchObject({ stage: "proxy", code: "PETREL_TRANSPORT_REFUSED" });
    });
  });
});

// Each hop forwards a reset as a plain end.
const without = ["reset"] as const;

describeServer("microsocks", () => {
  describe("keeps the contract", () => {
    let server: ProxyServer;
    beforeAll(async () => void (server = await startMicrosocks()));
    afterAll(() => server.stop());
    const dial: Dialer = (to, signal) => proxy(`socks5h://${host}:${server.port}`)(to, signal);
    for (const { name, run } of conformance(dial, { without: [...without, "half-close"] })) test(name, run);
  });
});

describe("an HTTP proxy keeps the contract", () => {
  let server: Server;
  beforeAll(async () => {
    server = createHttpServer().on("connect", (request: IncomingMessage, near: Socket, head: Buffer) => {
      const { hostname, port } = new URL(`http://${request.url}`);
      const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
        near.allowHalfOpen = true;
        near.write("HTTP/1.1 200 Connection established\r\n\r\n");
        far.write(head);
        near.pipe(far).pipe(near);
      });
      near.on("error", () => far.destroy()).on("close", () => far.end());
      far.on("error", () => near.destroy()).on("close", () => near.end());
    });
    server.listen(0, host);
    await once(server, "listening");
  });
  afterAll(() => void server.close());
  const dial: Dialer = (to, signal) => proxy(`http://${host}:${portOf(server)}`)(to, signal);
  // The sockets of the proxy are in this process, too, so what is left cannot be told.
  for (const { name, run } of conformance(dial, { without })) test(name, run);
});
