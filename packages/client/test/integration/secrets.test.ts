/** Passwords, AUTH data, tokens in URLs and headers: in no error, event, log line or packet dump. */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { inspect } from "node:util";
import { type Certificates, describeServer, freePort, makeCertificates, startAedes } from "@petrel/servers";
import { ScriptedServer } from "@petrel/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import {
  type ClientEvents,
  type ClientOptions,
  type Connector,
  createClient,
  describePacket,
  scramSha256,
} from "../../src/node/index.ts";
import { ScramServer } from "../support/scram-server.ts";

const SECRET = "hunter2-geheim";
const EVENTS = [
  ...["connecting", "connected", "disconnected", "reconnecting", "message", "dropped", "resubscribeFailed", "error"],
  ...["packetSent", "packetReceived", "closed"],
] as (keyof ClientEvents)[];
const CHANNELS = ["petrel:packet", "petrel:connection", "petrel:publish"];

/** All that was told to anybody. */
let told: unknown[] = [];
const listener = (message: unknown): void => void told.push(message);

let web: Server;
let webPort: number;
beforeAll(async () => {
  web = createServer();
  webPort = await actAsGateway(web);
});
afterAll(() => new Promise((resolve) => web.close(resolve)));

/** It says no, and repeats what it was asked. */
async function actAsGateway(server: Server): Promise<number> {
  server.on("request", (request, response) => response.writeHead(403).end(`no: ${request.url}`));
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    const asked = request.headers["proxy-authorization"];
    socket.end(`HTTP/1.1 407 Who is ${asked}?\r\nx-asked: ${asked}\r\ncontent-length: 0\r\n\r\n`);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    const { url, headers } = request;
    const status = headers.authorization === undefined ? `302 Found\r\nlocation: ${url}` : "403 Forbidden";
    const body = `no: ${headers.authorization} ${url}`;
    socket.end(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

beforeEach(() => {
  told = [];
  for (const name of CHANNELS) subscribe(name, listener);
});
afterEach(() => {
  for (const name of CHANNELS) unsubscribe(name, listener);
});

/** Connects, waits for the end of the first attempt, and closes: with everybody listening. */
async function live(url: string, options: ClientOptions): Promise<void> {
  const note = (...words: unknown[]): void => void told.push(words);
  try {
    const logger = { debug: note, info: note, warn: note, error: note };
    const client = createClient(url, { reconnect: false, timeouts: { connack: 1_000 }, logger, ...options });
    for (const name of EVENTS) client.on(name, (event) => told.push(event));
    client.on("packetSent", (packet) => told.push(describePacket(packet)));
    client.on("packetReceived", (packet) => told.push(describePacket(packet)));
    await client.connect().catch(note);
    await client.subscribe("a", { timeout: 1_000 }).catch(note);
    await client.publish("a", "1", { qos: 1, timeout: 1_000 }).catch(note);
    await client.disconnect();
    note(client, inspect(client, { depth: 10, showHidden: true }));
  } catch (error) {
    note(error);
  }
}

/** Every text and every bytes that can be reached from a value, as text. */
function textIn(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || seen.has(value)) return "";
  seen.add(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (value instanceof Map || value instanceof Set) return textIn([...value], seen);
  return Object.getOwnPropertyNames(value)
    .map((name) => `${name} ${textIn((value as Record<string, unknown>)[name], seen)}`)
    .join("\n");
}

function expectNothingTold(): void {
  expect(told).not.toEqual([]);
  const all = textIn(told);
  expect(all).not.toContain(SECRET);
  for (const encoded of inBase64(SECRET)) expect(all).not.toContain(encoded);
  expect(inspect(told, { depth: 20, maxStringLength: null })).not.toContain(SECRET);
}

/** A proxy that says no to everybody. */
const proxyUrl = (credentials: string): string => `http://${credentials}127.0.0.1:${webPort}`;
const secretHeader = { "proxy-authorization": `Bearer ${SECRET}` };
const pkcs12 = (): ClientOptions => ({ tls: { pfx: new Uint8Array(100), passphrase: SECRET } });

/** What is in the base64 of any text that contains this one, as that of `user:password` does. */
const inBase64 = (text: string): readonly string[] =>
  ["", "-", "--"].map((before) =>
    Buffer.from(before + text)
      .toString("base64")
      .slice(4, 16),
  );
const token = {
  method: "TOKEN",
  initial: () => new TextEncoder().encode(SECRET),
  respond: () => new TextEncoder().encode(SECRET),
};

async function aedes(): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = await startAedes();
  return { url: server.url, stop: () => server.stop() };
}
const nowhere = async () => ({ url: `mqtt://127.0.0.1:${await freePort()}`, stop: async () => undefined });
const gateway = async () => ({ url: `ws://127.0.0.1:${webPort}`, stop: async () => undefined });

test.each<[string, typeof aedes, (url: string) => readonly [string, ClientOptions]]>([
  ["a password, with a server", aedes, (url) => [url, { username: "anna", password: SECRET }]],
  ["a password in the URL, with a server", aedes, (url) => [url.replace("//", `//anna:${SECRET}@`), {}]],
  ["a password in the URL, without one", nowhere, (url) => [url.replace("//", `//anna:${SECRET}@`), {}]],
  ["a password in a URL that is none", nowhere, () => [`mqtt://anna:${SECRET}@:x`, {}]],
  ["a password in a list of servers", nowhere, (url) => [url, { servers: [`mqtt://anna:${SECRET}@:x`] }]],
  ["a password without a name in 3.1.1", nowhere, (url) => [url, { version: "3.1.1", password: SECRET }]],
  ["a password that is too long", nowhere, (url) => [url, { username: "a", password: SECRET.repeat(7_000) }]],
  ["a password of each attempt", nowhere, (url) => [url, { optionsForAttempt: () => ({ password: SECRET }) }]],
  [
    "a password of each attempt, that can't work",
    nowhere,
    (url) => [url, { optionsForAttempt: () => ({ url: `nonsense://anna:${SECRET}@h` }) }],
  ],
  ["a token in a URL", gateway, (url) => [`${url}/mqtt?token=${SECRET}`, {}]],
  ["a token in the query", gateway, (url) => [url, { websocket: { query: { token: SECRET } } }]],
  ["a secret header", gateway, (url) => [url, { websocket: { headers: { authorization: `Bearer ${SECRET}` } } }]],
  [
    "a header that can't be sent",
    gateway,
    (url) => [url, { websocket: { headers: { authorization: `Bearer ${SECRET}\r\n` } } }],
  ],
  ["a proxy's password", nowhere, (url) => [url, { proxy: `socks5://anna:${SECRET}@127.0.0.1:1` }]],
  ["a proxy's password, refused", nowhere, (url) => [url, { proxy: `http://anna:${SECRET}@127.0.0.1:${webPort}` }]],
  ["a proxy's header", nowhere, (url) => [url, { proxy: { url: "http://127.0.0.1:1", headers: { x: SECRET } } }]],
  [
    "a passphrase that opens nothing",
    nowhere,
    (url) => [url.replace("mqtt", "mqtts"), { tls: { cert: "x", key: "y", passphrase: SECRET } }],
  ],
  ["a token in a URL, without a server", nowhere, (url) => [`${url.replace("mqtt", "ws")}/mqtt?token=${SECRET}`, {}]],
  [
    "a token in a list of servers",
    nowhere,
    (url) => [url, { servers: [`ws://127.0.0.1:${webPort}/?token=${SECRET}`] }],
  ],
  [
    "a token in the query of each attempt",
    gateway,
    (url) => [url, { optionsForAttempt: () => ({ websocket: { query: `token=${SECRET}` } }) }],
  ],
  ["a password in a WebSocket's URL", gateway, (url) => [url.replace("//", `//anna:${SECRET}@`), {}]],
  [
    "a header that a function makes",
    gateway,
    (url) => [url, { websocket: { headers: async () => ({ authorization: `Bearer ${SECRET}` }) } }],
  ],
  ["a proxy's password, asked again", nowhere, (url) => [url, { proxy: proxyUrl(`anna:${SECRET}@`) }]],
  [
    "a proxy's password beside its URL",
    nowhere,
    (url) => [url, { proxy: { url: proxyUrl(""), username: "anna", password: SECRET } }],
  ],
  ["a proxy's password, under a WebSocket", gateway, (url) => [url, { proxy: proxyUrl(`anna:${SECRET}@`) }]],
  ["a proxy's token in its name", nowhere, (url) => [url, { proxy: proxyUrl(`${SECRET}@`) }]],
  ["a proxy's header, refused", nowhere, (url) => [url, { proxy: { url: proxyUrl(""), headers: secretHeader } }]],
  ["an option that is none", nowhere, (url) => [url, { passwort: SECRET } as ClientOptions]],
  ["a password of a wrong kind", nowhere, (url) => [url, { password: [SECRET] as unknown as string }]],
])("%s is told to nobody", async (_, start, options) => {
  const server = await start();
  try {
    await live(...options(server.url));
  } finally {
    await server.stop();
  }
  expectNothingTold();
});

test("a proxy's password in the environment is told to nobody", async () => {
  vi.stubEnv("ALL_PROXY", proxyUrl(`anna:${SECRET}@`));
  vi.stubEnv("NO_PROXY", "");
  try {
    await live("mqtt://example.invalid", { proxy: "environment" });
  } finally {
    vi.unstubAllEnvs();
  }
  expect(textIn(told)).toContain("407"); // it was asked
  expectNothingTold();
});

describeServer("openssl", () => {
  let certificates: Certificates;
  let secure: Server;
  let port: number;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const [cert, key] = ["server.pem", "server.key"].map((name) => readFileSync(certificates.file(name)));
    secure = createSecureServer({ cert, key });
    port = await actAsGateway(secure);
  });
  afterAll(async () => {
    await new Promise((resolve) => secure.close(resolve));
    await certificates.remove();
  });
  const ca = (): ClientOptions => ({ tls: { caFile: certificates.file("ca.pem") } });
  const ourCertificate = (key: string, passphrase: string): ClientOptions => ({
    tls: { ...ca().tls, certFile: certificates.file("client.pem"), keyFile: certificates.file(key), passphrase },
  });

  test.each<[string, () => readonly [string, ClientOptions]]>([
    ["a password in the URL of a server that is not trusted", () => [`mqtts://anna:${SECRET}@localhost:${port}`, {}]],
    ["a password in the URL of no MQTT server, over TLS", () => [`mqtts://anna:${SECRET}@localhost:${port}`, ca()]],
    ["a token in the URL of a server that is not trusted", () => [`wss://localhost:${port}/?token=${SECRET}`, {}]],
    ["a token in a URL, over TLS", () => [`wss://localhost:${port}/mqtt?token=${SECRET}`, ca()]],
    [
      "a header, over TLS",
      () => [`wss://localhost:${port}`, { ...ca(), websocket: { headers: { authorization: `Bearer ${SECRET}` } } }],
    ],
    [
      "the password of a proxy that is spoken to over TLS",
      () => ["mqtt://example.invalid", { proxy: { url: `https://anna:${SECRET}@localhost:${port}`, ...ca() } }],
    ],
    ["a passphrase that is wrong", () => [`mqtts://localhost:${port}`, ourCertificate("client-encrypted.key", SECRET)]],
    [
      "a passphrase that a function gives, and is wrong",
      () => {
        const { tls } = ourCertificate("client-encrypted.key", "");
        return [`mqtts://localhost:${port}`, { tls: { ...tls, passphrase: () => SECRET } }];
      },
    ],
    ["a passphrase of a PKCS#12 that is none", () => [`mqtts://localhost:${port}`, pkcs12()]],
    ["a key that is none", () => [`mqtts://localhost:${port}`, { tls: { cert: "x", key: SECRET } }]],
  ])("%s is told to nobody", async (_, options) => {
    await live(...options());
    expectNothingTold();
  });
});

