import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type Server } from "node:http";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { type Certificates, describeServer, makeCertificates } from "@petrel/servers";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer, type ServerOptions } from "ws";
import type { Transport, TransportHandler } from "../../src/index.ts";
import { proxy } from "../../src/node/proxy.ts";
import { createTlsDialer } from "../../src/node/tls.ts";
import { websocket, type WebSocketOptions } from "../../src/node/websocket.ts";
import { websocket as nativeWebSocket } from "../../src/web/index.ts";
import { replies, scriptedPeer } from "../scripted-peer.ts";

const host = "127.0.0.1";

/** Collects what it hears. */
class Listener implements TransportHandler {
  readonly chunks: Uint8Array[] = [];
  readonly closed: Promise<Error | undefined>;
  #close: (cause: Error | undefined) => void = () => {};
  constructor() {
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }
  onData(bytes: Uint8Array): void {
    this.chunks.push(bytes);
  }
  onDrain(): void {}
  onClose(cause?: Error): void {
    this.#close(cause);
  }
}

let server: Server;
let port: number;
let requests: IncomingMessage[];
let serve: (webSocket: WebSocket) => void;
let serverOptions: ServerOptions;

beforeEach(async () => {
  requests = [];
  serverOptions = { noServer: true };
  serve = () => {};
  server = createServer();
  server.on("upgrade", (request, socket, head) => {
    requests.push(request);
    new WebSocketServer(serverOptions).handleUpgrade(request, socket, head, (webSocket) => serve(webSocket));
  });
  server.listen(0, host);
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const open = (
  options: Partial<WebSocketOptions> = {},
  handler: TransportHandler = new Listener(),
): Promise<Transport> => websocket({ host, port, ...options })(handler);

describe("the request", () => {
  test("asks for /mqtt and the subprotocol mqtt, without compression", async () => {
    (await open()).destroy();
    expect(requests[0]).toMatchObject({
      url: "/mqtt",
      headers: { "sec-websocket-protocol": "mqtt", host: `${host}:${port}` },
    });
    expect(requests[0]!.headers).not.toHaveProperty("sec-websocket-extensions");
    expect(requests[0]!.headers).not.toHaveProperty("origin"); // there is no page that it could name
  });

  test("has path, query, headers and subprotocol as given", async () => {
    const transport = await open({
      path: "/a?b=c",
      query: { token: "x y&z" },
      headers: { authorization: "Bearer 1", host: "elsewhere.test" },
      subprotocol: "mqttv3.1",
      compression: true,
    });
    transport.destroy();
    expect(requests[0]).toMatchObject({
      url: "/a?b=c&token=x+y%26z",
      headers: {
        authorization: "Bearer 1",
        host: "elsewhere.test",
        "sec-websocket-protocol": "mqttv3.1",
        "sec-websocket-extensions": expect.stringContaining("permessage-deflate"),
      },
    });
  });

  test("asks functions for the query and the headers, for each connection, with what would be sent", async () => {
    let signatures = 0;
    const seen: unknown[] = [];
    const connector = websocket({
      host,
      port,
      query: async () => `signature=${++signatures}`,
      headers: (defaults, url) => {
        seen.push([defaults, url]);
        return { ...defaults, "x-url": url };
      },
    });
    for (const _ of [1, 2]) (await connector(new Listener())).destroy();
    const url = (signature: number) => `ws://${host}:${port}/mqtt?signature=${signature}`;
    expect(seen).toEqual([1, 2].map((signature) => [{ host: `${host}:${port}` }, url(signature)]));
    expect(requests.map(({ headers }) => headers["x-url"])).toEqual([url(1), url(2)]);
  });

  test("may go through an agent", async () => {
    const agent = new Agent({ keepAlive: true });
    (await open({ agent })).destroy();
    expect(requests).toHaveLength(1);
    agent.destroy();
    expect(() => websocket({ host, port, agent, dial: proxy("socks5://h") })).toThrow("agent is given");
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no token");
      },
      "the function given as websocket.headers failed: no token",
    ],
    ["answers what can't be a header", () => ({ "a b": "s3cret" }), 'headers is "a b"'],
    [
      "never answers",
      () => new Promise<never>(() => {}),
      "websocket.headers did not answer within 50 ms (websocket timeout)",
    ],
  ])("fails when a function %s", async (_, headers, message) => {
    await expect(open({ headers, websocketTimeoutMs: 50 })).rejects.toThrow(message);
    expect(requests).toEqual([]);
  });
});

