import { type Command, InvalidArgumentError, Option } from "commander";
import { type BenchKind, benchOptionsOf, MESSAGE_INTERVALS, type TypedBenchOptions } from "../bench/bench-options.ts";
import { STAMP_SIZE } from "../bench/stamp.ts";
import { parseSize } from "../input/source.ts";
import { addConnectionOptions } from "../options/connection.ts";
import { outputOption } from "../options/output.ts";
import { parsePositive, parseQos, parseSeconds, parseWhole, single } from "../options/parsers.ts";

/** `petrel bench conn | pub | sub | rtt`. What measures is loaded when it begins. */
export function defineBench(command: Command): void {
  command.addHelpText("after", EXAMPLES);
  const conn = define(command, "conn", "open connections, and see how long each takes");
  conn.option("--once", "end when all are connected, instead of at Ctrl-C");
  finish(conn, "conn");
  const pub = define(command, "pub", "publish from many connections, and see how long acknowledgements take");
  addTopic(pub, "where to publish: %i number of the connection, %c client id, %u user name", "petrel/bench/%i");
  addMessages(pub, "pub");
  pub
    .option("-m, --message <text>", "publish this instead of sequence numbers and times", single)
    .option("-f, --file <file>", "publish what is in a file instead", single)
    .option("-r, --retain", "the server keeps each connection's last message");
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
  addMessages(rtt, "rtt");
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

function addMessages(command: Command, kind: BenchKind): void {
  command
    .option(
      "--message-interval <ms>",
      `between two messages of a connection; 0: as fast as it goes (default: ${MESSAGE_INTERVALS[kind]}; also -im)`,
      parseMilliseconds,
    )
    .option("--rate <n>", "messages a second of all connections together, instead", parsePositive)
    .option("--ramp <seconds>", "rise evenly from nothing to that rate first", parseSeconds)
    .option(
      "-L, --limit <n>",
      "end after n messages of all connections",
      parseWhole("--limit", 1, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "-S, --payload-size <size>",
      `as in 100 or 1KB, at least ${STAMP_SIZE} (default: ${STAMP_SIZE})`,
      parseRoom,
    );
}

/** A size with room for a stamp. */
function parseRoom(text: string): number {
  const size = parseSize(text);
  if (size >= STAMP_SIZE) return size;
  throw new InvalidArgumentError(`It takes at least ${STAMP_SIZE} bytes: a sequence number and the time are in it.`);
}

function finish(command: Command, kind: BenchKind): void {
  command
    .option("--duration <seconds>", "end after this time", parseSeconds)
    .option("--workers <n>", "processes to share the work", parseWhole("--workers", 1, 256), 1)
    .addOption(outputOption("the result: a table, or an object"))
    .addHelpText("after", EXAMPLES_OF[kind])
    .action(async (typed: TypedBenchOptions) => {
      const options = benchOptionsOf(kind, typed);
      const { bench } = await import("../bench/bench.ts");
      await bench(kind, options);
    });
  addConnectionOptions(command);
}

const EXAMPLES_OF: Readonly<Record<BenchKind, string>> = {
  conn: `
Examples:
  petrel bench conn -c 1000 -i 1 --once
  petrel bench conn -c 10000 -i 0 --workers 4 -h example.net`,
  pub: `
Examples:
  petrel bench pub -c 100 -im 10 -q 1 -L 100000
  petrel bench pub -c 50 --rate 5000 --ramp 30 --duration 60 -q 1
  petrel bench pub -c 8 -im 0 -S 1KB --duration 10 --workers 2
  petrel bench pub -t 'site/%u/%c/%i' -u anna -m '{"on":true}'

Latency is that of acknowledgements, so QoS 0 has none. What -m and -f give has
no sequence number and no time: bench sub counts it, and measures nothing else.`,
  sub: `
Examples:
  petrel bench sub -t 'petrel/bench/#' -q 1
  petrel bench sub -c 10 -t '$share/group/petrel/bench/#' --output json`,
  rtt: `
Examples:
  petrel bench rtt -c 10 -q 1 --duration 10 --output json
  petrel bench rtt -c 10 --rate 1000 --ramp 10 --duration 20`,
};

function parseMilliseconds(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 2_147_483_647) return value;
  throw new InvalidArgumentError("It takes a number of milliseconds, at most 2147483647.");
}
