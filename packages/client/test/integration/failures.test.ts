import { describeServer, startMosquitto } from "@petrel/servers";
import { execFile } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ClientClosedError, connect, ConnectRefusedError, createClient, TransportError } from "../../src/node/index.ts";

test("a port where nobody listens: the error names it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const error = await connect(`mqtt://127.0.0.1:${port}`).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TransportError);
  expect(error).toMatchObject({
    code: "PETREL_TRANSPORT_REFUSED",
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
});

test("a host that does not exist: the error names it", async () => {
  const error = await connect("mqtt://no-such-host.invalid").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ stage: "dns", message: expect.stringContaining("no-such-host.invalid") });
});

test("a URL that is none is refused", () => {
  expect(() => createClient("localhost")).toThrow(/does not start with a scheme/);
});

test("a server that accepts and says nothing is given up at the deadline, and the socket is gone", async () => {
  const sockets: { readonly closed: Promise<unknown> }[] = [];
  const server = createServer((socket) => {
    socket.resume();
    sockets.push({ closed: new Promise((resolve) => socket.once("close", resolve)) });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const error = await connect(`mqtt://127.0.0.1:${port}`, { timeouts: { connack: 50 } }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: "PETREL_TIMEOUT", what: "CONNACK" });
  await sockets[0]!.closed;
  await new Promise((resolve) => server.close(resolve));
});

describeServer("mosquitto", () => {
  test("a wrong password is refused with the reason, and not tried again", async () => {
    await using server = await startMosquitto({ users: { anna: "right" } });
    for (const version of ["5.0", "3.1.1"] as const) {
      const client = createClient(server.url, {
        version,
        username: "anna",
        password: "wrong",
        reconnect: { retryInitial: true },
      });
      const error = await client.connect().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConnectRefusedError);
      expect(error).toMatchObject({
        retryable: false,
        message: expect.stringMatching(/not authori[sz]ed|user name or password/i),
      });
      expect(client.state).toBe("offline");
    }
    const url = server.url.replace("mqtt://", "mqtt://anna:right@");
    await using client = await connect(url);
    expect(client.state).toBe("online");
  });

  test("a server that is killed for good: publishes fail when the client is closed, and nothing hangs", async () => {
    const server = await startMosquitto();
    const client = await connect(server.url, { reconnect: { initialDelay: 10, maximumDelay: 10 } });
    const readings = await client.subscribe("a");
    const reading = readings.next();
    const refused = new Promise<void>((resolve) => {
      client.on("disconnected", ({ cause }) => {
        if (cause instanceof TransportError && cause.code === "PETREL_TRANSPORT_REFUSED") resolve();
      });
    });
    await server.kill();
    const published = Promise.allSettled([1, 2].map((qos) => client.publish("a", "1", { qos: qos as 1 | 2 })));
    await refused; // it tries
    await client.disconnect();
    const outcomes = await published;
    expect(
      outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason instanceof ClientClosedError),
    ).toEqual([true, true]);
    expect(await reading).toBeUndefined();
    await server.stop();
  });

  test("a process ends by itself after disconnect(), also when that comes at bad times", async () => {
    await using server = await startMosquitto();
    const script = `
      import { connect, createClient } from "@petrel/client"; // as built: plain Node runs no TypeScript
      const online = await connect(${JSON.stringify(server.url)}, { signal: new AbortController().signal });
      const readings = await online.subscribe("a", { qos: 1 });
      void readings.next();
      await online.publish("a", "1", { qos: 1, timeout: 60_000 });
      await online.disconnect();
      console.log("online");

      const connecting = createClient(${JSON.stringify(server.url)});
      connecting.connect().catch(() => console.log("connecting"));
      await connecting.disconnect();

      const reconnecting = createClient("mqtt://127.0.0.1:1", { reconnect: { retryInitial: true, jitter: "none" } });
      const waiting = new Promise((resolve) => reconnecting.on("reconnecting", resolve));
      reconnecting.connect().catch(() => console.log("reconnecting"));
      await waiting;
      await reconnecting.disconnect();

      const destroyed = await connect(${JSON.stringify(server.url)});
      destroyed.on("closed", () => console.log("destroyed"));
      destroyed.destroy();
    `;
    const folder = fileURLToPath(new URL("../..", import.meta.url));
    const node = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      cwd: folder,
      timeout: 20_000,
    });
    const { stdout } = await node;
    expect(stdout.trim().split("\n")).toEqual(["online", "connecting", "reconnecting", "destroyed"]);
  });
});
