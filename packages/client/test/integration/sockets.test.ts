/** Options of sockets and of TLS, seen from the other end, in the kernel's table, or at the handle that they are set on. */

import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type AddressInfo, connect as connectSocket, createServer } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions as ServerOptions } from "node:tls";
import {
  type AedesServer,
  type Certificates,
  describeServer,
  freePort,
  makeCertificates,
  startAedes,
} from "@petrel/servers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ClientOptions, connect } from "../../src/node/index.ts";

let aedes: AedesServer;
beforeAll(async () => {
  aedes = await startAedes();
});
afterAll(() => aedes.stop());

interface Handle {
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, seconds: number): void;
  getsockname(out: { port?: number }): number;
}

/**
 * What is set on the handles of TCP, which is what the system is told: nothing can be asked for it in Node. Those of the
 * servers, which are in this process, too, are left out.
 */
async function watchHandles(...serverPorts: readonly number[]) {
  const probe = connectSocket(aedes.port, "127.0.0.1");
  await once(probe, "connect");
  const handles = Object.getPrototypeOf((probe as unknown as { _handle: Handle })._handle) as Handle;
  probe.destroy();
  const watch = (name: "setNoDelay" | "setKeepAlive") => {
    const calls: boolean[] = [];
    const original = handles[name];
    const spy = vi.spyOn(handles, name).mockImplementation(function (this: Handle, on: boolean, seconds?: number) {
      const own: { port?: number } = {};
      this.getsockname(own);
      if (!serverPorts.includes(own.port ?? 0)) calls.push(on);
      return original.call(this, on, seconds ?? 0);
    });
    return { calls, stop: () => spy.mockRestore() };
  };
  const noDelay = watch("setNoDelay");
  const keepAlive = watch("setKeepAlive");
  return {
    noDelay: () => noDelay.calls,
    keepAlive: () => keepAlive.calls,
    stop: () => {
      noDelay.stop();
      keepAlive.stop();
    },
  };
}

