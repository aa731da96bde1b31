import { expect, test } from "vitest";
import { type ClientOptions, createClient, OptionError } from "../src/node/index.ts";
import { watch, World } from "./support/world.ts";

/** What configuration files and callers without types come up with. */
const NONSENSE: Readonly<Record<string, unknown>> = {
  null: null,
  "-1": -1,
  "1.5": 1.5,
  NaN: Number.NaN,
  Infinity,
  "-Infinity": -Infinity,
  '""': "",
  '"abc"': "abc",
  '"5"': "5",
  true: true,
  false: false,
  "{}": {},
  "[]": [],
  "() => 1": () => 1,
  symbol: Symbol("nonsense"),
  "10n": 10n,
};

const TEXT = ['""', '"abc"', '"5"'];
const FLAG = ["true", "false"];
const DURATION = ["1.5", "Infinity"];
const PATH = TEXT;
const MATERIAL = [...TEXT, "[]", "() => 1"];

/** Every option, and what of the above it takes. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  version: [],
  clientId: TEXT,
  username: TEXT,
  password: TEXT,
  keepAlive: [],
  cleanStart: FLAG,
  sessionExpiryInterval: [],
  will: [],
  "will.topic": ['"abc"', '"5"'],
  "will.payload": TEXT,
  "will.qos": [],
  "will.retain": FLAG,
  "will.properties": ["{}"],
  "will.properties.willDelayInterval": [],
  "will.properties.userProperties": ["[]"],
  receiveMaximum: [],
  maximumPacketSize: [],
  maximumInflight: [],
  maximumConcurrentRequests: [],
  topicAliasMaximum: [],
  topicAliases: [],
  subscriptionIdentifiers: [],
  requestResponseInformation: FLAG,
  requestProblemInformation: FLAG,
  userProperties: ["[]"],
  authentication: [],
  publishDefaults: ["{}"],
  "publishDefaults.qos": [],
  "publishDefaults.retain": FLAG,
  "publishDefaults.topics": ["{}"],
  queue: ["{}"],
  "queue.messages": ["Infinity"],
  "queue.bytes": ["Infinity"],
  "queue.maximumAge": ["Infinity"],
  "queue.overflow": [],
  "queue.qos0WhileOffline": [],
  afterSessionLost: [],
  resubscribe: [],
  unclaimed: ["{}"],
  "unclaimed.hold": DURATION,
  "unclaimed.buffer": DURATION,
  timeouts: ["{}"],
  "timeouts.connect": [],
  "timeouts.proxy": [],
  "timeouts.tls": [],
  "timeouts.websocket": [],
  "timeouts.connack": ["Infinity"],
  "timeouts.pingResponse": ["Infinity"],
  "timeouts.request": ["Infinity"],
  "timeouts.consumer": DURATION,
  reconnect: ["false", "{}"],
  "reconnect.initialDelay": DURATION,
  "reconnect.maximumDelay": DURATION,
  "reconnect.factor": DURATION,
  "reconnect.jitter": [],
  "reconnect.maximumAttempts": DURATION,
  "reconnect.resetAfter": DURATION,
  "reconnect.retryInitial": FLAG,
  "reconnect.decide": ["() => 1"],
  servers: ["[]"],
  followRedirects: [],
  optionsForAttempt: ["() => 1"],
  tls: ["{}"],
  "tls.ca": MATERIAL,
  "tls.caFile": PATH,
  "tls.caPath": PATH,
  "tls.crl": MATERIAL,
  "tls.crlFile": PATH,
  "tls.pfx": ["() => 1"],
  "tls.pfxFile": PATH,
  "tls.ciphers": ['""'],
  "tls.minVersion": [],
  "tls.maxVersion": [],
  "tls.servername": ['"abc"', '"5"'],
  "tls.alpnProtocols": [],
  "tls.rejectUnauthorized": FLAG,
  "tls.checkHostname": FLAG,
  "tls.resumeSession": FLAG,
  "tls.secureContext": ["{}", "() => 1"],
  websocket: ["{}"],
  "websocket.path": PATH,
  "websocket.query": [...TEXT, "{}", "() => 1"],
  "websocket.headers": ["{}", "() => 1"],
  "websocket.subprotocol": ['"abc"', '"5"'],
  "websocket.compression": FLAG,
  "websocket.agent": ["{}"],
  proxy: [],
  localAddress: [],
  localPort: [],
  socket: ["{}"],
  "socket.noDelay": FLAG,
  "socket.keepAlive": FLAG,
  "socket.family": [],
  "socket.highWaterMark": [],
  connector: ["() => 1"],
  logger: [],
  signal: [],
  clock: [],
  random: ["() => 1"],
};

/** Options that contain just this one, and what must be beside it. */
function optionsWith(option: string, value: unknown): ClientOptions {
  const [outer = "", ...inner] = option.split(".");
  const innermost = inner.reduceRight<unknown>((node, name) => ({ [name]: node }), value);
  const beside: Readonly<Record<string, object>> = {
    will: { topic: "gone" },
    cleanStart: { clientId: "one" },
    "timeouts.proxy": { proxy: "http://127.0.0.1:1" },
    password: { username: "anna" },
  };
  const whole = inner.length > 0 ? { ...beside[outer], ...(innermost as object) } : innermost;
  const others = inner.length === 0 || option === "timeouts.proxy" ? beside[option] : {};
  return { logger: { warn() {}, error() {} }, ...(outer === "will" ? {} : others), [outer]: whole };
}

test.each(Object.entries(TAKES))(
  "%s: what can't work is refused before anything is opened, by name",
  (option, takes) => {
    const taken: string[] = [];
    for (const [name, value] of Object.entries(NONSENSE)) {
      try {
        createClient("wss://127.0.0.1:1", optionsWith(option, value));
        taken.push(name);
      } catch (error) {
        expect(error, name).toBeInstanceOf(OptionError);
        const refused = error as OptionError;
        expect(`${refused.option}.`.startsWith(`${option}.`), `${name}: ${refused.message}`).toBe(true);
        expect(refused.message).toContain(`option ${refused.option} is `);
      }
    }
    expect(taken).toEqual(takes);
  },
);

test("a secret of the wrong kind stays out of the error", () => {
  for (const option of ["password", "tls.passphrase"]) {
    expect(() => createClient("wss://127.0.0.1:1", optionsWith(option, 123_456))).toThrow(`option ${option} is "***"`);
  }
});

test("what optionsForAttempt returns is looked at as well", async () => {
  const world = new World({ optionsForAttempt: () => ({ keepAlive: "5" as never }), reconnect: false });
  const connected = watch(world.client.connect());
  await world.settle();
  expect(connected.error).toMatchObject({ code: "PETREL_OPTION", option: "keepAlive" });
});

test("an option is named as it was typed", () => {
  expect(() => createClient("mqtt://127.0.0.1:1", { clientId: "\u0000" })).toThrow(/option clientId is/);
  expect(() => createClient("mqtt://127.0.0.1:1", { will: { topic: "a/#" } })).toThrow(/option will\.topic is/);
  const properties = { properties: { nonsense: 1 } as never };
  expect(() => createClient("mqtt://127.0.0.1:1", { will: { topic: "a", ...properties } })).toThrow(
    /will\.properties\.nonsense is not a property/,
  );
});
