import {
  type Certificates,
  describeServer,
  freePort,
  makeCertificates,
  type Mosquitto,
  type ProxyServer,
  startMicrosocks,
  startMosquitto,
  startTinyproxy,
} from "@petrel/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type ClientOptions } from "../../src/node/index.ts";

describeServer(["mosquitto", "openssl", "microsocks", "tinyproxy"], () => {
  let certificates: Certificates;
  let plain: Mosquitto;
  let secure: Mosquitto;
  let socks: ProxyServer;
  let http: ProxyServer;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const tls = { cert: certificates.file("server.pem"), key: certificates.file("server.key") };
    [plain, secure, socks, http] = await Promise.all([
      startMosquitto({ webSocket: true }),
      startMosquitto({ webSocket: true, tls }),
      startMicrosocks({ username: "anna", password: "s3cret" }),
      startTinyproxy({ username: "anna", password: "s3cret" }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([plain, secure, socks, http].map((server) => server.stop()));
    await certificates.remove();
  });

  const servers = {
    TCP: () => plain.url,
    TLS: () => secure.url,
    WebSocket: () => plain.webSocketUrl!,
    "secure WebSocket": () => secure.webSocketUrl!,
  };
  const proxies: Record<string, () => string | undefined> = {
    directly: () => undefined,
    "through SOCKS 5": () => `socks5h://anna:s3cret@127.0.0.1:${socks.port}`,
    "through HTTP CONNECT": () => `http://anna:s3cret@127.0.0.1:${http.port}`,
  };
  const versions = ["3.1.1", "5.0"] as const;
  const ways = Object.entries(servers).flatMap(([server, url]) =>
    Object.entries(proxies).flatMap(([how, proxy]) =>
      versions.map((version) => ({ server, url, how, proxy, version })),
    ),
  );

  test.each(ways)("exchanges a QoS 2 message over $server $how, MQTT $version", async ({ url, proxy, version }) => {
    const tls = /^(mqtts|wss):/.test(url()) ? { caFile: certificates.file("ca.pem") } : undefined;
    await using client = await connect(url(), { version, proxy: proxy(), tls });
    const messages = await client.subscribe("kitchen/+", { qos: 2 });
    await client.publish("kitchen/temperature", "21.5", { qos: 2 });
    for await (const message of messages) {
      expect([message.topic, message.text(), message.qos]).toEqual(["kitchen/temperature", "21.5", 2]);
      break;
    }
  });

  describe("what fails on the way says at which stage", () => {
    const failure = (url: string, options: ClientOptions) =>
      connect(url, { reconnect: false, ...options }).then(
        () => expect.unreachable("it connected"),
        (error: Error) => error,
      );

    test.each([
      [
        "a wrong password for the proxy",
        () => ({ proxy: `socks5://anna:wr0ng@127.0.0.1:${socks.port}` }),
        "UNAUTHORIZED",
      ],
      ["no password for the proxy", () => ({ proxy: `http://127.0.0.1:${http.port}` }), "UNAUTHORIZED"],
    ])("%s", async (_, options, code) => {
      const error = await failure(plain.url, options());
      expect(error).toMatchObject({ stage: "proxy", code: `PETREL_TRANSPORT_${code}` });
      expect(error.message).not.toContain("wr0ng");
    });

    test("a proxy that is not there, and one that finds nobody", async () => {
      const port = await freePort();
      expect(await failure(plain.url, { proxy: `http://127.0.0.1:${port}` })).toMatchObject({
        stage: "proxy",
        code: "PETREL_TRANSPORT_PROXY_UNREACHABLE",
      });
      expect(await failure(`ws://127.0.0.1:${port}`, { proxy: proxies["through SOCKS 5"]!() })).toMatchObject({
        stage: "proxy",
        code: "PETREL_TRANSPORT_REFUSED",
      });
    });

    test("a certificate that nobody vouches for, inside a proxy and under a WebSocket", async () => {
      const proxy = proxies["through HTTP CONNECT"]!();
      expect(await failure(secure.webSocketUrl!, { proxy })).toMatchObject({ stage: "tls" });
    });

    test("a WebSocket at a port that speaks MQTT", async () => {
      expect(await failure(plain.url.replace("mqtt", "ws"), {})).toMatchObject({ stage: "websocket" });
    });
  });

  test("the environment's proxy is used when asked for, and not for what NO_PROXY names", async () => {
    const before = { ...process.env };
    try {
      process.env["ALL_PROXY"] = `socks5://127.0.0.1:${await freePort()}`;
      delete process.env["HTTP_PROXY"];
      delete process.env["http_proxy"];
      process.env["NO_PROXY"] = "";
      await (await connect(plain.url)).disconnect();
      await expect(connect(plain.url, { proxy: "environment" })).rejects.toMatchObject({ stage: "proxy" });
      process.env["NO_PROXY"] = "127.0.0.0/8";
      await (await connect(plain.url, { proxy: "environment" })).disconnect();
    } finally {
      process.env = before;
    }
  });
});