/** The MQTT server behind TLS of Node's own, and what it sees of its clients. */
async function startTls(options: ServerOptions) {
  const clients: TLSSocket[] = [];
  const resumed: boolean[] = [];
  const server = createTlsServer(options, (socket) => {
    clients.push(socket);
    resumed.push(socket.isSessionReused());
    socket.on("error", () => undefined);
    aedes.broker.handle(socket);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    for (const socket of clients) socket.destroy();
    server.close();
    await once(server, "close");
  };
  const { port } = server.address() as AddressInfo;
  return { port, clients, resumed, [Symbol.asyncDispose]: stop };
}

describeServer("openssl", () => {
  let certificates: Certificates;
  let good: ServerOptions;
  let ca: string;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const [cert, key] = await Promise.all(
      ["server.pem", "server.key"].map((name) => readFile(certificates.file(name))),
    );
    good = { cert, key };
    ca = certificates.file("ca.pem");
  });
  afterAll(() => certificates.remove());

  test.each(["mqtts", "wss"])(
    "over %s the server chooses among the ALPN protocols that are offered, in its order",
    async (scheme) => {
      await using server = await startTls({ ...good, ALPNProtocols: ["x-amzn-mqtt-ca", "mqtt"] });
      const tls = { caFile: ca, alpnProtocols: ["mqtt", "x-amzn-mqtt-ca"] };
      const options: ClientOptions = { tls, reconnect: false, timeouts: { websocket: 1_000 } };
      // A server of MQTT does not understand the request for a WebSocket, which comes after TLS.
      await connect(`${scheme}://localhost:${server.port}`, options).then(
        (client) => client.disconnect(),
        () => undefined,
      );
      expect(server.clients.map(({ alpnProtocol }) => alpnProtocol)).toEqual(["x-amzn-mqtt-ca"]);
    },
  );

  test("a server that speaks none of them refuses, and that is an error of TLS", async () => {
    await using server = await startTls({ ...good, ALPNProtocols: ["http/1.1"] });
    const tls = { caFile: ca, alpnProtocols: ["mqtt"] };
    await expect(connect(`mqtts://localhost:${server.port}`, { tls, reconnect: false })).rejects.toMatchObject({
      stage: "tls",
    });
    expect(server.clients).toEqual([]);
  });

  test("without them none is offered", async () => {
    await using server = await startTls({ ...good, ALPNProtocols: ["mqtt"] });
    await using client = await connect(`mqtts://localhost:${server.port}`, { tls: { caFile: ca } });
    expect([client.state, server.clients[0]?.alpnProtocol]).toEqual(["online", false]);
  });

  test("servername is what the server is asked for (SNI)", async () => {
    const asked: string[] = [];
    const SNICallback: ServerOptions["SNICallback"] = (name, callback) => {
      asked.push(name);
      callback(null);
    };
    await using server = await startTls({ ...good, SNICallback });
    await using client = await connect(`mqtts://127.0.0.1:${server.port}`, {
      tls: { caFile: ca, servername: "localhost" },
    });
    expect([client.state, asked]).toEqual(["online", ["localhost"]]);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("minVersion and maxVersion are what is spoken: %s", async (version) => {
    await using server = await startTls(good);
    const tls = { caFile: ca, minVersion: version, maxVersion: version };
    await using client = await connect(`mqtts://localhost:${server.port}`, { tls });
    expect([client.state, server.clients[0]?.getProtocol()]).toEqual(["online", version]);
  });

  test("a server that speaks nothing newer than TLS 1.1 is refused, unless asked for", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await using server = await startTls({ ...good, ...old });
    const url = `mqtts://localhost:${server.port}`;
    await expect(connect(url, { tls: { caFile: ca }, reconnect: false })).rejects.toMatchObject({ stage: "tls" });
    await using client = await connect(url, { tls: { caFile: ca, ...old } });
    expect([client.state, server.clients.map((socket) => socket.getProtocol())]).toEqual(["online", ["TLSv1.1"]]);
  });

  test("rejectUnauthorized: false takes anybody, and a warning says so, once in a process", async () => {
    await using server = await startTls(good);
    const warnings: string[] = [];
    const logger = { warn: (line: string) => void warnings.push(line), error: () => undefined };
    for (let count = 0; count < 2; count++) {
      const tls = { rejectUnauthorized: false };
      await using client = await connect(`mqtts://localhost:${server.port}`, { tls, logger });
      expect(client.state).toBe("online");
    }
    expect(warnings).toEqual([expect.stringContaining("anybody can pose as the server")]);
  });

  test.each<[string, () => ClientOptions, readonly boolean[]]>([
    ["by itself", () => ({}), [false, true, true]],
    [
      "with fresh credentials for each attempt",
      () => ({ optionsForAttempt: ({ attempt }) => ({ username: "anna", password: `token ${attempt}` }) }),
      [false, true, true],
    ],
    [
      "but not with other certificates",
      () => ({ optionsForAttempt: () => ({ tls: { caFile: ca } }) }),
      [false, false, false],
    ],
    ["but not if told not to", () => ({ tls: { caFile: ca, resumeSession: false } }), [false, false, false]],
  ])("a TLS session is resumed on the next connection, %s", async (_, options, resumed) => {
    await using server = await startTls(good);
    await using client = await connect(`mqtts://localhost:${server.port}`, { tls: { caFile: ca }, ...options() });
    for (let connections = 1; connections < resumed.length; connections++) {
      await client.ping(); // the ticket of TLS 1.3 has come before the answer
      await client.reconnect();
    }
    expect(server.resumed).toEqual(resumed);
  });

  test.each<[string, (tlsPort: number, proxyPort: number) => readonly [string, ClientOptions]]>([
    ["TCP", () => [aedes.url, {}]],
    ["TLS", (port) => [`mqtts://localhost:${port}`, { tls: { caFile: ca } }]],
    ["a WebSocket", (port) => [`wss://localhost:${port}`, { tls: { caFile: ca }, timeouts: { websocket: 1_000 } }]],
    ["a proxy", (_, port) => [aedes.url, { proxy: `socks5://127.0.0.1:${port}` }]],
  ])("under %s, noDelay is on and keepAlive off, unless told otherwise", async (_, way) => {
    await using server = await startTls(good);
    const proxy = createServer((socket) => socket.end("no")).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port: proxyPort } = proxy.address() as AddressInfo;
    const handles = await watchHandles(aedes.port, server.port, proxyPort);
    try {
      const [url, options] = way(server.port, proxyPort);
      const attempt = async (socket: ClientOptions["socket"]): Promise<readonly [boolean, boolean]> => {
        const before = [handles.noDelay().length, handles.keepAlive().length];
        // Not every one gets as far as CONNACK, and none has to.
        await connect(url, { reconnect: false, socket, ...options }).then(
          (client) => client.disconnect(),
          () => undefined,
        );
        const since = [handles.noDelay().slice(before[0]), handles.keepAlive().slice(before[1])];
        return [since[0]!.includes(true), since[1]!.includes(true)];
      };
      expect(await attempt(undefined)).toEqual([true, false]);
      expect(await attempt({ noDelay: false, keepAlive: true })).toEqual([false, true]);
    } finally {
      handles.stop();
      proxy.close();
    }
  });
});

