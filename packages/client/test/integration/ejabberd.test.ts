import { describeServer, type ServerInDirectory, startEjabberd } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/node/index.ts";
import { exchange } from "../support/exchange.ts";

describeServer("ejabberd", () => {
  let server: ServerInDirectory;
  beforeAll(async () => {
    server = await startEjabberd();
  }, 60_000);
  afterAll(() => server.stop());

  exchange(() => server, { versions: ["5.0", "3.1.1"] });

  test("properties of 5.0 travel with a message, also over topic aliases", async () => {
    await using client = await connect(server.url);
    const messages = await client.subscribe("properties/+", { qos: 1 });
    const properties = {
      contentType: "text/plain",
      responseTopic: "answers",
      correlationData: new Uint8Array([1, 2, 3]),
      userProperties: [
        ["unit", "K"],
        ["unit", "°C"],
      ],
    } as const;
    for (let index = 0; index < 3; index++) await client.publish("properties/a", index, { qos: 1, properties });
    for (let index = 0; index < 3; index++) {
      const message = await messages.next({ timeout: 10_000 });
      expect(message?.text()).toBe(String(index));
      expect(message?.properties).toMatchObject(properties);
    }
  });

  test("a request is answered, and a session resumed", async () => {
    const options = { clientId: "worker", cleanStart: false, sessionExpiryInterval: 600 };
    await using client = await connect(server.url);
    await client.respond("square", (request) => String(Number(request.text()) ** 2));
    expect((await client.request("square", "12", { timeout: 10_000 })).text()).toBe("144");
    {
      await using worker = await connect(server.url, options);
      await worker.subscribe("jobs", { qos: 2 });
    }
    await client.publish("jobs", "1", { qos: 2 });
    await using worker = await connect(server.url, options);
    const jobs = await worker.subscribe("jobs", { qos: 2 });
    expect((await jobs.next({ timeout: 10_000 }))?.text()).toBe("1");
  });

  test("a will is published when the connection ends without a goodbye, and not after one", async () => {
    await using watcher = await connect(server.url);
    const wills = await watcher.subscribe("wills/+", { qos: 1 });
    const polite = await connect(server.url, { will: { topic: "wills/polite", payload: "gone" } });
    await polite.disconnect();
    const rude = await connect(server.url, { will: { topic: "wills/rude", payload: "gone", qos: 1 } });
    rude.destroy();
    expect((await wills.next({ timeout: 10_000 }))?.topic).toBe("wills/rude");
  });

  test("another client of the same name takes over: the first one is told, and does not fight", async () => {
    const first = await connect(server.url, { clientId: "twin" });
    const over = new Promise<Error>((resolve) => first.on("error", resolve));
    await using second = await connect(server.url, { clientId: "twin" });
    expect(await over).toMatchObject({ code: "PETREL_SERVER_DISCONNECT", reasonCode: 0x8e });
    expect([first.state, second.state]).toEqual(["offline", "online"]);
  });

  test("what it does not have is refused here with the reason, before a byte is sent", async () => {
    await using client = await connect(server.url);
    await expect(client.subscribe("$share/workers/jobs")).rejects.toMatchObject({
      code: "PETREL_SERVER_LIMIT",
      limit: "sharedSubscriptionAvailable",
    });
    await expect(connect(server.url, { version: "3.1", clientId: "old" })).rejects.toMatchObject({
      code: "PETREL_CONNECT_REFUSED",
      reasonCode: 0x84,
    });
  });
});
