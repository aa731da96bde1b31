import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import {
  describeServer,
  makeCertificates,
  startMosquitto,
  type Mosquitto,
  type MosquittoOptions,
} from "../../src/index.ts";
import { connectTo } from "../conversation.ts";

const ACCEPTED = 0;
const NOT_AUTHORIZED = 5;

describeServer("mosquitto", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(options?: MosquittoOptions): Promise<Mosquitto> {
    const server = await startMosquitto(options);
    cleanups.push(() => server.stop());
    return server;
  }

  async function temporaryDirectory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "petrel-test-"));
    cleanups.push(() => rm(directory, { recursive: true }));
    return directory;
  }

  test("answers as soon as it was started", async () => {
    const server = await start();
    expect(server.url).toBe(`mqtt://127.0.0.1:${server.port}`);
    expect(await connectTo(server.port)).toEqual([0, ACCEPTED]);
    await vi.waitFor(() => expect(server.log()).toContain("running"), 10_000);
  });

  test("frees its port when it is stopped, and may be stopped twice", async () => {
    const server = await startMosquitto();
    await server.stop();
    await server.stop();
    await expect(connectTo(server.port)).rejects.toThrow("ECONNREFUSED");
  });

  test("several run side by side", async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
  });

  test("lets only the given users in", async () => {
    const { port } = await start({ users: { ada: "secret" } });
    expect(await connectTo(port)).toEqual([0, NOT_AUTHORIZED]);
    expect(await connectTo(port, { user: "ada", password: "wrong" })).toEqual([0, NOT_AUTHORIZED]);
    expect(await connectTo(port, { user: "ada", password: "secret" })).toEqual([0, ACCEPTED]);
  });

  test("takes further configuration", async () => {
    const server = await start({ config: ["max_queued_messages 0", "max_queued_bytes 0", "log_type all"] });
    await connectTo(server.port, { clientId: "noted" });
    await vi.waitFor(() => expect(server.log()).toContain("Sending CONNACK to noted"), 10_000);
  });

  test("shows the log when the configuration is wrong", async () => {
    await expect(startMosquitto({ config: ["no_such_setting 1"] })).rejects.toThrow(/no_such_setting/);
  });

  test("says so when the wanted port is taken", async () => {
    const { port } = await start();
    await expect(startMosquitto({ port })).rejects.toThrow(/address already in use/i);
  });

  test("keeps sessions over a restart when it is given a directory", async () => {
    const server = await start({ persistence: await temporaryDirectory() });
    const session = { clientId: "durable", cleanSession: false };
    expect(await connectTo(server.port, session)).toEqual([0, ACCEPTED]);
    await server.restart();
    expect(await connectTo(server.port, session)).toEqual([1, ACCEPTED]);
  });

  test("listens on a Unix socket", async () => {
    const server = await start({ unix: true });
    expect(server.url).toMatch(/^mqtt\+unix:\/\/\/.*\.sock$/);
    expect(await connectTo(new URL(server.url).pathname)).toEqual([0, ACCEPTED]);
  });

  test("comes back on the same port after being killed, without what it had not saved", async () => {
    const server = await start({ persistence: await temporaryDirectory() });
    const session = { clientId: "forgotten", cleanSession: false };
    await connectTo(server.port, session);
    await server.kill();
    await expect(connectTo(server.port)).rejects.toThrow("ECONNREFUSED");
    await server.restart();
    expect(await connectTo(server.port, session)).toEqual([0, ACCEPTED]);
  });

  describeServer("openssl", () => {
    test("speaks TLS", async () => {
      const certificates = await makeCertificates();
      cleanups.push(() => certificates.remove());
      const server = await start({
        tls: { cert: certificates.file("server.pem"), key: certificates.file("server.key") },
      });
      expect(server.url).toBe(`mqtts://127.0.0.1:${server.port}`);
      const ca = await readFile(certificates.file("ca.pem"));
      const socket = connectTls({ port: server.port, host: "127.0.0.1", ca });
      await once(socket, "secureConnect");
      socket.destroy();
    });
  });
});
