/** Each row of docs/migrating.md, "From zmqtt", is a test of the same name. */

import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { type Certificates, describeServer, makeCertificates, type Mosquitto, startMosquitto } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, createClient, scramSha256 } from "../../../src/node/index.ts";
import { connectPacketOf } from "../../support/wire.ts";

describeServer(["mosquitto", "openssl"], () => {
  let server: Mosquitto;
  let secure: Mosquitto;
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const tls = { cert: certificates.file("server.pem"), key: certificates.file("server.key") };
    [server, secure] = await Promise.all([startMosquitto(), startMosquitto({ tls })]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), secure.stop()]);
    await certificates.remove();
  });

  test("create_client(host, version=...) → createClient(url, { version }), a Client of that version", async () => {
    const v311 = createClient(server.url, { version: "3.1.1" });
    const v5 = createClient(server.url, { version: "5.0" });
    // Types prove it in test/types.test-d.ts; callers without types are told at run time.
    await Promise.all([v311.connect(), v5.connect()]);
    expect([v311.version, v5.version]).toEqual(["3.1.1", "5.0"]);
    const untyped = v311 as unknown as typeof v5;
    await expect(untyped.publish("a", "1", { properties: { contentType: "text/plain" } })).rejects.toThrow(/5\.0/);
    await Promise.all([v311.disconnect(), v5.disconnect()]);
  });

  test("tls=False/True/SSLContext → the URL's scheme, tls: { … }, tls: { secureContext }", async () => {
    const ca = await readFile(certificates.file("ca.pem"));
    await (await connect(server.url)).disconnect();
    await (await connect(secure.url, { tls: { ca } })).disconnect();
    await (await connect(secure.url, { tls: { secureContext: createSecureContext({ ca }) } })).disconnect();
  });

  test("connect()/disconnect() by hand, disconnect safe when lost → the same names", async () => {
    await using own = await startMosquitto();
    const client = createClient(own.url, { reconnect: false });
    client.on("error", () => undefined);
    expect(client.state).toBe("offline");
    await client.connect();
    const lost = new Promise((resolve) => client.on("disconnected", resolve));
    await own.kill();
    await lost;
    await client.disconnect();
    await client.disconnect();
    expect(client.state).toBe("closed");
  });

  test("reconnect=ReconnectConfig(), session_expiry_interval, auth(), PublishProperties → reconnect, sessionExpiryInterval, authentication and reauthenticate(), properties", async () => {
    const client = createClient(server.url, {
      reconnect: { initialDelay: 1, maximumDelay: 50, factor: 2, maximumAttempts: 100 },
      sessionExpiryInterval: 60,
    });
    expect(await connectPacketOf(client)).toMatchObject({ properties: { sessionExpiryInterval: 60 } });
    const messages = await client.subscribe("properties", { qos: 1 });
    await client.publish("properties", "1", { qos: 1, properties: { contentType: "text/plain" } });
    expect((await messages.next())?.properties?.contentType).toBe("text/plain");
    const back = new Promise((resolve) => client.on("connected", resolve));
    await server.restart();
    await back;
    await client.disconnect();
    // Mosquitto knows no method; the whole exchange and reauthenticate() are in test/authentication.test.ts.
    await expect(connect(server.url, { authentication: scramSha256("anna", "secret") })).rejects.toMatchObject({
      reasonCode: 0x8c,
    });
  });
});
