import { connect } from "@petrel/client";
import { startAedes } from "@petrel/servers";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { numbers, petrel, petrelFrom, petrelInto, runPetrel, subscribed, withoutPackets } from "../support/petrel.ts";
import { startSlowServer } from "../support/slow-server.ts";

describe.skipIf(process.platform === "win32")("a full disk", () => {
  const full = "/dev/full"; // each write says that there is no space
  const written = "cannot be written: ENOSPC: no space left on device, write\n";

  test("as stdout is one line and status 1, however often it was written to", async () => {
    await using demo = petrelInto(full, ["demo"]);
    expect(await demo.ended).toEqual({
      status: 1,
      stdout: "",
      stderr: "petrel: stdout: ENOSPC: no space left on device, write\n",
    });
  });

  test("is status 1 for record, too, and so is a folder that is not there", async () => {
    await using server = await startAedes();
    await using client = await connect(server.url);
    await client.publish("a", "x", { qos: 1, retain: true });
    const recorded = ["record", "-L", server.url, "-t", "a", "-C", "1", "-o"];
    const shown = { status: 1, stdout: "", stderr: `petrel: ${full} ${written}` };
    expect(await runPetrel([...recorded, full])).toEqual(shown);
    const nowhere = await runPetrel([...recorded, "/nowhere/a"]);
    expect(nowhere).toMatchObject({ status: 1, stdout: "" });
    expect(nowhere.stderr).toContain("petrel: /nowhere/a cannot be written: ENOENT");
  });
});

test.each(["--lines", "-s"])("a folder as stdin is no end of pub %s, but an error with status 2", async (source) => {
  await using server = await startAedes();
  await using pub = petrelFrom("/", ["pub", "-L", server.url, "-t", "a", source]);
  expect(await pub.ended).toEqual({
    status: 2,
    stdout: "",
    stderr: "petrel: stdin cannot be read: it is a directory\n",
  });
});

describe("Ctrl-C", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("ends sub politely with status 0 (%s)", async (signal) => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", "--will-topic", "will", "--will-message", "x"]);
    const wills: string[] = [];
    server.broker.on("publish", ({ topic }) => wills.push(topic));
    const left = new Promise<void>((resolve) => server.broker.once("clientDisconnect", () => resolve()));
    const { status, stdout, stderr } = await sub.signal(signal).ended;
    await left;
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(withoutPackets(stderr)).toBe("petrel: subscribed to a\n");
    expect(wills).not.toContain("will");
  });

  test.each([
    ["--count", ["-C", "5"]],
    ["--timeout", ["-W", "1000"]],
  ])("is status 130 for a sub that had %s to do", async (_what, args) => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", ...args]);
    const { status, stderr } = await sub.signal("SIGINT").ended;
    expect(stderr).toContain("\npetrel: interrupted\n");
    expect(status).toBe(130);
  });

  test.each([
    ["sub", ["sub", "-t", "a"]],
    ["pub", ["pub", "-t", "a", "-m", "x"]],
  ])("is status 130 for a %s that is still connecting", async (_what, args) => {
    let ask: () => void;
    const asked = new Promise<void>((resolve) => (ask = resolve));
    await using server = await startAedes({ preConnect: () => ask() }); // never answers
    await using running = petrel([...args, "-L", server.url]);
    await asked;
    const { status, stderr } = await running.signal("SIGINT").ended;
    expect({ status, stderr }).toEqual({ status: 130, stderr: "petrel: interrupted\n" });
  });

  test("ends a pub that waits for stdin, after what it has read was acknowledged", async () => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", "-q", "1", "-C", "2"]);
    await using pub = petrel(["pub", "-L", server.url, "-t", "a", "-q", "1", "--lines"]);
    await pub.write("1\n2\nhalf a line");
    await sub.ended;
    const { status, stderr } = await pub.signal("SIGINT").ended;
    expect({ status, stderr }).toEqual({ status: 130, stderr: "petrel: interrupted\n" });
  });

  test("ends a pub that waits for the server, and says how many messages it leaves", async () => {
    let held: (() => void) | undefined;
    const firstIsHeld = new Promise<void>((resolve) => (held = resolve));
    await using server = await startAedes({ authorizePublish: () => held?.() }); // never acknowledges
    await using pub = petrel(["pub", "-L", server.url, "-t", "a", "-q", "1", "--lines"]);
    pub.endInput("1\n2\n3\n");
    await firstIsHeld;
    const { status, stderr } = await pub.signal("SIGINT").ended;
    expect({ status, stderr }).toEqual({
      status: 130,
      stderr: "petrel: interrupted; 3 of 3 messages were not acknowledged\n",
    });
  });

  test("ends a pub that a server takes everything from at once: it is never too busy to listen", async () => {
    let isBusy: () => void;
    const busy = new Promise<void>((resolve) => (isBusy = resolve));
    let bytes = 0;
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk) => {
        if (bytes === 0) socket.write(Uint8Array.of(0x20, 3, 0, 0, 0)); // CONNACK, and nothing is looked at after it
        bytes += chunk.length;
        if (bytes > 1_000_000) isBusy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const args = ["pub", "-h", "127.0.0.1", "-p", String(port), "-t", "a", "-m", "x", "--repeat", "1000000000"];
    await using pub = petrel(args);
    await busy;
    expect((await pub.signal("SIGINT").ended).status).toBe(130);
    server.close();
  });

  test("ends a pub -s that waits for stdin, before it is connected", async () => {
    await using pub = petrel(["pub", "-t", "a", "-s"]);
    await pub.write(Buffer.alloc(1_048_576)); // more than a pipe holds: it reads
    const { status, stderr } = await pub.signal("SIGINT").ended;
    expect({ status, stderr }).toEqual({ status: 130, stderr: "petrel: interrupted\n" });
  });
});

