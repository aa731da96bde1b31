import { afterEach, describe, expect, test, vi } from "vitest";
import { run } from "../src/program.ts";

afterEach(() => vi.restoreAllMocks());

test.each([
  ["a misspelt command", ["pubb"], "(Did you mean pub?)"],
  ["help for an unknown command", ["help", "nothing"], "there is no command 'nothing'; petrel --help lists them"],
  ["an unknown option before the command", ["--nothing", "pub"], "unknown option '--nothing'"],
  ["words that are no option", ["pub", "-t", "a", "-m", "x", "y"], "too many arguments for 'pub'"],
  ["no topic", ["pub", "-m", "x"], "required option '-t, --topic <topic>' not specified"],
  ["an empty topic", ["pub", "-t", "", "-m", "x"], 'topic ""'],
  ["two topics", ["pub", "-t", "a", "-t", "b", "-m", "x"], "It can be given once."],
  ["one wrong filter of two", ["sub", "-t", "a", "-t", "b+"], 'topic filter "b+"'],
  ["more QoS than filters", ["sub", "-t", "a", "-q", "0", "-q", "1"], "there are more -q (2) than -t (1)"],
  ["four sources", ["pub", "-t", "a", "-m", "x", "-n", "-f", "y", "--lines"], "-m and -n and --lines and -f each say"],
  ["a format for -f", ["pub", "-t", "a", "-f", "json", "-m", "{}"], "--format json says what the message is"],
  ["no source", ["pub", "-t", "a"], "give one of -m, -n, -s, --lines, -f, -S"],
  ["a size that is none", ["pub", "-t", "a", "-S", "10Q"], "-S takes a number of bytes"],
  ["a file that is not there", ["pub", "-t", "a", "-f", "/nowhere"], "/nowhere cannot be read"],
  ["lines that repeat", ["pub", "-t", "a", "--lines", "--repeat", "2"], "not for --lines"],
  ["two speeds", ["pub", "-t", "a", "-m", "x", "--repeat-delay", "1", "--rate", "2"], "each say how fast"],
  ["a property over 3.1.1", ["pub", "-t", "a", "-m", "x", "-V", "3.1.1", "-ct", "a"], "needs MQTT 5.0"],
  ["a subscription identifier on pub", ["pub", "-t", "a", "-m", "x", "-si", "1"], "is the server's to send"],
  ["DUP by hand", ["pub", "-t", "a", "-m", "x", "-d"], "petrel sets it when it does"],
  ["half a schema", ["pub", "-t", "a", "-m", "x", "-Pp", "f"], "of use only together"],
  ["a schema and a format", ["pub", "-t", "a", "-m", "x", "-Ap", "f", "--format", "hex"], "messages are JSON here"],
  ["no filter", ["sub"], "give a topic filter with -t"],
  ["all and nothing", ["sub", "-t", "a", "-R", "--retained-only"], "leave nothing"],
  ["two endings of a message", ["sub", "-t", "a", "-N", "--delimiter", ";"], "each say what follows"],
  ["-F and JSON", ["sub", "-t", "a", "-F", "%p", "--output", "json"], "each say how"],
  ["-F and a format", ["sub", "-t", "a", "-F", "%p", "--format", "hex"], "-F prints payloads as they are"],
  ["pretty text", ["sub", "-t", "a", "--pretty", "-F", "%p"], "--pretty is for JSON"],
  ["an unknown specifier", ["sub", "-t", "a", "-F", "%z"], "-F knows no %z"],
  ["more than all", ["sub", "-t", "a", "--random-filter", "101"], "a number from 0 to 100"],
  ["a property of 5.0 on sub over 3.1.1", ["sub", "-t", "a", "-nl", "-V", "3.1.1"], "--no-local needs MQTT 5.0"],
  ["a file and files", ["sub", "-t", "a", "--file-write", "a", "--file-save", "b"], "give one"],
  ["-C 0", ["sub", "-t", "a", "-C", "0"], "--count takes a whole number from 1"],
  ["-W 0", ["sub", "-t", "a", "-W", "0"], "a number of seconds above 0"],
  ["JSON without line feeds", ["sub", "-t", "a", "-N", "--output", "json"], "which -N would leave out"],
  [
    "an unknown form of output",
    ["sub", "-t", "a", "--output", "xml"],
    "Allowed choices are text, json, ndjson, clean.",
  ],
  ["an unknown version", ["sub", "-t", "a", "-V", "4"], "Allowed choices are auto, 5.0, 3.1.1, 3.1."],
  ["two places", ["pub", "-t", "a", "-m", "x", "-L", "mqtt://localhost", "-h", "b"], "each say where to connect"],
  ["no URL", ["pub", "-t", "a", "-m", "x", "-L", "localhost"], "does not start with a scheme"],
  [
    "an unknown kind of proxy",
    ["pub", "-t", "a", "-m", "x", "--proxy", "ftp://a:s3cret@localhost"],
    '--proxy is "ftp://…"; known are socks, socks4',
  ],
  ["no client id where one is needed", ["pub", "-t", "a", "-m", "x", "-V", "3.1"], "-i gives one"],
  ["a will without a topic", ["conn", "-Wm", "x"], "the --will options need --will-topic"],
  ["a will's property over 3.1.1", ["conn", "-Wt", "a", "-We", "1", "-V", "3.1.1"], "needs MQTT 5.0, not -V 3.1.1"],
  ["a method without a password", ["conn", "-am", "SCRAM-SHA-256", "-u", "a"], "SCRAM-SHA-256 proves a password"],
  ["a method over 3.1.1", ["conn", "-am", "SCRAM-SHA-1", "-u", "a", "-P", "b", "-V", "3.1.1"], "needs MQTT 5.0"],
  ["an unknown method", ["conn", "-am", "PLAIN"], "Allowed choices are SCRAM-SHA-1, SCRAM-SHA-256, SCRAM-SHA-512."],
  ["a password given and asked for", ["conn", "-P", "x", "-P"], "it is given already"],
  ["nothing to ask", ["request", "-t", "a"], "give one of -m, -n, -s"],
  ["two questions", ["request", "-t", "a", "-m", "x", "-n"], "-m and -n each say what to ask"],
  ["two servers to probe", ["probe", "mqtt://a", "-L", "mqtt://b"], "the argument and --url each say where"],
  ["a misspelt benchmark", ["bench", "pubb"], "(Did you mean pub?)"],
  ["a limit that is a URL", ["bench", "pub", "-L", "mqtt://a"], "--limit takes a whole number"],
  ["an unknown input", ["decode", "--input", "pcap"], "Allowed choices are auto, hex, binary, capture."],
  ["a file to decode that is not there", ["decode", "/nowhere"], "/nowhere cannot be read"],
  ["nothing to record", ["record"], "required option '-t, --topic <filter>' not specified"],
  ["a speed that is none", ["replay", "x", "--speed", "fast"], "--speed takes a number from 0"],
  ["a profile without a name", ["profile", "save"], "missing required argument 'name'"],
  ["a shell that is none", ["completion", "cmd"], "there are bash, zsh, fish"],
  ["a scenario of nothing", ["simulate"], "which scenario?"],
  ["a password for nobody over 3.1.1", ["pub", "-t", "a", "-m", "x", "-V", "3.1.1", "-P", "x"], "without a user name"],
])("%s is refused in one line, with status 2", async (_what, args, expected) => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(await run(args)).toBe(2);
  const text = said.mock.calls.map(([written]) => String(written)).join("");
  expect(text).toMatch(/^petrel: [^\n]+\n$/);
  expect(text).toContain(expected);
});

