/** What is no option is an error, before anything is opened: a name that is ignored is a setting that is not made. */

import { expect, test, vi } from "vitest";
import { type ClientOptions, createClient, OptionError } from "../src/node/index.ts";
import { watch, World } from "./support/world.ts";

const connector = vi.fn<() => Promise<never>>(() => Promise.reject(new Error("opened")));

/** What a client says to options, for callers without types. */
function complaint(options: object): string {
  try {
    createClient("mqtt://localhost", { connector, ...options } as ClientOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as OptionError).message;
  }
  return "";
}

test.each<[object, string]>([
  // misspelt
  [{ keepalive: 60 }, 'a client has no option "keepalive"; did you mean keepAlive?'],
  [{ clientID: "a" }, 'a client has no option "clientID"; did you mean clientId?'],
  [{ client_id: "a" }, 'a client has no option "client_id"; did you mean clientId?'],
  [{ sessionExpiryInteval: 1 }, 'a client has no option "sessionExpiryInteval"; did you mean sessionExpiryInterval?'],
  [{ will: { topic: "a", qso: 1 } }, 'a client has no option "will.qso"; did you mean will.qos?'],
  [{ will: { topic: "a", retained: true } }, 'a client has no option "will.retained"; did you mean will.retain?'],
  [{ reconnect: { maxDelay: 1 } }, 'a client has no option "reconnect.maxDelay"; it has'],
  [{ queue: { maximumage: 1 } }, 'a client has no option "queue.maximumage"; did you mean queue.maximumAge?'],
  [{ tls: { caFiles: "a" } }, 'a client has no option "tls.caFiles"; did you mean tls.caFile?'],
  [{ websocket: { header: {} } }, 'a client has no option "websocket.header"; did you mean websocket.headers?'],
  [{ timeouts: { dsn: 1 } }, 'a client has no option "timeouts.dsn"; did you mean timeouts.dns?'],
  [{ socket: { nodelay: true } }, 'a client has no option "socket.nodelay"; did you mean socket.noDelay?'],
  [{ proxy: { url: "socks5://a", user: "b" } }, 'a client has no option "proxy.user"; it has'],
  [{ publishDefaults: { QoS: 1 } }, 'a client has no option "publishDefaults.QoS"; did you mean publishDefaults.qos?'],
  [
    { publishDefaults: { topics: { "a/#": { retian: true } } } },
    'a client has no option "publishDefaults.topics["a/#"].retian"; did you mean publishDefaults.topics["a/#"].retain?',
  ],
  // in another place
  [{ rejectUnauthorized: false }, 'a client has no option "rejectUnauthorized"; did you mean tls.rejectUnauthorized?'],
  [{ ALPNProtocols: ["mqtt"] }, 'a client has no option "ALPNProtocols"; did you mean tls.alpnProtocols?'],
  [{ headers: {} }, 'a client has no option "headers"; did you mean websocket.headers?'],
  [{ tls: { keepAlive: 1 } }, 'a client has no option "tls.keepAlive"; did you mean keepAlive?'],
  // of MQTT.js
  [{ clean: true }, 'a client has no option "clean"; in Petrel it is cleanStart, or cleanSession before MQTT 5.0'],
  [{ reconnectPeriod: 0 }, 'a client has no option "reconnectPeriod"; in Petrel it is reconnect'],
  [
    { connectTimeout: 1 },
    'a client has no option "connectTimeout"; in Petrel it is timeouts.connect and timeouts.connack',
  ],
  [{ protocolVersion: 4 }, 'a client has no option "protocolVersion"; in Petrel it is version'],
  [{ wsOptions: {} }, 'a client has no option "wsOptions"; in Petrel it is websocket'],
  [{ queueQoSZero: false }, 'a client has no option "queueQoSZero"; in Petrel it is queue.qos0WhileOffline'],
  [{ host: "a" }, 'a client has no option "host"; in Petrel it is part of the URL'],
  [{ port: 1 }, 'a client has no option "port"; in Petrel it is part of the URL'],
  [{ properties: {} }, 'a client has no option "properties"; in Petrel it is'],
  // of nobody
  [{ "": 1 }, 'a client has no option ""'],
  [{ __proto__: null, constructor: 1 }, 'a client has no option "constructor"'],
  [JSON.parse('{"__proto__": 1}') as object, 'a client has no option "__proto__"'],
  [{ colour: "red" }, 'a client has no option "colour"'],
])("%j is refused by its name, and the right one said", (options, message) => {
  expect(complaint(options)).toContain(message);
  expect(connector).not.toHaveBeenCalled();
});