describe("sub -W", () => {
  test("is status 27 when the time is over", async () => {
    await using server = await startAedes();
    await using sub = petrel(["sub", "-L", server.url, "-t", "a", "-W", "1"]);
    expect(await sub.ended).toEqual({ status: 27, stdout: "", stderr: "petrel: timed out\n" });
  });

  test("is status 27 before it is connected, too", async () => {
    await using server = await startAedes({ preConnect: () => undefined });
    expect(await runPetrel(["sub", "-L", server.url, "-t", "a", "-W", "0.3"])).toMatchObject({
      status: 27,
      stderr: "petrel: timed out\n",
    });
  });

  test("does not matter when --count is reached first", async () => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", "-C", "2", "-W", "1000"]);
    await runPetrel(["pub", "-L", server.url, "-t", "a", "--lines"], numbers(2));
    expect(await sub.ended).toMatchObject({ status: 0, stdout: numbers(2) });
  });
});

describe("sub --remove-retained", () => {
  const removing = (url: string): readonly string[] => {
    return ["sub", "-L", url, "-V", "3.1.1", "-t", "r/#", "--remove-retained", "-k", "1", "--reconnect-period", "0"];
  };

  test.each([
    ["the time of -W is over", ["-W", "0.5"], 27],
    ["it is interrupted", [], 0],
  ])("waits for removals under way when %s", async (_what, args, expected) => {
    await using server = await startSlowServer(["r/1", "r/2"]);
    await using sub = petrel([...removing(server.url), ...args]);
    await sub.printed(/kept\nkept\n/);
    if (args.length === 0) sub.signal("SIGINT");
    await server.pinged; // a second has passed without an acknowledgement, and it is still there
    expect(server.received).toBe(2);
    server.acknowledge();
    expect((await sub.ended).status).toBe(expected);
  });

  test("says what was not removed, also when it is interrupted", async () => {
    await using server = await startSlowServer(["r/1", "r/2"]);
    await using sub = petrel(removing(server.url));
    await sub.printed(/kept\nkept\n/);
    sub.signal("SIGINT");
    await server.pinged;
    await server[Symbol.asyncDispose]();
    const { status, stderr } = await sub.ended;
    expect(stderr).toMatch(/^petrel: 2 retained messages were not removed: [^\n]+\n$/);
    expect(status).toBe(3);
  });
});

describe("a reader that goes away", () => {
  test("ends sub quietly", async () => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a"]);
    await using pub = petrel(["pub", "-L", server.url, "-t", "a", "--lines"]);
    await pub.write("1\n");
    await sub.hasPrintedLine("1");
    sub.closeOutput();
    await pub.write("2\n");
    const { status, stderr } = await sub.ended;
    expect(status).toBe(0);
    expect(withoutPackets(stderr)).toBe("petrel: subscribed to a\n");
  });

  test("ends the help quietly", async () => {
    await using help = petrel(["pub", "--help"]);
    help.closeOutput();
    expect(await help.ended).toMatchObject({ status: 0, stderr: "" });
  });

  test("that only pauses holds up sub, which the end gets through to all the same", async () => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", "-q", "1", "--maximum-packet-size", "30000000"]);
    sub.pauseOutput();
    await runPetrel(["pub", "-L", server.url, "-t", "a", "-q", "1", "--lines"], `${"x".repeat(5_000_000)}\n`);
    const left = new Promise<void>((resolve) => server.broker.once("clientDisconnect", () => resolve()));
    sub.signal("SIGINT");
    await left; // it has left the server though nobody reads what it prints
    sub.resumeOutput();
    expect((await sub.ended).status).toBe(0);
  });
});

describe("stdin", () => {
  test("slower than the keep alive keeps the connection", async () => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", "-C", "2"]);
    const pinged = new Promise<void>((resolve) => server.broker.once("ping", () => resolve()));
    await using pub = petrel(["pub", "-L", server.url, "-t", "a", "-k", "1", "--lines"]);
    await pub.write("before\n");
    await pinged;
    pub.endInput("after\n");
    expect(await pub.ended).toMatchObject({ status: 0, stderr: "" });
    expect((await sub.ended).stdout).toBe("before\nafter\n");
  });

  test("is read no faster than the server acknowledges", async () => {
    await using server = await startSlowServer();
    const options = ["-L", server.url, "-V", "3.1.1", "-t", "a", "-q", "1", "-k", "1"];
    await using pub = petrel(["pub", ...options, "--lines"]);
    const chunk = Buffer.from(`${"x".repeat(1_023)}\n`.repeat(1_024)); // 1 MiB
    let taken = 0;
    const fed = (async () => {
      for (let megabyte = 0; megabyte < 32; megabyte++) {
        await pub.write(chunk);
        taken++;
      }
    })();
    await server.pinged; // it has sent nothing for a second: it has read what it will
    expect(taken).toBeLessThan(8);
    server.acknowledge();
    await fed;
    pub.endInput();
    expect(await pub.ended).toMatchObject({ status: 0, stderr: "" });
    expect(server.received).toBe(32 * 1_024);
  });
});
