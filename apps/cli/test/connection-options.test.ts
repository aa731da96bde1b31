import { Command } from "commander";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { addConnectionOptions, clientOptionsOf, type ConnectionOptions, urlOf } from "../src/options/connection.ts";

/** The options as commander gives them to a command. */
function typed(...argv: string[]): ConnectionOptions {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .helpOption("--help");
  addConnectionOptions(command);
  return command.parse(argv, { from: "user" }).opts();
}

const clientOptions = (...argv: string[]) => clientOptionsOf(typed(...argv));

beforeEach(() => vi.stubEnv("PETREL_PASSWORD", undefined));
afterEach(() => vi.unstubAllEnvs());

describe("where to connect to", () => {
  test.each([
    [[], "mqtt://localhost"],
    [["-h", "example.net"], "mqtt://example.net"],
    [["-p", "1884"], "mqtt://localhost:1884"],
    [["--host", "::1", "--port", "1884"], "mqtt://[::1]:1884"],
    [["-h", "[::1]"], "mqtt://[::1]"],
    [["-h", "fe80::1%eth0"], "mqtt://[fe80::1%25eth0]"],
    [["-L", "mqtt://anna:s@example.net:99"], "mqtt://anna:s@example.net:99"],
    [["--unix", "/run/a b#1?.sock"], "mqtt+unix:///run/a%20b%231%3F.sock"],
    [["-l", "mqtts"], "mqtts://localhost"],
    [["-l", "ws", "-p", "9001"], "ws://localhost:9001"],
    [["-l", "wss", "-h", "::1"], "wss://[::1]"],
    [["-l", "mqtts", "-h", "::1", "-p", "8884"], "mqtts://[::1]:8884"],
    [["-S", "example.net"], "mqtt+srv://example.net"],
    [["--srv", "example.net", "--protocol", "mqtts"], "mqtts+srv://example.net"],
    [["--unix", "mq.sock"], `mqtt+unix://${resolve("mq.sock")}`],
  ])("%j is %s", (argv, url) => {
    expect(urlOf(typed(...argv))).toBe(url);
  });

  test.each([
    [["-L", "mqtt://localhost", "-p", "1"], "--url and -h and -p each say where to connect"],
    [["-L", "mqtt://localhost", "--unix", "/s"], "--url and --unix each say where to connect"],
    [["-S", "example.net", "-p", "1"], "--srv and -h and -p each say where to connect"],
    [["-L", "mqtt://localhost", "-l", "mqtts"], "--url and --protocol each say how to connect"],
    [["--srv", "example.net", "-l", "wss"], "DNS has no records for WebSocket"],
    [["--unix", "/s", "-l", "mqtts"], "--unix and --protocol each say how to connect"],
    [["--unix", "/s", "-h", "localhost"], "--unix and -h and -p each say where to connect"],
    [["-h", "mqtt://localhost"], "a URL goes with -L"],
    [["-h", "anna:secret@localhost"], "a character that no host name has"],
  ])("%j is refused", (argv, why) => {
    expect(() => urlOf(typed(...argv))).toThrow(why);
  });
});

test("--bind is the local address", () => {
  expect(clientOptions("--bind", "127.0.0.1").localAddress).toBe("127.0.0.1");
});

describe("TLS", () => {
  const tls = (...argv: string[]) => clientOptions("-l", "mqtts", ...argv).tls;

  test("has no options where none were typed", () => {
    expect(tls()).toBeUndefined();
  });

  test.each([
    [["--ca", "ca.pem"], { caFile: "ca.pem" }],
    [["--ca", "."], { caPath: "." }],
    [["--cert", "c.pem", "--key", "k.pem"], { certFile: "c.pem", keyFile: "k.pem" }],
    [["--cert", "c.pem", "--key", "k.pem", "--key-passphrase", "s"], { passphrase: "s" }],
    [["--cert", "c.p12", "--key-passphrase", "s"], { pfxFile: "c.p12", passphrase: "s" }],
    [["--insecure"], { rejectUnauthorized: false, checkHostname: undefined }],
    [["--insecure-hostname"], { rejectUnauthorized: undefined, checkHostname: false }],
    [["--alpn", "mqtt", "--alpn", "x-amzn-mqtt-ca"], { alpnProtocols: ["mqtt", "x-amzn-mqtt-ca"] }],
    [["--tls-min-version", "1.3"], { minVersion: "TLSv1.3" }],
    [["--ciphers", "HIGH", "--servername", "h"], { ciphers: "HIGH", servername: "h" }],
  ])("%j", (argv, options) => {
    expect(tls(...argv)).toMatchObject(options);
  });

  test("PETREL_KEY_PASSPHRASE is for a key only, and yields to what was typed", () => {
    vi.stubEnv("PETREL_KEY_PASSPHRASE", "e");
    expect(tls("--cert", "c", "--key", "k")).toMatchObject({ passphrase: "e" });
    expect(tls("--cert", "c", "--key", "k", "--key-passphrase", "s")).toMatchObject({ passphrase: "s" });
    expect(tls("--ca", "a")).toMatchObject({ passphrase: undefined });
  });

  test.each([
    [["--ca", "a"], "--ca is for TLS, and mqtt:// is not; add -l mqtts"],
    [["-L", "ws://h", "--insecure"], "--insecure is for TLS, and ws:// is not"],
    [["-l", "mqtts", "--cert", "c"], "--cert and --key are of use only together"],
    [["-l", "mqtts", "--key", "k"], "--cert and --key are of use only together"],
    [["-l", "mqtts", "--cert", "c.pfx", "--key", "k"], "c.pfx holds the key, too; leave --key out"],
  ])("%j is refused", (argv, why) => {
    expect(() => clientOptions(...argv)).toThrow(why);
  });
});