test("SCRAM tells nobody the password, nor what could be searched for it", async () => {
  const server = new ScriptedServer();
  const { connector } = server;
  const scram = new ScramServer({ hash: "sha256", username: "anna", password: SECRET });
  const answer = (text: string) => ({
    authenticationMethod: "SCRAM-SHA-256",
    authenticationData: new TextEncoder().encode(text),
  });
  /** What the client says for the `count`th time, once it has. */
  const said = async (count: number): Promise<string> => {
    for (;;) {
      const packet = server.received()[count];
      if (packet !== undefined && "properties" in packet) {
        const { authenticationData } = (packet.properties ?? {}) as { authenticationData?: Uint8Array };
        return new TextDecoder().decode(authenticationData);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const living = live("mqtt://localhost", { authentication: scramSha256("anna", SECRET), connector });
  const first = scram.first(await said(0));
  server.send({ type: "auth", reasonCode: 0x18, properties: answer(first) });
  const proof = await said(1); // guesses of the password could be tried on it
  const final = scram.final(proof);
  server.automatic = true;
  server.accept(answer(final));
  await living;
  expect([proof, final]).toEqual([expect.stringContaining(",p="), expect.stringContaining("v=")]);
  expectNothingTold();
  const all = textIn(told);
  expect(all).toContain("SCRAM-SHA-256");
  for (const part of [first, proof, final]) expect(all).not.toContain(part);
});

test("authentication data, ours and the server's, is told to nobody", async () => {
  const data = new TextEncoder().encode(SECRET);
  const properties = { authenticationMethod: "TOKEN", authenticationData: data };
  const server = new ScriptedServer();
  const connector: Connector = async (handler, signal) => {
    const transport = await server.connector(handler, signal);
    setImmediate(() => {
      server.send({ type: "auth", reasonCode: 0x18, properties });
      server.automatic = true;
      setImmediate(() => server.accept(properties));
    });
    return transport;
  };
  const refusing: Connector = async (handler, signal) => {
    const transport = await server.connector(handler, signal);
    setImmediate(() => server.send({ type: "connack", reasonCode: 0x87, properties }));
    return transport;
  };
  await live("mqtt://localhost", { authentication: token, connector });
  expect(server.received().length).toBeGreaterThan(2);
  server.automatic = false;
  await live("mqtt://localhost", { authentication: token, connector: refusing });
  const all = told.map((one) => textIn(one));
  expect(all.filter((text) => text.includes(SECRET))).toEqual([]);
  expect(all.join("\n")).toContain("TOKEN");
});
