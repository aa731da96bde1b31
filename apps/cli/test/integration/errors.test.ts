import { describeServer, startAedes, startMosquitto } from "@petrel/servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { numbers, petrel, runPetrel, subscribed } from "../support/petrel.ts";

/** Runs it, and checks what every error has to be: nothing on stdout, one line on stderr, no stack. */
async function failureOf(args: readonly string[], input = ""): Promise<{ status: unknown; line: string }> {
  const { status, stdout, stderr } = await runPetrel(args, input);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^petrel: [^\n]+\n$/);
  return { status, line: stderr.slice("petrel: ".length, -1) };
}

describe("wrong usage is status 2, told before anything is opened", () => {
  test.each([
    ["an unknown command", ["publish"], "unknown command 'publish'"],
    ["an unknown option", ["pub", "-t", "a", "-m", "x", "--nothing"], "unknown option '--nothing'"],
    ["a wildcard in a topic", ["pub", "-t", "a/#", "-m", "x"], 'topic "a/#"'],
    ["a wrong filter", ["sub", "-t", "a/#/b"], 'topic filter "a/#/b"'],
    ["a wrong QoS", ["pub", "-t", "a", "-m", "x", "-q", "3"], "QoS is 0, 1 or 2."],
    ["no source", ["pub", "-t", "a"], "what to publish? give one of -m, -n, -s, --lines"],
    ["two sources", ["pub", "-t", "a", "-m", "x", "-s"], "-m and -s each say what to publish; give one"],
    ["an empty stdin with -s", ["pub", "-t", "a", "-s"], "stdin is empty, and -s sends what is there"],
  ])("%s", async (_what, args, expected) => {
    const { status, line } = await failureOf(args);
    expect(line).toContain(expected);
    expect(status).toBe(2);
  });

  test("nothing at all shows the help, on stderr", async () => {
    const { status, stdout, stderr } = await runPetrel([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: petrel /);
  });
});

describe("no connection is status 3", () => {
  test.each(["pub", "sub"])("%s: a host that does not exist", async (command) => {
    const { status, line } = await failureOf([
      command,
      "-t",
      "a",
      ...(command === "pub" ? ["-m", "x"] : []),
      "-h",
      "nohost.invalid",
    ]);
    expect(line).toContain("nohost.invalid");
    expect(status).toBe(3);
  });

  test.each(["pub", "sub"])("%s: a port where nothing listens", async (command) => {
    const server = await startAedes();
    await server.stop();
    const { status, line } = await failureOf([
      command,
      "-t",
      "a",
      ...(command === "pub" ? ["-m", "x"] : []),
      "-L",
      server.url,
    ]);
    expect(line).toContain(`nothing listens on 127.0.0.1:${server.port}`);
    expect(status).toBe(3);
  });

  test("a Unix socket that does not exist", async () => {
    const { status, line } = await failureOf(["pub", "-t", "a", "-m", "x", "--unix", "/nowhere/mq.sock"]);
    expect(line).toContain("/nowhere/mq.sock");
    expect(status).toBe(3);
  });

  test("something that does not speak MQTT", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined).resume();
      socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { status, line } = await failureOf(["pub", "-t", "a", "-m", "x", "-p", String(port), "-h", "127.0.0.1"]);
      expect(line).toContain("is it an MQTT server that listens there?");
      expect(status).toBe(3);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("something that accepts and never answers, after --connect-timeout", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const url = `mqtt://127.0.0.1:${port}`;
      const { status, line } = await failureOf(["pub", "-t", "a", "-m", "x", "-L", url, "--connect-timeout", "1"]);
      expect(line).toContain("CONNACK");
      expect(status).toBe(3);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("a server that goes away for good, while pub waits for stdin", async () => {
    await using server = await startAedes();
    const options = [
      "-L",
      server.url,
      "-t",
      "a",
      "-q",
      "1",
      "--reconnect-period",
      "20",
      "--maximum-reconnect-times",
      "2",
    ];
    await using pub = petrel(["pub", ...options, "--lines"]);
    await pub.write("1\n");
    await new Promise<void>((resolve) => {
      server.broker.on("publish", ({ topic }) => {
        if (topic === "a") resolve();
      });
    });
    await server.stop();
    const { status, stderr } = await pub.ended; // its stdin is still open
    expect(status).toBe(3);
    expect(stderr.match(/trying again in 0.0 s/g)).toHaveLength(2);
    expect(stderr).toMatch(/\npetrel: nothing listens on [^\n;]+; is the server running, and is this its port\?\n$/);
  });

  test("a server that goes away for good with messages in flight, which are counted", async () => {
    let held = 0;
    const everythingIsHeld = new AbortController();
    await using server = await startAedes({
      authorizePublish: () => {
        held++;
        everythingIsHeld.abort();
      },
    });
    await using pub = petrel(["pub", "-L", server.url, "-t", "a", "-q", "1", "--reconnect-period", "0", "--lines"]);
    await pub.write(numbers(10));
    if (held === 0) await new Promise((resolve) => everythingIsHeld.signal.addEventListener("abort", resolve));
    await server.stop();
    const { status, stderr } = await pub.ended;
    expect(stderr).toMatch(/^petrel: [^\n]+; 10 of 10 messages were not acknowledged\n$/);
    expect(status).toBe(3);
  });

  test("sub: a server that goes away for good", async () => {
    await using server = await startAedes();
    await using sub = petrel(["sub", "-L", server.url, "-t", "a", "--reconnect-period", "0"]);
    await new Promise<void>((resolve) => server.broker.on("subscribe", () => resolve()));
    await server.stop();
    const { status, stderr } = await sub.ended;
    expect(stderr).toMatch(/^petrel: [^\n]+\n$/);
    expect(status).toBe(3);
  });
});

describeServer("mosquitto", () => {
  test("a refused connection is status 4 and shows no password", async () => {
    await using server = await startMosquitto({ users: { anna: "right" } });
    for (const version of ["5.0", "3.1.1"]) {
      for (const credentials of [["-u", "anna", "-P", "geheim"], []]) {
        const args = ["-L", server.url, "-V", version, ...credentials];
        for (const command of [
          ["sub", "-t", "a"],
          ["pub", "-t", "a", "-m", "x"],
        ]) {
          const { status, line } = await failureOf([...command, ...args]);
          expect(line).toMatch(/not authorized.*; check -u and -P$/i);
          expect(line).not.toContain("geheim");
          expect(status).toBe(4);
        }
      }
      const known = ["-V", version, "-u", "anna", "-t", "a", "-m", "x"];
      const { port } = server;
      expect(await runPetrel(["pub", ...known, "-L", server.url, "-P", "right"])).toMatchObject({
        status: 0,
        stderr: "",
      });
      expect(await runPetrel(["pub", ...known.slice(2), "-L", `mqtt://anna:right@127.0.0.1:${port}`])).toMatchObject({
        status: 0,
      });
      await using withEnvironment = petrel(["pub", ...known, "-L", server.url], { PETREL_PASSWORD: "right" });
      expect(await withEnvironment.endInput().ended).toMatchObject({ status: 0, stderr: "" });
    }
  });

  test("a message larger than the server takes is refused, and the others are published", async () => {
    await using server = await startMosquitto({ config: ["message_size_limit 1000"] });
    await using sub = await subscribed(["-L", server.url, "-t", "sizes", "-q", "1", "-C", "2"]);
    const lines = `small\n${"x".repeat(5_000)}\nsmall too\n`;
    const { status, line } = await failureOf(["pub", "-L", server.url, "-t", "sizes", "-q", "1", "--lines"], lines);
    expect(line).toMatch(
      /^1 of 3 messages failed; the first: the server refused the message to "sizes": packet too large/,
    );
    expect(status).toBe(5);
    expect(await sub.ended).toMatchObject({ status: 0, stdout: "small\nsmall too\n" });
  });

  test("messages that the server refuses are counted, the others are published, and the status is 5", async () => {
    const directory = await mkdtemp(join(tmpdir(), "petrel-acl-"));
    try {
      await writeFile(join(directory, "acl"), "topic readwrite open/#\n", { mode: 0o600 });
      await using server = await startMosquitto({ config: [`acl_file ${join(directory, "acl")}`] });
      const refused = ["pub", "-L", server.url, "-t", "closed", "-q", "1"];
      const one = await failureOf([...refused, "-m", "x"]);
      expect(one.line).toMatch(/^the server refused the message to "closed": not authorized/i);
      expect(one.status).toBe(5);
      const many = await failureOf([...refused, "--lines"], numbers(300));
      expect(many.line).toMatch(/^300 of 300 messages failed; the first: the server refused the message to "closed"/);
      expect(many.status).toBe(5);
      expect(await runPetrel(["pub", "-L", server.url, "-t", "open/a", "-q", "2", "-m", "x"])).toMatchObject({
        status: 0,
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("a line beyond the server's maximum packet size fails alone", async () => {
    await using server = await startMosquitto({ config: ["max_packet_size 1000"] });
    const { status, line } = await failureOf(
      ["pub", "-L", server.url, "-t", "a", "-q", "1", "--lines"],
      `short\n${"x".repeat(2_000)}\nshort\n`,
    );
    expect(line).toMatch(/^1 of 3 messages failed; the first: .*1000/);
    expect(status).toBe(5);
  });
});

describe("a refused subscription is status 5", () => {
  test.each(["5.0", "3.1.1"])("over %s, also when the server grants others", async (version) => {
    await using server = await startAedes({
      authorizeSubscribe: (_client, subscription, done) => {
        done(null, subscription.topic === "secret" ? null : subscription);
      },
    });
    const { status, line } = await failureOf(["sub", "-L", server.url, "-V", version, "-t", "a", "-t", "secret"]);
    expect(line).toContain('"secret"');
    expect(status).toBe(5);
  });
});

describe("secrets stay where they are", () => {
  const secret = "geheim";

  test.each([
    ["of a URL whose host is wrong", ["-L", `mqtt://anna:${secret}@nohost.invalid`]],
    ["of a URL that is none", ["-L", `mqtt://anna:${secret}@:x`]],
    ["of a URL with an @ too many", ["-L", `mqtt://anna:x@${secret}@y:z`]],
    ["of a host that is half a URL", ["-h", `anna:${secret}@localhost`]],
    ["of a misspelt option", [`--pasword=${secret}`]],
    ["given twice", ["-P", secret, "--password-file", "f"]],
    ["without a user name", ["-V", "3.1.1", "-P", secret]],
    ["of a proxy", ["-L", "mqtt://127.0.0.1:1", "--proxy", `socks5://anna:${secret}@127.0.0.1:1`]],
    ["in a header", ["-L", "ws://127.0.0.1:1", "-wh", `authorization: Bearer ${secret}`]],
    ["that is a token in a URL", ["-L", `ws://127.0.0.1:1/mqtt?token=${secret}`]],
  ])("the password %s", async (_what, args) => {
    const { stderr, stdout } = await runPetrel(["pub", "-t", "a", "-m", "x", ...args, "--debug"]);
    expect(stdout + stderr).not.toContain(secret);
    expect(stderr).not.toBe("");
  });
});

test("--debug adds where an error comes from, and the errors below it", async () => {
  const server = await startAedes();
  await server.stop();
  const { stderr } = await runPetrel(["pub", "-L", server.url, "-t", "a", "-m", "x", "--debug"]);
  expect(stderr).toMatch(/^petrel: nothing listens on [^\n]+\n(.*\n)* {4}at .*\ncaused by Error: connect ECONNREFUSED/);
});
