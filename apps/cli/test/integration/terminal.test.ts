import { connect, publishOnce } from "@petrel/client";
import { describeServer, startAedes } from "@petrel/servers";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTap } from "../support/tap.ts";
import { Terminal } from "../support/terminal.ts";

const [RED, GREEN, CYAN] = [1, 2, 6];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "petrel-terminal-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What nobody wants in a pipe or in a log. */
const ESCAPE = "\u001b";

describeServer("bsdutils", () => {
  describe("colours", () => {
    test("are for the topics of sub, and only at the terminal", async () => {
      await using server = await startAedes();
      await using shown = new Terminal(`petrel sub -L ${server.url} -t '#' -v -C 1`);
      const file = join(folder, "piped");
      await using piped = new Terminal(`petrel sub -L ${server.url} -t '#' -v -C 1 --debug | cat > ${file}`);
      await Promise.all([subscriptions(server, 2), piped.shows(/subscribed/)]);
      await publishOnce(server.url, { topic: "kitchen/temperature", payload: "21.5", qos: 1 });
      expect(await shown.ended).toBe(0);
      expect(shown.lines).toEqual(["kitchen/temperature 21.5"]);
      expect(shown.colours).toEqual({ "kitchen/temperature": CYAN });
      await piped.ended;
      expect(await readFile(file, "utf8")).toBe("kitchen/temperature 21.5\n");
    });

    test("are for errors where they are read, whatever stdout is", async () => {
      const file = join(folder, "errors");
      await using both = new Terminal("petrel conn --onec | cat");
      await using logged = new Terminal(`petrel conn --onec 2> ${file}`);
      expect([await both.ended, await logged.ended]).toEqual([0, 2]); // of `cat`, and ours
      expect(both.lines).toEqual(["petrel: unknown option '--onec' (Did you mean --once?)"]);
      expect(both.colours).toEqual({ "petrel:": RED });
      expect(logged.lines).toEqual([]);
      expect(await readFile(file, "utf8")).toBe("petrel: unknown option '--onec' (Did you mean --once?)\n");
    });

    test("are for stdout where that is a terminal and stderr is none", async () => {
      await using server = await startAedes();
      const file = join(folder, "log");
      await using probe = new Terminal(`petrel probe ${server.url} --largest 1000 2> ${file}`, { columns: 200 });
      expect(await probe.ended).toBe(0);
      expect(Object.entries(probe.colours)[0]).toEqual([expect.stringMatching(/^yes *$/), GREEN]);
      expect(await readFile(file, "utf8")).toBe("");
    });

    test.each([
      ["NO_COLOR", { NO_COLOR: "1" }, "conn --onec", false],
      ["a dumb terminal", { TERM: "dumb" }, "conn --onec", false],
      ["FORCE_COLOR, in a pipe", { FORCE_COLOR: "1" }, "conn --help | cat", true],
      ["CLICOLOR_FORCE, in a pipe", { CLICOLOR_FORCE: "1" }, "conn --help | cat", true],
      ["a pipe", {}, "conn --help | cat", false],
      ["a terminal", {}, "conn --help", true],
    ])("with %s", async (_what, env, line, expected) => {
      await using terminal = new Terminal(`petrel ${line}`, { env });
      await terminal.ended;
      expect(terminal.output.includes(ESCAPE)).toBe(expected);
    });
  });

  describe("the line that shows how work goes on", () => {
    test.each([20, 80, 200])("is one line of a terminal of %i columns, and gone at the end", async (columns) => {
      await using server = await startAedes();
      const line = `petrel pub -L ${server.url} -t a -S 10 --repeat 900 --rate 50 --progress`;
      await using terminal = new Terminal(line, { columns });
      await terminal.shows(/[1-9]\d* of 900/);
      expect(terminal.lines).toHaveLength(1);
      expect(terminal.wraps).toBe(false);
      if (columns > 20) expect(terminal.lines[0]).toMatch(/^\[#*-+\] \d+ of 900, \d+\/s$/);
      if (columns === 200) expect(terminal.lines[0]!.length).toBeGreaterThan(75); // it has the room
      await terminal.type("\u0003").ended;
      expect(terminal.lines.join(" ")).toMatch(/^petrel: interrupted/);
    });

    test("follows the width of the terminal", async () => {
      await using server = await startAedes();
      await using terminal = new Terminal(`petrel pub -L ${server.url} -t a -n --repeat 9000 --rate 50 --progress`);
      await terminal.shows(/\[-{50,}\] \d+ of 9,000/);
      terminal.resize(40);
      await terminal.shows(/^\[-{10,25}\] \d+ of 9,000, \d+\/s$/);
      expect(terminal.wraps).toBe(false);
      terminal.resize(120);
      await terminal.shows(/^\[-{60}\] \d+ of 9,000, \d+\/s$/);
      await terminal.type("\u0003").ended;
      expect(terminal.lines.join("")).toMatch(/^petrel: interrupted/);
    });

    test("makes room for lines, and is not left between them", async () => {
      await using server = await startAedes();
      const line = `petrel pub -L ${server.url} -t a -n --repeat 30 --rate 20 --progress --debug`;
      await using terminal = new Terminal(line, { columns: 200 });
      await terminal.shows(/of 30/);
      expect(await terminal.ended).toBe(0);
      expect(terminal.lines.length).toBeGreaterThan(30);
      for (const each of terminal.lines) expect(each).toMatch(/^petrel: [\d:.]+ (->|<-) /);
    });

    test("is not for stderr in a file, nor for what may share its terminal", async () => {
      await using server = await startAedes();
      const file = join(folder, "progress");
      const pub = `petrel pub -L ${server.url} -t a -n --repeat 30 --rate 20 --progress`;
      await using logged = new Terminal(`${pub} 2> ${file}`);
      expect(await logged.ended).toBe(0);
      expect({ shown: logged.output, written: await readFile(file, "utf8") }).toEqual({ shown: "", written: "" });
      await using dumb = new Terminal(pub, { env: { TERM: "dumb" } });
      expect(await dumb.ended).toBe(0);
      expect(dumb.output).toBe("");
    });

    test("tells of a sub whose messages go to a file, which gets nothing else", async () => {
      await using server = await startAedes();
      const file = join(folder, "messages");
      await using sub = new Terminal(`petrel sub -L ${server.url} -t a > ${file}`);
      await sub.shows(/^0 messages, 0\/s$/);
      await publishOnce(server.url, { topic: "a", payload: "\u001b[1m", qos: 1 });
      await sub.shows(/^1 messages, /);
      expect(await sub.type("\u0003").ended).toBe(0);
      expect(sub.lines).toEqual([]);
      expect(await readFile(file, "utf8")).toBe("\u001b[1m\n");
    });
  });

  describe("hostile messages", () => {
    test.each([
      ["clear the screen", "a\u001b[2J\u001b[Hb", "a\\x1b[2J\\x1b[Hb"],
      ["set the title", "\u001b]0;owned\u0007", "\\x1b]0;owned\\x07"],
      ["hide what is before them", "bad\rgood", "bad\\rgood"],
      ["change the alphabet", "\u000e\u001b(0lqk", "\\x0e\\x1b(0lqk"],
      ["begin with C1", "\u009b2J", "\\u009b2J"],
      ["ask the terminal to type", "\u001b[6n\u001b[c\u0005", "\\x1b[6n\\x1b[c\\x05"],
    ])("do not %s", async (_what, payload, shown) => {
      await using server = await startAedes();
      await using sub = new Terminal(`petrel sub -L ${server.url} -t '#' -v -C 2`);
      await subscriptions(server, 1);
      await publishOnce(server.url, { topic: "first", payload, qos: 1 });
      await publishOnce(server.url, { topic: "last", payload: "as ever", qos: 1 });
      expect(await sub.ended).toBe(0);
      expect(sub.lines).toEqual([`first ${shown}`, "last as ever"]);
      expect(sub.noises).toEqual([]);
    });

    test("of a hundred kilobytes, of wide characters, and of no characters at all leave the next line alone", async () => {
      await using server = await startAedes();
      await using sub = new Terminal(`petrel sub -L ${server.url} -t '#' -C 4`);
      await subscriptions(server, 1);
      await publishOnce(server.url, { topic: "a", payload: "x".repeat(100_000), qos: 1 });
      await publishOnce(server.url, { topic: "a", payload: "漢字 👍 é", qos: 1 });
      await publishOnce(server.url, { topic: "a", payload: Uint8Array.of(0xff, 0x00, 0x41), qos: 1 });
      await publishOnce(server.url, { topic: "a", payload: "last", qos: 1 });
      expect(await sub.ended).toBe(0);
      expect(sub.lines).toHaveLength(100_000 / 80 + 3);
      expect(sub.lines.slice(-3)).toEqual(["漢字 👍 é", "\\xff\\x00A", "last"]);
    });

    test("go through a pipe as they are", async () => {
      await using server = await startAedes();
      const file = join(folder, "bytes");
      await using sub = new Terminal(`petrel sub -L ${server.url} -t a -N -C 1 | cat > ${file}`);
      await subscriptions(server, 1);
      const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_none, index) => index));
      await publishOnce(server.url, { topic: "a", payload: bytes, qos: 1 });
      await sub.ended;
      expect(await readFile(file)).toEqual(bytes);
    });
  });

  describe("Ctrl-C", () => {
    /** The line, what it shows when it is at work, its status, and whether a status line was there. */
    const LINES: readonly (readonly [line: string, atWork: RegExp | undefined, status: number])[] = [
      ["sub -t a -v", /^a 21\.5$/m, 0],
      ["conn", /Ctrl-C disconnects/, 0],
      ["pub -t a -q 1 --lines", undefined, 130],
      ["pub -t a -n -q 1 --repeat 1000 --rate 20 --progress", /[1-9] of 1,000/, 130],
      ["bench conn -c 2", /connected 2/, 0],
      ["bench pub -c 2 -im 20 -q 1", /sent [1-9]/, 0],
      ["bench sub -c 2", /connected 2/, 0],
      ["bench rtt -c 2 -im 20", /back [1-9]/, 0],
      ["record -t a", /"payload":"21\.5"/, 0],
      ["request -t a -m x -e b --debug", /-> PUBLISH/, 130],
    ];

    test.each(LINES)("%s: says goodbye, and leaves the terminal as it was", async (line, atWork, status) => {
      await using server = await startAedes();
      await using tap = await startTap(server.port);
      const clients = /-c 2/.test(line) ? 2 : 1;
      await using terminal = new Terminal(`petrel ${line} -L ${tap.url}`.replace(/(bench .*) -L/, "$1 --url"));
      if (/^(sub|record|bench sub)/.test(line)) await subscriptions(server, clients);
      if (/^(sub|record)/.test(line)) await publishOnce(server.url, { topic: "a", payload: "21.5" });
      if (atWork !== undefined) await terminal.shows(atWork);
      if (line.endsWith("--lines")) {
        await new Promise((resolve) => server.broker.once("clientReady", resolve));
        const published = new Promise<void>((resolve) => {
          server.broker.on("publish", ({ topic }) => topic === "a" && resolve());
        });
        terminal.type("21.5\n");
        await published;
      }
      expect(await terminal.type("\u0003").ended).toBe(status);
      await tap.ended(clients);
      for (const packets of tap.connections) {
        expect(packets.at(-1)).toMatchObject({ type: "disconnect", reasonCode: 0x00 });
      }
      expect(terminal.isRestored).toBe(true);
      expect(terminal.output).not.toContain("\u001b[?"); // no modes: the cursor, the screen and the mouse stay the user's
      expect(terminal.lines.join("\n")).not.toMatch(/, \d+\/s(,|$)/m); // the status line, with its rate
    });

    test("ends broker, whose clients hear that it shuts down", async () => {
      await using terminal = new Terminal("petrel broker -p 0");
      await terminal.shows(/Ctrl-C ends it/);
      const client = await connect(/mqtt:\S+/.exec(terminal.lines[0]!)![0], { reconnect: false });
      await client.ping(); // aedes still has something to do for a client that it has accepted
      const left = new Promise<Error | undefined>((resolve) => {
        client.on("disconnected", ({ cause }) => resolve(cause));
      });
      client.on("error", () => undefined); // the same
      expect(await terminal.type("\u0003").ended).toBe(0);
      expect(await left).toMatchObject({ code: "PETREL_SERVER_DISCONNECT", reasonCode: 0x8b });
      expect(terminal.isRestored).toBe(true);
    });

    test("ends simulate and replay", async () => {
      await using server = await startAedes();
      await using tap = await startTap(server.port);
      const [scenario, recording] = [join(folder, "home.json"), join(folder, "recording")];
      await using simulate = new Terminal(
        `petrel simulate --example > ${scenario}; petrel simulate ${scenario} --url ${tap.url}`,
      );
      await simulate.shows(/^3 devices, [1-9]\d* messages/);
      expect(await simulate.type("\u0003").ended).toBe(0);
      const message = (offset: number): string =>
        `{"offset":${offset},"topic":"a","payload":"","qos":0,"retain":false}\n`;
      await writeFile(recording, message(0) + message(1_000_000));
      await using replay = new Terminal(`petrel replay ${recording} -L ${tap.url}`);
      await replay.shows(/^replaying: 1 messages/);
      expect(await replay.type("\u0003").ended).toBe(130);
      expect(replay.lines.join("\n")).toMatch(/^(\^C)?petrel: interrupted$/);
      await tap.ended(2);
      for (const packets of tap.connections)
        expect(packets.at(-1)).toMatchObject({ type: "disconnect", reasonCode: 0 });
      expect([simulate.isRestored, replay.isRestored]).toEqual([true, true]);
    });

    test("ends probe between two questions", async () => {
      await using server = await startAedes({ preConnect: () => undefined }); // never answers
      await using probe = new Terminal(`petrel probe ${server.url} -W 60`);
      await probe.shows(/^asking for /);
      expect(await probe.type("\u0003").ended).toBe(130);
      expect(probe.lines).toEqual(["petrel: interrupted"]);
    });

    test("a second one ends at once what would wait for acknowledgements, and takes the status line away", async () => {
      let held: () => void;
      const isHeld = new Promise<void>((resolve) => (held = resolve));
      await using server = await startAedes({ authorizePublish: () => held() }); // never acknowledges
      await using bench = new Terminal(`petrel bench pub -c 1 -q 1 --url ${server.url}`);
      await Promise.all([isHeld, bench.shows(/sent [1-9]/)]);
      // Not two at once: a signal that comes before the last one was handled is none of its own.
      const impatience = setInterval(() => bench.type("\u0003"), 100);
      const status = await bench.ended;
      clearInterval(impatience);
      expect(status).toBe(130);
      expect(bench.lines).toEqual([]);
      expect(bench.isRestored).toBe(true);
    });

    test("at the password prompt gives the terminal its echo back", async () => {
      await using terminal = new Terminal("petrel conn -u anna -P");
      await terminal.shows(/password: *$/);
      expect(await terminal.type("half\u0003").ended).toBe(130);
      expect(terminal.lines).toEqual(["password: ", "petrel: interrupted"]);
      expect(terminal.isRestored).toBe(true);
    });
  });

  test("-P without a value asks for the password, and does not show it", async () => {
    await using server = await startAedes({
      authenticate: (_client, _username, password, done) => done(null, password?.toString() === "geheim"),
    });
    await using terminal = new Terminal(`petrel conn -L ${server.url} -u anna -P --once`);
    await terminal.shows(/password: $/);
    expect(await terminal.type("gehx\u007feim\r").ended).toBe(0);
    expect(terminal.lines[0]).toBe("password: ");
    expect(terminal.lines.join("\n")).toContain("client identifier");
    expect(terminal.output).not.toContain("geheim");
    expect(terminal.isRestored).toBe(true);
  });

  test("Ctrl-Z stops sub, and fg goes on with it", async () => {
    await using server = await startAedes();
    const sub = `petrel sub -L ${server.url} -t a -q 1 -i me --no-clean`;
    await using terminal = new Terminal(`set -m; ${sub}; echo "status $?"; read line; fg`);
    await subscriptions(server, 1);
    await publishOnce(server.url, { topic: "a", payload: "before", qos: 1 });
    await terminal.shows(/^before$/m);
    terminal.type("\u001a");
    await terminal.shows(/status 148$/m); // 128 + SIGTSTP
    await publishOnce(server.url, { topic: "a", payload: "meanwhile", qos: 1 });
    expect(terminal.lines).not.toContain("meanwhile");
    terminal.type("\n");
    await terminal.shows(/^meanwhile$/m);
    expect(await terminal.type("\u0003").ended).toBe(0);
    expect(terminal.isRestored).toBe(true);
  });
});

/** Resolves when the server has granted so many, whose clients it knows by then. */
async function subscriptions(server: Awaited<ReturnType<typeof startAedes>>, count: number): Promise<void> {
  const { broker } = server;
  let granted = 0;
  await new Promise<void>((resolve) => {
    broker.on("subscribe", () => {
      if (++granted >= count) resolve();
    });
  });
}