test("what a wrong option was set to is not shown: it may be a secret", () => {
  let error: unknown;
  try {
    createClient("mqtt://localhost", { connector, passwort: "geheim" } as ClientOptions);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ option: "passwort", value: undefined });
  expect(String(error)).not.toContain("geheim");
});

test("an option that is undefined is not given, whatever its name", () => {
  expect(complaint({ keepalive: undefined, will: { topic: "a", qso: undefined } })).toBe("");
});

test("of the options of an attempt, too: the attempt fails, and says so", async () => {
  const world = new World({ optionsForAttempt: () => ({ keepalive: 1 }) as object, reconnect: false });
  const connecting = watch(world.client.connect());
  await world.settle();
  expect(connecting.error).toMatchObject({ message: expect.stringContaining("did you mean keepAlive?") });
});

test.each<[string, (client: World["client"]) => unknown, string]>([
  [
    "publish",
    (client) => client.publish("a", "", { dup: true } as object),
    'publish() has no option "dup"; in Petrel it is',
  ],
  [
    "publish",
    (client) => client.publish("a", "", { quos: 1 } as object),
    'publish() has no option "quos"; did you mean qos?',
  ],
  [
    "publish",
    (client) => client.publish("a", "", { messageExpiryInterval: 1 } as object),
    'publish() has no option "messageExpiryInterval"; it has qos, retain, signal, timeout, properties',
  ],
  ["publish", (client) => client.publish("a", "", { properties: { contentTyp: "" } } as object), "contentTyp"],
  [
    "subscribe",
    (client) => client.subscribe("a", { nl: true } as object),
    'subscribe() has no option "nl"; in Petrel it is noLocal',
  ],
  ["subscribe", (client) => client.subscribe("a", { ackowledge: "manual" } as object), "did you mean acknowledge?"],
  [
    "subscribe",
    (client) => client.subscribe({ a: { qus: 1 } as object }),
    'a filter has no option "qus"; did you mean qos?',
  ],
  [
    "subscribe",
    (client) => client.subscribe({ a: { handlerTimeout: 1 } as object }),
    'a filter has no option "handlerTimeout"',
  ],
  [
    "request",
    (client) => client.request("a", "", { timout: 1 } as object),
    'request() has no option "timout"; did you mean timeout?',
  ],
  ["respond", (client) => client.respond("a", () => "", { time: 1 } as object), 'respond() has no option "time"'],
  [
    "disconnect",
    (client) => client.disconnect({ force: true } as object),
    'disconnect() has no option "force"; it has drain, ',
  ],
])("%s(): an option that is none is refused", async (_, call, message) => {
  const world = await World.online();
  const refused = watch((async () => call(world.client))());
  await world.settle();
  expect(refused.error).toMatchObject({ message: expect.stringContaining(message) });
  expect(world.received()).toEqual([]);
});

test("routes, messages() and next() refuse theirs at once", async () => {
  const world = await World.online();
  const { client } = world;
  expect(() => client.route("a", { concurency: 2 } as object, () => undefined)).toThrow("did you mean concurrency?");
  expect(() => client.messages({ bufer: 2 } as object)).toThrow("did you mean buffer?");
  const stream = client.messages();
  await expect(stream.next({ timeOut: 1 } as object)).rejects.toThrow("did you mean timeout?");
});
