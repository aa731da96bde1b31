import { expect, test } from "vitest";
import { describeServer, startEjabberd } from "../../src/index.ts";
import { connectTo } from "../conversation.ts";

// RabbitMQ, which takes 10 s to start, is shown by the client's tests alone.
describeServer("ejabberd", () => {
  test("answers as soon as it was started, and frees its port when it is stopped", async () => {
    const server = await startEjabberd();
    try {
      expect(await connectTo(server.port, { clientId: "first", user: "anna", password: "secret" })).toEqual([0, 0]);
    } finally {
      await server.stop();
    }
    await expect(connectTo(server.port)).rejects.toThrow("ECONNREFUSED");
  }, 60_000);
});