describe("the password", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "petrel-cli-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test("comes from -P", () => {
    expect(clientOptions("-u", "anna", "-P", "s").password).toBe("s");
  });

  test("comes from the first line of a file, whatever ends it", () => {
    for (const text of ["s: =\n", "s: =\r\nmore\n", "s: ="]) {
      const file = join(folder, "password");
      writeFileSync(file, text);
      expect(clientOptions("-u", "anna", "--password-file", file).password).toBe("s: =");
    }
  });

  test("a file that can't be read is refused by name", () => {
    expect(() => clientOptions("--password-file", join(folder, "none"))).toThrow(
      /^the password file cannot be read: ENOENT.*none/,
    );
  });

  test("-P and a file contradict each other", () => {
    expect(() => clientOptions("-P", "s", "--password-file", "f")).toThrow("both give the password");
  });

  test.each([
    ["goes with -u", ["-u", "anna"], "e"],
    ["goes with the user name of a URL", ["-L", "mqtt://anna@h"], "e"],
    ["yields to -P", ["-u", "anna", "-P", "s"], "s"],
    ["yields to the password of a URL", ["-L", "mqtt://anna:s@h"], undefined],
    [
      "yields to the password of a URL that -u names another user for",
      ["-L", "mqtt://anna:s@h", "-u", "bob"],
      undefined,
    ],
    ["is not sent where nobody is named", [], undefined],
    ["is not sent where a URL names nobody", ["-L", "mqtt://h"], undefined],
  ])("PETREL_PASSWORD %s", (_what, argv, expected) => {
    vi.stubEnv("PETREL_PASSWORD", "e");
    expect(clientOptions(...argv).password).toBe(expected);
  });
});

describe("the session", () => {
  test("is clean by default; reconnects of the same run resume it", () => {
    expect(clientOptions()).toMatchObject({ version: "auto", cleanStart: "first", sessionExpiryInterval: undefined });
    expect(clientOptions("-V", "3.1.1")).toMatchObject({ version: "3.1.1", cleanSession: true });
  });

  test("--no-clean resumes it, and keeps it for an hour unless said otherwise", () => {
    expect(clientOptions("-i", "a", "--no-clean")).toMatchObject({ cleanStart: false, sessionExpiryInterval: 3_600 });
    expect(clientOptions("-i", "a", "--no-clean", "--session-expiry-interval", "5")).toMatchObject({
      sessionExpiryInterval: 5,
    });
    expect(clientOptions("-i", "a", "--no-clean", "-V", "3.1.1")).toMatchObject({ cleanSession: false });
  });

  test("--no-clean needs a client id", () => {
    expect(() => clientOptions("--no-clean")).toThrow("give it with -i");
  });
});

test.each([
  ["--session-expiry-interval", "1"],
  ["--rcv-max", "1"],
  ["--topic-alias-maximum", "1"],
  ["--req-response-info"],
  ["--no-req-problem-info"],
  ["--conn-user-properties", "a: b"],
  ["--will-delay-interval", "1"],
])("%s needs MQTT 5.0", (...option: string[]) => {
  expect(() => clientOptions("-V", "3.1.1", "--will-topic", "w", ...option)).toThrow(
    `${option[0]} needs MQTT 5.0, not -V 3.1.1`,
  );
  expect(() => clientOptions("--will-topic", "w", ...option)).not.toThrow();
});

