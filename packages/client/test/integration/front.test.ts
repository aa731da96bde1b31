import {
  type Certificates,
  describeServer,
  type Front,
  makeCertificates,
  type Mosquitto,
  startHaproxy,
  startMosquitto,
} from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type ClientOptions } from "../../src/node/index.ts";

describeServer(["mosquitto", "openssl", "haproxy"], () => {
  let certificates: Certificates;
  let server: Mosquitto;
  let front: Front;
  beforeAll(async () => {
    [certificates, server] = await Promise.all([makeCertificates(), startMosquitto({ webSocket: true })]);
    const { port, webSocketPort } = server;
    const cert = certificates.file("server.pem");
    front = await startHaproxy({ cert, key: certificates.file("server.key"), port, webSocketPort });
  });
  afterAll(async () => {
    await front[Symbol.asyncDispose]();
    await server.stop();
    await certificates.remove();
  });

  const options = (): ClientOptions => ({
    tls: { caFile: certificates.file("ca.pem") },
    reconnect: { initialDelay: 50, maximumDelay: 200 },
  });

  test.each([
    ["TLS", () => front.url],
    ["secure WebSockets", () => front.webSocketUrl],
  ])("haproxy takes %s for the server: messages pass, and its restart is a loss like others", async (_, url) => {
    await using client = await connect(url(), options());
    const readings = await client.subscribe("readings", { qos: 2 });
    await client.publish("readings", "before", { qos: 2 });
    expect((await readings.next())?.text()).toBe("before");

    const again = new Promise((resolve) => client.on("connected", resolve));
    await server.restart();
    await again;
    await client.publish("readings", "after", { qos: 2 });
    expect((await readings.next())?.text()).toBe("after");
  });

  test("a front without a server behind it is told as what it says, or does", async () => {
    await server.kill();
    try {
      await expect(connect(front.webSocketUrl, options())).rejects.toMatchObject({
        stage: "websocket",
        message: expect.stringContaining("503"),
      });
      await expect(connect(front.url, options())).rejects.toMatchObject({ code: "PETREL_CONNECTION_LOST" });
    } finally {
      await server.restart();
    }
  });
});
