/** Each row of docs/migrating.md, "From aiomqtt", is a test of the same name. */

import { createServer } from "node:net";
import { createSecureContext } from "node:tls";
import { readFileSync } from "node:fs";
import {
  type Certificates,
  describeServer,
  freePort,
  makeCertificates,
  type Mosquitto,
  startMicrosocks,
  startMosquitto,
  startTinyproxy,
} from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, createClient } from "../../../src/node/index.ts";
import { connectPacketOf } from "../../support/wire.ts";
import { World } from "../../support/world.ts";

describeServer(["mosquitto", "openssl", "microsocks", "tinyproxy"], () => {
  let server: Mosquitto;
  let secure: Mosquitto;
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const tls = { cert: certificates.file("server.pem"), key: certificates.file("server.key") };
    const users = { anna: "secret" };
    [server, secure] = await Promise.all([
      startMosquitto({ webSocket: true, users }),
      startMosquitto({ tls: { ...tls, clientCa: certificates.file("ca.pem") } }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), secure.stop()]);
    await certificates.remove();
  });
  const credentials = { username: "anna", password: "secret" };
  const file = (name: string): string => certificates.file(name);

  test("async with Client(hostname, port) → await using client = await connect(url)", async () => {
    let used;
    {
      await using client = await connect(server.url, credentials);
      used = client;
      expect(client.state).toBe("online");
    }
    expect(used.state).toBe("closed");
  });

  test("username, password, logger, client_id, keepalive, will, clean_session, clean_start, properties, protocol, transport, timeout → username, password, logger, clientId, keepAlive, will, cleanSession, cleanStart, sessionExpiryInterval and its like, version, the URL's scheme, timeouts", async () => {
    const told: string[] = [];
    const note = (text: string): void => void told.push(text);
    const common = {
      ...credentials,
      keepAlive: 30,
      will: { topic: "wills", payload: "gone", qos: 1, retain: true },
      timeouts: { connect: 5_000, connack: 5_000, request: 5_000 },
      logger: { info: note, warn: note, error: note },
    } as const;
    const v5Url = server.webSocketUrl!;
    const v5 = createClient(v5Url, {
      ...common,
      clientId: "five",
      cleanStart: "first",
      sessionExpiryInterval: 60,
      userProperties: [["site", "kitchen"]],
    });
    const v311 = createClient(server.url, { ...common, version: "3.1.1", clientId: "four", cleanSession: false });
    expect(await connectPacketOf(v5)).toMatchObject({
      protocolVersion: 5,
      clientIdentifier: "five",
      username: "anna",
      keepAlive: 30,
      cleanStart: true,
      will: { topicName: "wills", qos: 1, retain: true },
      properties: { sessionExpiryInterval: 60, userProperties: [["site", "kitchen"]] },
    });
    expect(await connectPacketOf(v311)).toMatchObject({ protocolVersion: 4, cleanStart: false });
    await v5.reconnect();
    expect(v5.state).toBe("online");
    await Promise.all([v5.disconnect(), v311.disconnect()]);
    expect(told).toContain(`petrel: connected to ${v5Url} as "five", session resumed`); // clean_start: first only
    await expect(connect(server.url, { username: "anna", password: "wrong" })).rejects.toMatchObject({
      code: "PETREL_CONNECT_REFUSED",
    });
  });

  test("tls_context → tls: { secureContext }", async () => {
    const secureContext = createSecureContext({
      ca: readFileSync(file("ca.pem")),
      cert: readFileSync(file("client.pem")),
      key: readFileSync(file("client.key")),
    });
    await using client = await connect(secure.url, { tls: { secureContext } });
    expect(client.state).toBe("online");
  });

  test("tls_params(ca_certs, certfile, keyfile, cert_reqs, tls_version, ciphers) → tls: { caFile, certFile, keyFile, rejectUnauthorized, minVersion, maxVersion, ciphers }", async () => {
    const own = { certFile: file("client.pem"), keyFile: file("client.key") };
    const exact = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" } as const;
    await using client = await connect(secure.url, { tls: { ...own, ...exact, caFile: file("ca.pem") } });
    expect(client.state).toBe("online");
    const logger = { warn: () => undefined, error: () => undefined };
    await using unverified = await connect(secure.url, { tls: { ...own, rejectUnauthorized: false }, logger });
    expect(unverified.state).toBe("online");
    await expect(connect(secure.url, { tls: own })).rejects.toMatchObject({ stage: "tls" });
  });

  test("proxy(proxy_type HTTP/SOCKS4/SOCKS5, proxy_addr, proxy_port, proxy_rdns, proxy_username, proxy_password) → proxy: a URL or { url, username, password }, with socks5h and socks4a for remote DNS", async () => {
    await using socks = await startMicrosocks({ username: "bert", password: "proxied" });
    await using http = await startTinyproxy({ username: "bert", password: "proxied" });
    const ways = [
      `socks5://bert:proxied@127.0.0.1:${socks.port}`,
      `socks5h://bert:proxied@127.0.0.1:${socks.port}`,
      { url: `http://127.0.0.1:${http.port}`, username: "bert", password: "proxied" },
    ];
    for (const proxy of ways) {
      await using client = await connect(server.url, { ...credentials, proxy });
      expect(client.state).toBe("online");
    }
    // No SOCKS 4 server is at hand: what one would be asked is in packages/transport/test/integration/proxy.test.ts.
  });

  test("bind_address, bind_port, socket_options → localAddress, localPort, socket: { noDelay, keepAlive, family, highWaterMark }", async () => {
    const from: (string | undefined)[] = [];
    const listener = createServer((socket) => {
      from.push(`${socket.remoteAddress}:${socket.remotePort}`);
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const localPort = await freePort();
    const { port } = listener.address() as { port: number };
    const socket = { noDelay: false, keepAlive: true, family: 4, highWaterMark: 4_096 } as const;
    await connect(`mqtt://127.0.0.1:${port}`, { localAddress: "127.0.0.2", localPort, socket }).catch(() => undefined);
    await new Promise((resolve) => listener.close(resolve));
    expect(from).toEqual([`127.0.0.2:${localPort}`]);
  });

  test("max_concurrent_outgoing_calls, max_inflight_messages, max_queued_messages → maximumConcurrentRequests, maximumInflight, queue.messages", async () => {
    const limits = { maximumConcurrentRequests: 1, maximumInflight: 2, queue: { messages: 3 } };
    const client = createClient(server.url, { ...credentials, ...limits });
    let inflight = 0;
    let most = 0;
    client.on("packetSent", ({ type }) => {
      if (type === "publish") most = Math.max(most, ++inflight);
    });
    client.on("packetReceived", ({ type }) => {
      if (type === "puback") inflight--;
    });
    const accepted = [1, 2, 3].map((number) => client.publish("limits", number, { qos: 1 }));
    await expect(client.publish("limits", 4, { qos: 1 })).rejects.toMatchObject({ code: "PETREL_SEND_QUEUE_FULL" });
    await client.connect();
    await Promise.all(accepted);
    await Promise.all(["a", "b", "c"].map((filter) => client.subscribe(filter)));
    expect(most).toBe(2);
    await client.disconnect();
  });

  test("websocket_path, websocket_headers → websocket: { path, headers }", async () => {
    const { createServer: createHttpServer } = await import("node:http");
    const asked: unknown[] = [];
    const web = createHttpServer();
    web.on("upgrade", ({ url, headers }, socket) => {
      asked.push([url, headers["x-token"]]);
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const { port } = web.address() as { port: number };
    const websocket = { path: "/broker", headers: { "x-token": "t0ken" } };
    await expect(connect(`ws://127.0.0.1:${port}`, { websocket })).rejects.toMatchObject({ stage: "websocket" });
    await new Promise((resolve) => web.close(resolve));
    expect(asked).toEqual([["/broker", "t0ken"]]);
  });

  test("message_retry_set → nothing: messages are sent again after a reconnect only, as MQTT wants it", async () => {
    const world = await World.online({ keepAlive: 0 });
    world.server.automatic = false;
    const published = world.client.publish("slow", 1, { qos: 1 });
    await world.elapse(24 * 3_600_000); // a day without an answer
    expect(world.received()).toEqual(["publish slow:1 q1 #1"]);
    await world.send({ type: "puback", packetIdentifier: 1 });
    expect(await published).toMatchObject({ reasonCode: 0 });
  });

  test("number payloads, one shared client, persistent sessions → publish(topic, 28.4), one client from many places, cleanStart and sessionExpiryInterval", async () => {
    const lasting = { ...credentials, clientId: "lasting", cleanStart: false, sessionExpiryInterval: 60 };
    {
      await using first = await connect(server.url, lasting);
      await first.subscribe("temperature/+", { qos: 1 });
    }
    await using shared = await connect(server.url, credentials);
    const inside = async () => shared.publish("temperature/inside", 28.4, { qos: 1 });
    const outside = async () => shared.publish("temperature/outside", -3, { qos: 1 });
    await Promise.all([inside(), outside()]);
    await using again = await connect(server.url, lasting);
    const readings = await again.subscribe("temperature/+", { qos: 1 });
    const texts = [await readings.next({ timeout: 10_000 }), await readings.next({ timeout: 10_000 })];
    expect(texts.map((message) => String(message?.text())).toSorted()).toEqual(["-3", "28.4"]);
  });
});