describe("reconnects", () => {
  test.each([
    [[], { maximumAttempts: undefined }],
    [["--reconnect-period", "0"], false],
    [["--maximum-reconnect-times", "0"], false],
    [["--reconnect-period", "0", "--maximum-reconnect-times", "0"], false],
    // The client counts the first connection, too.
    [["--maximum-reconnect-times", "2"], { maximumAttempts: 3 }],
    [
      ["--reconnect-period", "250"],
      { initialDelay: 250, maximumDelay: 250, jitter: "none", maximumAttempts: undefined },
    ],
  ])("%j", (argv, expected) => {
    expect(clientOptions(...argv).reconnect).toEqual(expected);
  });

  test("never and three times contradict each other", () => {
    expect(() => clientOptions("--reconnect-period", "0", "--maximum-reconnect-times", "3")).toThrow("give one");
  });
});

describe("the will", () => {
  test("is put together", () => {
    const will = clientOptions(
      ...[
        "--will-topic",
        "w",
        "--will-message",
        "gone",
        "--will-qos",
        "1",
        "--will-retain",
        "--will-delay-interval",
        "5",
      ],
    ).will;
    expect(will).toEqual({ topic: "w", payload: "gone", qos: 1, retain: true, properties: { willDelayInterval: 5 } });
  });

  test.each([["--will-message", "m"], ["--will-qos", "0"], ["--will-retain"], ["--will-delay-interval", "0"]])(
    "%s alone is refused",
    (...option: string[]) => {
      expect(() => clientOptions(...option)).toThrow("the --will options need --will-topic");
    },
  );
});

test("the rest is passed on", () => {
  expect(
    clientOptions(
      ...["-i", "a", "-u", "anna", "-k", "5", "--rcv-max", "7", "--maximum-packet-size", "1000"],
      ...[
        "--topic-alias-maximum",
        "3",
        "--req-response-info",
        "--no-req-problem-info",
        "--conn-user-properties",
        "k: v",
      ],
    ),
  ).toMatchObject({
    clientId: "a",
    username: "anna",
    keepAlive: 5,
    receiveMaximum: 7,
    maximumPacketSize: 1_000,
    topicAliasMaximum: 3,
    requestResponseInformation: true,
    requestProblemInformation: false,
    userProperties: [["k", "v"]],
  });
});

test.each([
  ["5", "5.0"],
  ["mqttv5", "5.0"],
  ["mqttv311", "3.1.1"],
  ["311", "3.1.1"],
  ["3.1.1", "3.1.1"],
  ["auto", "auto"],
])("-V %s, as users of mosquitto and MQTTX type it, is %s", (typed, version) => {
  expect(clientOptions("-V", typed, "-i", "me").version).toBe(version);
});

test("-V 4 is refused with the choices there are", () => {
  expect(() => clientOptions("-V", "4")).toThrow("Allowed choices are auto, 5.0, 3.1.1, 3.1.");
});

describe("WebSocket", () => {
  test("has a path and headers", () => {
    expect(
      clientOptions("-l", "wss", "--path", "/a?b=c", "--ws-headers", "A: b:c", "--ws-headers", "D: e"),
    ).toMatchObject({
      websocket: { path: "/a?b=c", headers: { A: "b:c", D: "e" } },
    });
    expect(clientOptions("-L", "ws://localhost/other").websocket).toBeUndefined();
  });

  test.each([
    [["--path", "/a"], "--path is for WebSocket, and mqtt:// is not; add -l ws or wss"],
    [["-l", "mqtts", "--ws-headers", "a: b"], "--ws-headers is for WebSocket, and mqtts:// is not"],
  ])("%j is refused", (argv, why) => {
    expect(() => clientOptions(...argv)).toThrow(why);
  });

  test("a header that is none is refused without showing what may be a secret", () => {
    expect(() => clientOptions("-l", "ws", "--ws-headers", "Bearer s3cret")).toThrow(
      /^a header is "name: value"; this one has no colon$/,
    );
  });
});

test("a proxy is passed on", () => {
  expect(clientOptions().proxy).toBeUndefined();
  expect(clientOptions("--proxy", "socks5h://anna:s@localhost").proxy).toBe("socks5h://anna:s@localhost");
  expect(clientOptions("--proxy", "environment").proxy).toBe("environment");
});

test("a subscription may wait as long as connecting may take, and then for its answer", () => {
  expect(clientOptions().timeouts).toEqual({
    connect: 10_000,
    proxy: 10_000,
    tls: 10_000,
    websocket: 10_000,
    connack: 20_000,
    request: 90_000,
  });
  expect(clientOptions("--connect-timeout", "100").timeouts).toEqual({
    connect: 100_000,
    proxy: 100_000,
    tls: 100_000,
    websocket: 100_000,
    connack: 100_000,
    request: 530_000,
  });
});