describe("what people know from other command lines is explained", () => {
  test.each([
    [["pub", "-l", "-t", "a"], "Allowed choices are mqtt, mqtts, ws, wss; -l is the protocol here; lines are --lines"],
    [["pub", "-t", "a", "-l"], "needs a value; -l is the protocol here; lines are --lines"],
    [["sub", "-t", "a", "-l"], "option '-l, --protocol <protocol>' needs a value\n"],
    [["pub", "-t", "a", "-m", "x", "-A", "127.0.0.1"], "--bind is the address"],
    [["pub", "-t", "a", "-m", "x", "-c"], "--no-clean keeps the session"],
    [["pub", "-t", "a", "-m", "x", "-D", "publish", "content-type", "a"], "properties have options of their own"],
    [["pub", "-t", "a", "-m", "x", "-I", "p"], "-i gives the whole client id"],
    [["sub", "-t", "a", "-M", "20"], "--rcv-max limits"],
    [["sub", "-t", "a", "-x", "60"], "--session-expiry-interval"],
    [["sub", "-t", "a", "-d"], "--debug shows"],
    [["sub", "-t", "a", "--nodelay"], "it is always so"],
    [["sub", "-t", "a", "--tls-version", "tlsv1.2"], "--tls-min-version"],
    [["sub", "-t", "a", "--psk", "aa"], "pre-shared key is not supported"],
    [["sub", "-t", "a", "-n", "3"], "-C ends after so many"],
    [["sub", "-t", "a", "-f", "json"], "--format says"],
    [["sub", "-t", "a", "-m", "x"], "petrel pub -m publishes"],
    [["sub", "a"], "too many arguments for 'sub'. Expected 0 arguments but got 1; a topic filter follows -t"],
    [["pub", "-t", "a", "hello"], "a topic follows -t, and a message -m"],
    [["bench", "pub", "--nothing"], "petrel bench pub --help lists its options"],
    [["sub", "--topics", "a"], "(Did you mean --topic?)"],
    [["publish", "-t", "a"], "it is petrel pub"],
    [["ls", "-sc"], "petrel simulate --list"],
    [["nothing"], "petrel --help lists the commands"],
    [["constructor"], "unknown command 'constructor'; petrel --help lists the commands"],
    [["profile", "init"], "unknown command 'init'; petrel profile --help lists the commands"],
    [["profile", "ls"], "(Did you mean list?)"],
    [["-t", "a"], "options follow a command"],
    [["-v"], "--version shows the version"],
  ])("%j", async (args, expected) => {
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(await run(args)).toBe(2);
    const text = said.mock.calls.map(([written]) => String(written)).join("");
    expect(text).toMatch(/^petrel: [^\n]+\n$/);
    expect(text).toContain(expected);
  });

  test("a secret in a misspelt option is not repeated", async () => {
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(await run(["conn", "--pasword=geheim"])).toBe(2);
    expect(said.mock.calls.join("")).not.toContain("geheim");
  });
});