describe("a server that does not open the WebSocket", () => {
  test.each([
    [401, "PETREL_TRANSPORT_UNAUTHORIZED", "401 Unauthorized; it wants other credentials"],
    [403, "PETREL_TRANSPORT_FORBIDDEN", "403 Forbidden; it does not permit this"],
    [404, "PETREL_TRANSPORT_HTTP_STATUS", "404 Not Found; there is nothing at this path; check websocket.path"],
    [200, "PETREL_TRANSPORT_HTTP_STATUS", "200 OK; this is an ordinary web page"],
    [503, "PETREL_TRANSPORT_HTTP_STATUS", "503 Service Unavailable; the server is overloaded"],
    [599, "PETREL_TRANSPORT_HTTP_STATUS", "599 Custom; the server's log may tell why"],
  ])("answers with the status %i", async (status, code, message) => {
    const text = message.slice(4, message.indexOf(";"));
    await using peer = await scriptedPeer(replies(`HTTP/1.1 ${status} ${text}\r\nContent-Length: 0\r\n\r\n`));
    const connecting = open({ port: peer.port, path: "/mqtt", query: "token=s3cret" });
    const says = `${host}:${peer.port} answered the WebSocket request for /mqtt with ${message}`;
    await expect(connecting).rejects.toMatchObject({
      stage: "websocket",
      code,
      status,
      message: expect.stringContaining(says),
    });
    await expect(connecting).rejects.not.toThrow("s3cret");
  });

  test("redirects: it is said where to, and not followed", async () => {
    const location = "wss://user:s3cret@elsewhere.test/mqtt?token=s3cret";
    await using peer = await scriptedPeer(replies(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`));
    await expect(open({ port: peer.port })).rejects.toThrow(
      /302 Found; connect to wss:\/\/elsewhere\.test\/mqtt instead$/,
    );
  });

  test("agrees to no subprotocol", async () => {
    serverOptions = { noServer: true, handleProtocols: () => false };
    await expect(open()).rejects.toMatchObject({
      stage: "websocket",
      code: "PETREL_TRANSPORT_PROTOCOL",
      message: expect.stringContaining("did not agree to the subprotocol mqtt"),
    });
  });

  test("does not speak HTTP", async () => {
    await using peer = await scriptedPeer(replies(Uint8Array.of(0x20, 2, 0, 0)));
    await expect(open({ port: peer.port })).rejects.toMatchObject({ code: "PETREL_TRANSPORT_PROTOCOL" });
  });

  test("hangs up", async () => {
    await using peer = await scriptedPeer((socket) => void socket.once("data", () => socket.end()));
    await expect(open({ port: peer.port })).rejects.toMatchObject({
      stage: "websocket",
      code: "PETREL_TRANSPORT_RESET",
    });
  });

  test("never answers", async () => {
    await using peer = await scriptedPeer(() => {});
    await expect(open({ port: peer.port, websocketTimeoutMs: 50 })).rejects.toMatchObject({
      stage: "websocket",
      code: "PETREL_TRANSPORT_TIMED_OUT",
      message: expect.stringContaining("did not answer the WebSocket request within 50 ms (websocket timeout)"),
    });
  });
});

const ways = {
  ws: (handler: TransportHandler) => open({}, handler),
  "the platform's WebSocket": (handler: TransportHandler) =>
    nativeWebSocket({ url: `ws://${host}:${port}/mqtt`, WebSocket })(handler),
};

describe.each(Object.entries(ways))("over %s, a server that", (_, connect) => {
  const causeAfter = async (act: (webSocket: WebSocket) => void): Promise<Error | undefined> => {
    serve = act;
    const listener = new Listener();
    await connect(listener);
    return listener.closed;
  };

  test("sends a text frame is left", async () => {
    const told = new Promise<number>((resolve) => {
      serve = (webSocket) => {
        webSocket.on("close", resolve);
        webSocket.send("hello");
      };
    });
    const listener = new Listener();
    await connect(listener);
    expect(await listener.closed).toMatchObject({
      code: "PETREL_TRANSPORT_PROTOCOL",
      message: expect.stringContaining("sent a WebSocket text frame; MQTT is carried by binary frames [MQTT-6.0.0-1]"),
    });
    expect(listener.chunks).toEqual([]);
    expect([1003, 1005]).toContain(await told);
  });

  test.each([
    [1000, undefined],
    [1001, 'closed the WebSocket with code 1001 and said "bye": it is going away'],
    [1008, "it refuses this by its policy"],
    [1011, "it has run into an error of its own"],
    [4321, "it has a reason of its own"],
  ])("closes with the code %i", async (code, message) => {
    const cause = await causeAfter((webSocket) => webSocket.close(code, "bye"));
    if (message === undefined) expect(cause).toBeUndefined();
    else
      expect(cause).toMatchObject({
        stage: "stream",
        code: "PETREL_TRANSPORT_CLOSED",
        message: expect.stringContaining(message),
      });
  });

  test("is gone without a close frame", async () => {
    const cause = await causeAfter((webSocket) => webSocket.terminate());
    expect(cause).toMatchObject({ stage: "stream", code: "PETREL_TRANSPORT_RESET" });
  });

  test("sends one message in fragments, and empty ones", async () => {
    const listener = new Listener();
    serve = (webSocket) => {
      webSocket.send(Uint8Array.of(1, 2), { fin: false });
      webSocket.send(new Uint8Array(0), { fin: false });
      webSocket.send(Uint8Array.of(3), { fin: true });
      webSocket.send(new Uint8Array(0));
      webSocket.close(1000);
    };
    await connect(listener);
    expect(await listener.closed).toBeUndefined();
    expect(Buffer.concat(listener.chunks)).toEqual(Buffer.of(1, 2, 3));
  });
});

test("a message beyond maxPayload ends the connection before it is all here", async () => {
  serve = (webSocket) => webSocket.on("error", () => {}).send(new Uint8Array(1_001));
  const listener = new Listener();
  await open({ maxPayload: 1_000 }, listener);
  expect(await listener.closed).toMatchObject({
    code: "PETREL_TRANSPORT_PROTOCOL",
    message: expect.stringContaining("sent a larger WebSocket message than may come (maxPayload)"),
  });
});

test("a message that unpacks to more than maxPayload ends the connection, however little is sent", async () => {
  serverOptions = { noServer: true, perMessageDeflate: { threshold: 0 } };
  serve = (webSocket) => webSocket.on("error", () => {}).send(new Uint8Array(4_000_000), { compress: true });
  const listener = new Listener();
  await open({ maxPayload: 1_000_000, compression: true }, listener);
  expect(await listener.closed).toMatchObject({ code: "PETREL_TRANSPORT_PROTOCOL" });
  expect(requests[0]!.socket.bytesWritten).toBeLessThan(100_000);
  expect(listener.chunks).toEqual([]);
});

test("what can't be stopped and is not read ends the connection at a limit", async () => {
  serve = (webSocket) => webSocket.on("error", () => {}).send(new Uint8Array(1_001));
  const listener = new Listener();
  const transport = await nativeWebSocket({ url: `ws://${host}:${port}`, WebSocket, maximumHeldBytes: 1_000 })(
    listener,
  );
  transport.pause();
  expect(await listener.closed).toMatchObject({ code: "PETREL_TRANSPORT_OVERFLOW" });
});

test.each<[Partial<WebSocketOptions>, string]>([
  [{ path: "/a b" }, "path is"],
  [{ path: "/a#b" }, "path is"],
  [{ query: "a#b" }, "query is given"],
  [{ subprotocol: "" }, "subprotocol is"],
  [{ maxPayload: -1 }, "maxPayload is -1"],
  [{ websocketTimeoutMs: 1.5 }, "websocketTimeoutMs is 1.5"],
  [{ headers: { a: "s3cret\n" } }, 'headers is "a"'],
])("%j is refused before anything is opened", (options, message) => {
  expect(() => websocket({ host, port, ...options })).toThrow(message);
  expect(() => websocket({ host, port, ...options })).not.toThrow("s3cret");
});

describeServer("openssl", () => {
  let certificates: Certificates;
  beforeAll(async () => void (certificates = await makeCertificates()));
  afterAll(() => certificates.remove());

  test("TLS inside a proxy that is itself spoken to over TLS", async () => {
    const credentials = {
      cert: readFileSync(certificates.file("server.pem")),
      key: readFileSync(certificates.file("server.key")),
    };
    const secured = createTlsServer(credentials, (socket) => socket.end("hello")).listen(0, host);
    const proxyServer = createTlsServer(credentials, (near) => {
      near.once("data", (head) => {
        expect(head.toString()).toContain("CONNECT localhost:");
        const far = connect((secured.address() as AddressInfo).port, host, () => {
          near.write("HTTP/1.1 200 OK\r\n\r\n");
          near.pipe(far).pipe(near);
        });
        far.on("error", () => near.destroy());
        near.on("error", () => far.destroy());
      });
    }).listen(0, host);
    await Promise.all([once(secured, "listening"), once(proxyServer, "listening")]);
    const caFile = certificates.file("ca.pem");
    const url = `https://localhost:${(proxyServer.address() as AddressInfo).port}`;
    const target = { host: "localhost", port: (secured.address() as AddressInfo).port };
    const stream = await createTlsDialer({ caFile, dial: proxy({ url, tls: { caFile } }) })(target);
    const [hello] = (await once(stream, "data")) as [Buffer];
    expect(hello.toString()).toBe("hello");
    stream.destroy();
    await expect(createTlsDialer({ caFile, dial: proxy({ url }) })(target)).rejects.toMatchObject({
      stage: "proxy",
      code: "PETREL_TRANSPORT_PROXY_UNREACHABLE",
      cause: { stage: "tls" },
    });
    secured.close();
    proxyServer.close();
  });
});