test.runIf(existsSync("/proc/net/tcp"))("the system's table of sockets has a timer for keepAlive", async () => {
  /** Of our end of the connections to aedes: 2 is keep alive. */
  const timers = async (): Promise<readonly string[]> => {
    const rows = (await readFile("/proc/net/tcp", "utf8")).split("\n").map((row) => row.trim().split(/\s+/));
    const port = aedes.port.toString(16).toUpperCase().padStart(4, "0");
    return rows
      .filter(([, , remote, state]) => remote?.endsWith(`:${port}`) === true && state === "01")
      .map((row) => row[5]!.slice(0, 2));
  };
  await using idle = await connect(aedes.url);
  expect([idle.state, await timers()]).toEqual(["online", ["00"]]);
  await using probing = await connect(aedes.url, { socket: { keepAlive: true } });
  expect([probing.state, (await timers()).toSorted()]).toEqual(["online", ["00", "02"]]);
});

describe("localAddress, localPort and family", () => {
  test("are where a connection comes from, also to a proxy", async () => {
    const seen: string[] = [];
    const listener = createServer((socket) => {
      seen.push(`${socket.remoteAddress}:${socket.remotePort}`);
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    const localPorts = [await freePort(), await freePort(), await freePort(), await freePort()];
    const ways: readonly (readonly [string, ClientOptions])[] = [
      [`mqtt://127.0.0.1:${port}`, {}],
      [`mqtts://127.0.0.1:${port}`, {}],
      [`ws://127.0.0.1:${port}`, {}],
      ["mqtt://example.invalid", { proxy: `socks5h://127.0.0.1:${port}` }],
    ];
    for (const [index, [url, options]] of ways.entries()) {
      const from = { localAddress: "127.0.0.2", localPort: localPorts[index], reconnect: false } as const;
      await expect(connect(url, { ...options, ...from })).rejects.toMatchObject({
        code: expect.stringMatching(/^PETREL_/),
      });
    }
    listener.close();
    expect(seen).toEqual(localPorts.map((localPort) => `127.0.0.2:${localPort}`));
  });

  test("family is the only IP version that is tried", async () => {
    // aedes listens on 127.0.0.1 alone, which is one of the addresses of localhost.
    const url = `mqtt://localhost:${aedes.port}`;
    await using client = await connect(url, { socket: { family: 4 } });
    expect(client.state).toBe("online");
    await expect(connect(url, { socket: { family: 6 }, reconnect: false })).rejects.toMatchObject({
      stage: expect.stringMatching(/^(connect|dns)$/),
    });
  });
});
