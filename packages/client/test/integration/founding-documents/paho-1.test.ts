/** Each row of docs/migrating.md, "From paho 1.x", is a test of the same name. */

import { getServers, setServers } from "node:dns";
import { connect as connectSocket, createServer, type AddressInfo } from "node:net";
import { createSecureContext } from "node:tls";
import { readFileSync } from "node:fs";
import {
  type Certificates,
  describeServer,
  makeCertificates,
  type Mosquitto,
  startDns,
  startMosquitto,
} from "@petrel/servers";
import { MqttSession } from "@petrel/session";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Client,
  connect,
  createClient,
  matchTopic,
  publishOnce,
  reasonText,
  subscribeEach,
  subscribeOnce,
  type Version,
} from "../../../src/node/index.ts";
import { connectPacketOf } from "../../support/wire.ts";

describeServer(["mosquitto", "openssl"], () => {
  let server: Mosquitto;
  let secure: Mosquitto;
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const tls = { cert: certificates.file("wrong-host.pem"), key: certificates.file("wrong-host.key") };
    [server, secure] = await Promise.all([
      startMosquitto({ webSocket: true, users: { anna: "secret" } }),
      startMosquitto({ tls }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), secure.stop()]);
    await certificates.remove();
  });
  const credentials = { username: "anna", password: "secret" };

  test('Client(client_id, clean_session, userdata, protocol, transport), MQTT 3.1 and 3.1.1 → clientId, cleanSession, closures instead of userdata, version: "3.1" or "3.1.1", the URL\'s scheme', async () => {
    for (const version of ["3.1", "3.1.1"] as const) {
      for (const url of [server.url, server.webSocketUrl!]) {
        const client = createClient(url, { ...credentials, version, clientId: "old", cleanSession: false });
        const userdata = { heard: 0 };
        expect(await connectPacketOf(client)).toMatchObject({
          protocolVersion: version === "3.1" ? 3 : 4,
          clientIdentifier: "old",
          cleanStart: false,
        });
        const messages = await client.subscribe("a", { qos: 1 }, () => userdata.heard++);
        await client.publish("a", "1", { qos: 1 });
        await messages.unsubscribe();
        await client.disconnect();
        expect(userdata.heard).toBe(1);
      }
    }
  });

  test("reinitialise, max_inflight_messages_set, max_queued_messages_set, ws_set_options (callable headers), tls_set, tls_set_context, tls_insecure_set, username_pw_set, will_set, will_clear, reconnect_delay_set → reinitialise(options) and the options maximumInflight, queue.messages, websocket.headers: a function, tls, tls.secureContext, tls.checkHostname: false, username, password, will, reconnect", async () => {
    const caFile = certificates.file("ca.pem");
    await expect(connect(secure.url, { tls: { caFile } })).rejects.toMatchObject({ stage: "tls" }); // another host's
    await (await connect(secure.url, { tls: { caFile, checkHostname: false } })).disconnect();
    const secureContext = createSecureContext({ ca: readFileSync(caFile) });
    await (await connect(secure.url, { tls: { secureContext, checkHostname: false } })).disconnect();

    const will = { topic: "wills", payload: "gone" };
    const asked: unknown[] = [];
    const options = {
      ...credentials,
      will,
      maximumInflight: 5,
      queue: { messages: 10 },
      reconnect: { initialDelay: 5 },
    };
    const headers = (defaults: Readonly<Record<string, string>>) => {
      asked.push(Object.keys(defaults));
      return { ...defaults, "x-token": "t0ken" };
    };
    const client = createClient(server.webSocketUrl!, { ...options, websocket: { headers } });
    expect(await connectPacketOf(client)).toMatchObject({ will: { topicName: "wills" }, username: "anna" });
    expect([asked.length, client.connection?.send.receiveMaximum]).toEqual([1, 5]);
    await client.reinitialise({ ...credentials, clientId: "another" });
    const packet = await connectPacketOf(client);
    expect(packet).toMatchObject({ clientIdentifier: "another" });
    expect(packet).not.toHaveProperty("will.topicName"); // will_clear
    await client.disconnect();
  });

  test("connect, connect_async, connect_srv, reconnect, disconnect → connect(), createClient().connect(), mqtt+srv://, client.reconnect(), client.disconnect()", async () => {
    const systemServers = getServers();
    const records = [{ target: "127.0.0.1", port: server.port, priority: 1, weight: 0 }];
    await using dns = await startDns({ "_mqtt._tcp.example.test": records });
    try {
      setServers([dns.address]);
      await (await connect("mqtt+srv://example.test", credentials)).disconnect();
    } finally {
      setServers(systemServers);
    }
    const client = createClient(server.url, credentials);
    const connecting = client.connect(); // not awaited: connect_async
    expect(client.state).toBe("connecting");
    await connecting;
    await client.reconnect();
    expect(client.statistics().connections).toBe(2);
    await client.disconnect();
    expect(client.state).toBe("closed");
  });

  test("loop, loop_start, loop_forever(retry_first_connection), loop_read, loop_write, loop_misc, socket, want_write → nothing, for the event loop is Node's; reconnect.retryInitial; MqttSession for a loop of your own", async () => {
    const port = await closedPort();
    const client = createClient(`mqtt://127.0.0.1:${port}`, { reconnect: { retryInitial: true, initialDelay: 1 } });
    const again = new Promise<void>((resolve) => {
      client.on("connecting", ({ attempt }) => {
        if (attempt === 3) resolve();
      });
    });
    const connecting = client.connect().catch((error: Error) => error);
    await again;
    await client.disconnect();
    expect(await connecting).toMatchObject({ code: "PETREL_CLIENT_CLOSED" });

    // examples/foreign-loop is a whole program.
    const session = new MqttSession<string>({ username: "anna", password: new TextEncoder().encode("secret") });
    const socket = connectSocket(server.port, "127.0.0.1");
    const now = (): number => performance.now();
    const loopWrite = (): void => {
      for (let bytes = session.takeOutput(); bytes !== undefined; bytes = session.takeOutput()) socket.write(bytes);
    };
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      socket.on("connect", () => {
        session.handleOpen(now());
        loopWrite();
      });
      socket.on("data", (bytes) => {
        session.handleBytes(bytes, now());
        for (const event of session.takeEvents()) {
          events.push(event.type);
          if (event.type === "connected") session.publish({ topicName: "a", payload: "1", qos: 1 }, "mine", now());
          if (event.type === "published") session.disconnect({}, now());
        }
        expect(session.nextTimeout() ?? Infinity).toBeGreaterThan(now());
        loopWrite();
        if (session.phase === "disconnecting") socket.end();
      });
      socket.on("close", () => {
        session.handleClose(now());
        resolve();
      });
    });
    expect(events).toEqual(expect.arrayContaining(["connected", "published"]));
  });

  test("publish → MQTTMessageInfo (rc, mid, is_published, wait_for_publish) → Publication (reasonCode, packetIdentifier, settled, await)", async () => {
    await using client = await connect(server.url, credentials);
    const publication = client.publish("a", "1", { qos: 1 });
    expect(publication.settled).toBe(false);
    const result = await publication;
    expect(result.reasonCode).toBeLessThan(0x80);
    expect(result.packetIdentifier).toBe(publication.packetIdentifier);
    expect(publication).toMatchObject({ settled: true, state: "settled", packetIdentifier: expect.any(Number) });
  });

  test("subscribe in three shapes, unsubscribe one or many → a filter, a list, or a record; unsubscribe the same", async () => {
    await using client = await connect(server.url, credentials);
    const one = await client.subscribe("a", { qos: 2 });
    const list = await client.subscribe(["b", "c"], { qos: 1 });
    const record = await client.subscribe({ d: { qos: 0 }, e: { qos: 2 } });
    expect([one, list, record].map(({ granted }) => granted.map(({ filter, qos }) => `${filter} ${qos}`))).toEqual([
      ["a 2"],
      ["b 1", "c 1"],
      ["d 0", "e 2"],
    ]);
    expect(await client.unsubscribe("a")).toEqual([0]);
    expect(await client.unsubscribe(["b", "c", "d", "e"])).toEqual([0, 0, 0, 0]);
  });

  test("on_connect, on_disconnect, on_message, message_callback_add, message_callback_remove, on_publish, on_subscribe, on_unsubscribe, on_log → connected, disconnected and message events, route(filter, handler) and what it returns, awaited results, logger", async () => {
    const told: string[] = [];
    const logger = { info: (text: string) => void told.push(text), warn: () => undefined, error: () => undefined };
    const client: Client<Version> = createClient(server.url, { ...credentials, logger });
    const heard: string[] = [];
    client.on("connected", ({ sessionPresent }) => heard.push(`connected ${sessionPresent}`));
    client.on("disconnected", ({ by }) => heard.push(`disconnected by ${by}`));
    client.on("message", ({ topic }) => heard.push(`message ${topic}`));
    const removeFirst = client.route("kitchen/+", ({ topic }) => heard.push(`first ${topic}`));
    client.route("kitchen/#", ({ topic }) => heard.push(`second ${topic}`)); // all that match are called
    await client.connect();
    const subscription = await client.subscribe("end", { qos: 1 });
    await client.subscribe({ "kitchen/#": { qos: 1 }, "cellar/#": { qos: 1 } }, () => undefined);
    const [, , published] = await Promise.all([
      client.publish("kitchen/lamp", "on", { qos: 1 }),
      client.publish("end", "1", { qos: 1 }),
      client.publish("other", "1", { qos: 1 }),
    ]);
    expect(published.packetIdentifier).toBeDefined();
    await subscription.next({ timeout: 10_000 });
    removeFirst();
    await client.publish("kitchen/lamp", "off", { qos: 1 });
    await client.publish("end", "2", { qos: 1 });
    await subscription.next({ timeout: 10_000 });
    await client.disconnect();
    expect(heard.toSorted()).toEqual(
      [
        "connected false",
        "first kitchen/lamp",
        "second kitchen/lamp",
        "second kitchen/lamp",
        "disconnected by client",
      ].toSorted(),
    );
    expect(told.some((text) => text.startsWith("petrel: connected"))).toBe(true);
  });

  test("topic_matches_sub, connack_string, error_string → matchTopic, reasonText, an error's message", async () => {
    expect([matchTopic("a/+/c", "a/b/c"), matchTopic("a/#", "b"), matchTopic("#", "$SYS/a")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(reasonText(0x87)).toMatch(/not authorized/i);
    const error: Error = await connect(server.url).then(
      () => expect.unreachable("it connected"),
      (reason: Error) => reason,
    );
    expect(error.message).toMatch(/the server refused the connection: not authorized/i);
  });

  test("publish.single, publish.multiple, subscribe.simple, subscribe.callback → publishOnce, publishOnce with a list, subscribeOnce, subscribeEach", async () => {
    await publishOnce(server.url, { topic: "once/a", payload: "1", qos: 1, retain: true }, credentials);
    const two = [
      { topic: "once/b", payload: "2", qos: 1, retain: true },
      { topic: "once/c", payload: "3", qos: 2, retain: true },
    ] as const;
    await publishOnce(server.url, two, credentials);
    expect((await subscribeOnce(server.url, "once/a", { ...credentials, timeout: 10_000 })).text()).toBe("1");
    const all = await subscribeOnce(server.url, "once/+", { ...credentials, timeout: 10_000, count: 3 });
    expect(all.map((message) => message.text()).toSorted()).toEqual(["1", "2", "3"]);
    const controller = new AbortController();
    const heard: string[] = [];
    const hear = (message: { text(): string }): void => {
      heard.push(message.text());
      if (heard.length === 3) controller.abort();
    };
    await subscribeEach(server.url, "once/+", hear, { ...credentials, signal: controller.signal });
    expect(heard.toSorted()).toEqual(["1", "2", "3"]);
  });
});

async function closedPort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
