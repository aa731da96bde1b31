import { type Command, InvalidArgumentError, Option } from "commander";
import type { BenchKind, BenchOptions } from "../bench/bench-options.ts";
import { STAMP_SIZE } from "../bench/stamp.ts";
import { addConnectionOptions } from "../options/connection.ts";
import { parseQos, parseSeconds, parseWhole } from "../options/parsers.ts";

/** `petrel bench conn | pub | sub | rtt`. What measures is loaded when it begins. */
export function defineBench(command: Command): void {
  command.addHelpText("after", EXAMPLES);
  const conn = define(command, "conn", "open connections, and see how long each takes");
  conn.option("--once", "end when all are connected, instead of at Ctrl-C");
  finish(conn, "conn");
  const pub = define(command, "pub", "publish from many connections, and see how long acknowledgements take");
  addTopic(pub, "where to publish: %i number of the connection, %c client id, %u user name", "petrel/bench/%i");
  addMessages(pub, 1_000);
  pub.option("-r, --retain", "the server keeps each connection's last message");
  finish(pub, "pub");
  const sub = define(
    command,
    "sub",
    "subscribe from many connections, and see what bench pub's messages took, and which are missing",
  );
  addTopic(sub, "what to subscribe to: %i, %c and %u as in bench pub", "petrel/bench/#");
  sub.option(
    "-L, --limit <n>",
    "end after n messages of all connections",
    parseWhole("--limit", 1, Number.MAX_SAFE_INTEGER),
  );
  finish(sub, "sub");
  const rtt = define(command, "rtt", "send messages to oneself through the server, and see how long they take");
  addTopic(rtt, "where to: %i number of the connection, %c client id, %u user name", "petrel/bench/rtt/%c");
  addMessages(rtt, 100);
  finish(rtt, "rtt");
}

const EXAMPLES = `
Examples:
  petrel bench conn -c 1000 -i 1 --once
  petrel bench sub -t 'petrel/bench/#' -q 1
  petrel bench pub -c 100 -im 10 -q 1 -L 100000
  petrel bench pub -c 8 -im 0 -q 0 -S 256 --duration 10 --workers 2
  petrel bench rtt -c 10 -q 1 --duration 10 --output json

A payload begins with a sequence number and the time, by which bench sub and
bench rtt tell latency, loss and duplicates. Between machines, latency is as
right as their clocks.`;

function define(command: Command, name: BenchKind, description: string): Command {
  return command
    .command(name)
    .description(description)
    .option("-c, --count <n>", "connections", parseWhole("--count", 1, 1_000_000), 10)
    .option("-i, --interval <ms>", "between the beginnings of two connections", parseMilliseconds, 10)
    .addOption(
      new Option("-I, --client-id <pattern>", "client identifiers; %i is the number of the connection").default(
        `petrel_bench_${Math.random().toString(36).slice(2, 8)}_%i`,
        "petrel_bench_, some letters, _%i",
      ),
    );
}

function addTopic(command: Command, description: string, topic: string): void {
  command.option("-t, --topic <pattern>", description, topic).option("-q, --qos <qos>", "0, 1 or 2", parseQos, 0);
}

function addMessages(command: Command, interval: number): void {
  command
    .option(
      "--message-interval <ms>",
      "between two messages of a connection; 0: as fast as it goes (also -im)",
      parseMilliseconds,
      interval,
    )
    .option(
      "-L, --limit <n>",
      "end after n messages of all connections",
      parseWhole("--limit", 1, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "-S, --payload-size <bytes>",
      `at least ${STAMP_SIZE}`,
      parseWhole("--payload-size", STAMP_SIZE, 268_435_455),
      STAMP_SIZE,
    );
}

function finish(command: Command, kind: BenchKind): void {
  command
    .option("--duration <seconds>", "end after this time", parseSeconds)
    .option("--workers <n>", "processes to share the work", parseWhole("--workers", 1, 256), 1)
    .addOption(
      new Option("--output <form>", "the result: a table, or an object").choices(["text", "json"]).default("text"),
    )
    .action(async (options: BenchOptions) => {
      const { bench } = await import("../bench/bench.ts");
      await bench(kind, { ...DEFAULTS, ...options });
    });
  addConnectionOptions(command);
}

/** For those benchmarks that have no such option. */
const DEFAULTS = { topic: "", qos: 0, messageInterval: 0, payloadSize: STAMP_SIZE } as const;

function parseMilliseconds(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 2_147_483_647) return value;
  throw new InvalidArgumentError("It takes a number of milliseconds, at most 2147483647.");
}
