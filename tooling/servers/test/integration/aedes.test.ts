import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { startAedes } from "../../src/index.ts";
import { connectTo } from "../conversation.ts";

test("answers as soon as it was started", async () => {
  const server = await startAedes();
  expect(server.url).toBe(`mqtt://127.0.0.1:${server.port}`);
  expect(await connectTo(server.port)).toEqual([0, 0]);
  await server.stop();
});

test("cuts its connections when it is stopped, and can come back on the same port", async () => {
  const first = await startAedes();
  const socket = connect(first.port, "127.0.0.1");
  await once(socket, "connect");
  await Promise.all([once(socket, "close"), first.stop()]);
  await expect(connectTo(first.port)).rejects.toThrow("ECONNREFUSED");

  const second = await startAedes({ port: first.port });
  expect(second.port).toBe(first.port);
  await second.stop();
});

test("authenticates as the test wishes", async () => {
  const server = await startAedes({
    authenticate: (_client, user, _password, done) => done(null, user === "ada"),
  });
  expect(await connectTo(server.port)).toEqual([0, 5]);
  expect(await connectTo(server.port, { user: "ada", password: "any" })).toEqual([0, 0]);
  await server.stop();
});
