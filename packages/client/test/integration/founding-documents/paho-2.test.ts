/** Each row of docs/migrating.md, "From paho 2.x", is a test of the same name. */

import { createServer, type AddressInfo } from "node:net";
import {
  type Certificates,
  describeServer,
  freePort,
  makeCertificates,
  type Mosquitto,
  startMicrosocks,
  startMosquitto,
} from "@petrel/servers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connect, createClient, TransportError } from "../../../src/node/index.ts";
import { connectPacketOf } from "../../support/wire.ts";
import { watch, World } from "../../support/world.ts";

describeServer(["mosquitto", "openssl", "microsocks"], () => {
  let server: Mosquitto;
  let secure: Mosquitto;
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const tls = { cert: certificates.file("server.pem"), key: certificates.file("server.key") };
    [server, secure] = await Promise.all([
      startMosquitto(),
      startMosquitto({ tls: { ...tls, clientCa: certificates.file("ca.pem") } }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), secure.stop()]);
    await certificates.remove();
  });

  test("MQTT 5.0 properties and reason codes in every callback → properties and reasonCode on every result, error and event", async () => {
    const world = await World.online();
    const said = { reasonString: "because", userProperties: [["a", "b"]] } as const;
    world.server.automatic = false;
    const published = world.client.publish("a", "1", { qos: 1 });
    const subscribed = watch(world.client.subscribe("b"));
    await world.settle();
    await world.send(
      { type: "puback", packetIdentifier: 1, reasonCode: 0x10, properties: said },
      { type: "suback", packetIdentifier: 2, reasonCodes: [0x87], properties: said },
      { type: "publish", topicName: "c", payload: "", properties: { contentType: "x" } },
    );
    expect(await published).toMatchObject({ reasonCode: 0x10, ...said });
    expect(subscribed.error).toMatchObject({ packet: { properties: said }, failures: [{ reasonCode: 0x87 }] });
    expect(world.eventsOf("message")[0]?.properties).toMatchObject({ contentType: "x" });
    await world.send({ type: "disconnect", reasonCode: 0x8b, properties: said });
    expect(world.eventsOf("disconnected")[0]).toMatchObject({ reasonCode: 0x8b, packet: { properties: said } });
    await using client = await connect(server.url);
    expect((await client.publish("nobody/listens", "1", { qos: 1 })).reasonCode).toBe(0x10);
  });

  test('manual_ack, ack(mid, qos) → acknowledge: "manual", message.acknowledge()', async () => {
    const lasting = { clientId: "manual", cleanStart: false, sessionExpiryInterval: 60 };
    const client = await connect(server.url, lasting);
    const jobs = await client.subscribe("jobs", { qos: 1, acknowledge: "manual" });
    for (const number of [1, 2]) await client.publish("jobs", number, { qos: 1 });
    const first = await jobs.next({ timeout: 10_000 });
    first!.acknowledge();
    await jobs.next({ timeout: 10_000 }); // not acknowledged: it comes again
    await client.ping();
    client.destroy();
    await using again = await connect(server.url, lasting);
    const rest = await again.subscribe("jobs", { qos: 1 });
    const message = await rest.next({ timeout: 10_000 });
    expect([message?.text(), message?.duplicate]).toEqual(["2", true]);
  });

  test("enable_bridge_mode → bridge: true", async () => {
    const client = createClient(server.url, { version: "3.1.1", bridge: true, clientId: "bridge" });
    expect(await connectPacketOf(client)).toMatchObject({ protocolVersion: 4, bridge: true });
    // A bridge gets retained messages with their flag, and not its own.
    const messages = await client.subscribe("bridged/+", { qos: 1 });
    await client.publish("bridged/own", "1", { qos: 1 });
    await using other = await connect(server.url);
    await other.publish("bridged/other", "1", { qos: 1, retain: true });
    const message = await messages.next({ timeout: 10_000 });
    expect([message?.topic, message?.retain]).toEqual(["bridged/other", true]);
    await client.disconnect();
  });

  test("bind_port, connect_timeout, keyfile_password, alpn_protocols, proxy_set → localPort, timeouts.connect, tls.passphrase, tls.alpnProtocols, proxy", async () => {
    await using socks = await startMicrosocks({});
    const tls = {
      caFile: certificates.file("ca.pem"),
      certFile: certificates.file("client.pem"),
      keyFile: certificates.file("client-encrypted.key"),
      passphrase: "petrel",
      alpnProtocols: ["mqtt"],
    };
    const proxy = `socks5h://127.0.0.1:${socks.port}`;
    await using client = await connect(secure.url, { tls, proxy, timeouts: { connect: 5_000 } });
    expect(client.state).toBe("online");
    const localPort = await freePort();
    await using bound = await connect(server.url, { localPort });
    await vi.waitFor(() => expect(server.log()).toContain(`127.0.0.1:${localPort}`), 10_000); // its log has a pipe of its own
    expect(bound.state).toBe("online");
  });

  test("on_connect_fail, on_pre_connect, on_socket_open, on_socket_close, on_socket_register_write, on_socket_unregister_write → disconnected with its cause and stage, connecting, a connector of your own", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => listener.once("listening", resolve));
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    const client = createClient(`mqtt://127.0.0.1:${port}`, { reconnect: false });
    const heard: unknown[] = [];
    client.on("connecting", ({ attempt }) => heard.push(["connecting", attempt]));
    client.on("disconnected", ({ cause }) => heard.push(["disconnected", (cause as TransportError).stage]));
    await expect(client.connect()).rejects.toBeInstanceOf(TransportError);
    expect(heard).toEqual([
      ["connecting", 1],
      ["disconnected", "connect"],
    ]);

    const world = new World(); // its connector is the scripted server's
    const connecting = world.client.connect();
    await world.settle();
    await connecting;
    expect(world.server.connected).toBe(true);
  });

  test("subscribe with SubscribeOptions(qos, noLocal, retainAsPublished, retainHandling) → the same names in camel case", async () => {
    await using other = await connect(server.url);
    await other.publish("kept/a", "old", { qos: 1, retain: true });
    await using client = await connect(server.url);
    const options = { qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 } as const;
    const messages = await client.subscribe("kept/+", options);
    await client.publish("kept/b", "own", { qos: 1 });
    await other.publish("kept/a", "new", { qos: 2, retain: true });
    const message = await messages.next({ timeout: 10_000 });
    expect([message?.text(), message?.qos, message?.retain]).toEqual(["new", 2, true]);
  });

  test("suppress_exceptions, wait_for_publish(timeout), MQTTMessage.timestamp, state, info → handler errors are events, publish(…, { timeout }), message.receivedAt", async () => {
    await using client = await connect(server.url);
    const failed = new Promise<Error>((resolve) => client.on("error", resolve));
    const before = Date.now();
    let receivedAt = 0;
    await client.subscribe("a", (message) => {
      ({ receivedAt } = message);
      throw new Error("no such unit");
    });
    await client.publish("a", "1", { qos: 1 });
    expect((await failed).message).toBe('the handler for "a" failed: no such unit');
    expect(receivedAt).toBeGreaterThanOrEqual(before - 1);
    await client.disconnect();
    const waiting = createClient(server.url).publish("a", "1", { qos: 1, timeout: 10 }); // nobody connects
    await expect(waiting).rejects.toMatchObject({ code: "PETREL_TIMEOUT", afterMs: 10 });
  });

  test("convert_connack_rc_to_reason_code, convert_disconnect_error_code_to_reason_code → nothing: every answer of 3.x has a reason code of 5.0", async () => {
    await using closed = await startMosquitto({ users: { anna: "secret" } });
    const refused = connect(closed.url, { version: "3.1.1", username: "anna", password: "wrong" });
    await expect(refused).rejects.toMatchObject({ reasonCode: 0x87, packet: { reasonCode: 0x87 } });
    const world = await World.online311();
    world.server.automatic = false;
    const subscribed = watch(world.client.subscribe("a"));
    await world.settle();
    await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [0x80] });
    expect(subscribed.error).toMatchObject({ failures: [{ topicFilter: "a", reasonCode: 0x80 }] });
  });
});
