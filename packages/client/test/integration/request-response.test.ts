import { describeServer, startMosquitto } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/node/index.ts";

describeServer("mosquitto", () => {
  let server: Awaited<ReturnType<typeof startMosquitto>>;
  beforeAll(async () => {
    server = await startMosquitto();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test("a hundred requests at once get their own replies", async () => {
    await using responder = await connect(server.url);
    await using client = await connect(server.url);
    await responder.respond("square", async (request) => String(Number(request.text()) ** 2));
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const replies = await Promise.all(numbers.map((number) => client.request("square", number)));
    expect(replies.map((reply) => Number(reply.text()))).toEqual(numbers.map((number) => number ** 2));
  });

  test("nobody listens, and the server says so", async () => {
    await using client = await connect(server.url);
    await expect(client.request("nobody/home", "")).rejects.toMatchObject({ code: "PETREL_NO_RESPONDER" });
  });

  test("ping and reconnect", async () => {
    await using client = await connect(server.url);
    expect(await client.ping()).toBeGreaterThan(0);
    await client.reconnect();
    expect(client.state).toBe("online");
    expect(await client.ping()).toBeGreaterThan(0);
  });
});
