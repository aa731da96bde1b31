/** Passwords, AUTH data, tokens in URLs and headers: in no error, event, log line or packet dump. */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { inspect } from "node:util";
import { freePort, startAedes } from "@petrel/servers";
import { ScriptedServer } from "@petrel/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type ClientEvents,
  type ClientOptions,
  type Connector,
  createClient,
  describePacket,
} from "../../src/node/index.ts";

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
  // As a gateway would: it says no, and repeats what it was asked.
  web = createServer((request, response) => response.writeHead(403).end(`no: ${request.url}`));
  web.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    const { url, headers } = request;
    const status = headers.authorization === undefined ? `302 Found\r\nlocation: ${url}` : "403 Forbidden";
    const body = `no: ${headers.authorization} ${url}`;
    socket.end(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  webPort = (web.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => web.close(resolve)));

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

const base64 = (text: string): string => Buffer.from(text).toString("base64");
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
])("%s is told to nobody", async (_, start, options) => {
  const server = await start();
  try {
    await live(...options(server.url));
  } finally {
    await server.stop();
  }
  expect(told).not.toEqual([]);
  const all = textIn(told);
  expect(all).not.toContain(SECRET);
  expect(all).not.toContain(base64(SECRET).slice(0, 12));
  expect(inspect(told, { depth: 20, maxStringLength: null })).not.toContain(SECRET);
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
