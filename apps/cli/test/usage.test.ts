import { afterEach, expect, test, vi } from "vitest";
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
  ["four sources", ["pub", "-t", "a", "-m", "x", "-n", "-s", "--lines"], "-m and -n and -s and --lines each say"],
  ["-C 0", ["sub", "-t", "a", "-C", "0"], "--count takes a whole number from 1"],
  ["-W 0", ["sub", "-t", "a", "-W", "0"], "a number of seconds above 0"],
  ["JSON without line feeds", ["sub", "-t", "a", "-N", "--output", "json"], "which -N would join"],
  ["an unknown form of output", ["sub", "-t", "a", "--output", "xml"], "Allowed choices are text, json."],
  ["an unknown version", ["sub", "-t", "a", "-V", "4"], "Allowed choices are auto, 5.0, 3.1.1, 3.1."],
  ["two places", ["pub", "-t", "a", "-m", "x", "-L", "mqtt://localhost", "-h", "b"], "each say where to connect"],
  ["no URL", ["pub", "-t", "a", "-m", "x", "-L", "localhost"], "does not start with a scheme"],
  [
    "an unknown kind of proxy",
    ["pub", "-t", "a", "-m", "x", "--proxy", "ftp://a:s3cret@localhost"],
    'option proxy is "ftp://…"; known are socks, socks4',
  ],
  ["no client id where one is needed", ["pub", "-t", "a", "-m", "x", "-V", "3.1"], "-i gives one"],
  ["a password for nobody over 3.1.1", ["pub", "-t", "a", "-m", "x", "-V", "3.1.1", "-P", "x"], "without a user name"],
])("%s is refused in one line, with status 2", async (_what, args, expected) => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(await run(args)).toBe(2);
  const text = said.mock.calls.map(([written]) => String(written)).join("");
  expect(text).toMatch(/^petrel: [^\n]+\n$/);
  expect(text).toContain(expected);
});
