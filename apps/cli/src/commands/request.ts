import { type Client, type Message, type QoS, type UserProperty, validateTopicName } from "@petrel/client";
import type { Command } from "commander";
import { clientAsTyped, connectOrInterrupt } from "../connecting.ts";
import { CommandError, ExitCode, UsageError } from "../exit-codes.ts";
import { readAll } from "../input/lines.ts";
import { stdinChunks } from "../input/stdin.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { outputOption, type OutputOption } from "../options/output.ts";
import { parseQos, parseSeconds, parseUserProperty, single } from "../options/parsers.ts";
import { needingV5 } from "../options/version.ts";
import { OutputBytes } from "../output/bytes.ts";
import { wantsColour } from "../output/colour.ts";
import { printerFor } from "../output/printer.ts";

interface RequestCommandOptions extends ConnectionOptions, OutputOption {
  readonly topic: string;
  readonly responseTopic?: string;
  readonly message?: string;
  readonly nullMessage?: boolean;
  readonly stdin?: boolean;
  readonly qos: QoS;
  readonly contentType?: string;
  readonly correlationData?: string;
  readonly userProperties?: readonly UserProperty[];
  readonly timeout: number;
  readonly verbose?: boolean;
}

export function defineRequest(command: Command): void {
  command
    .requiredOption("-t, --topic <topic>", "where to publish the request", single)
    .option("-e, --response-topic <topic>", "where the reply comes to (default: a topic of this request alone)", single)
    .option("-m, --message <text>", "the request", single)
    .option("-n, --null-message", "an empty request")
    .option("-s, --stdin", "all of stdin is the request")
    .option("-q, --qos <qos>", "0, 1 or 2", parseQos, 1)
    .option("--content-type <type>", "what the request is, as application/json (also -ct)")
    .option("--correlation-data <text>", "what the reply repeats (also -cd; default: random)")
    .option("--user-properties <name: value>", "user property, repeatable (also -up)", parseUserProperty)
    .option("-W, --timeout <seconds>", "how long to wait for the reply; then status 27", parseSeconds, 30)
    .option("-v, --verbose", "print the topic before the reply")
    .addOption(outputOption("text: the payload; json: one object"))
    .addHelpText("after", EXAMPLES)
    .action((options: RequestCommandOptions) => request(options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel request -t square -m 12
  petrel request -t lamp/get -e lamp/answers -n -W 2 --output json

Needs MQTT 5.0. A reply counts if it repeats the correlation data.`;

async function request(typed: RequestCommandOptions): Promise<void> {
  const options = needingV5(typed, "request");
  check(options);
  using interruption = new Interruption();
  const payload = options.stdin === true ? await readAll(stdinChunks(interruption.signal)) : (options.message ?? "");
  const end = AbortSignal.timeout(options.timeout * 1_000);
  const client = clientAsTyped(options, AbortSignal.any([interruption.signal, end]));
  try {
    await connectOrInterrupt(client, interruption);
    const reply = await (client as Client).request(options.topic, payload, {
      qos: options.qos,
      responseTopic: options.responseTopic,
      timeout: Infinity,
      signal: AbortSignal.any([interruption.signal, end]),
      properties: {
        contentType: options.contentType,
        userProperties: options.userProperties,
        ...(options.correlationData === undefined ? {} : { correlationData: Buffer.from(options.correlationData) }),
      },
    });
    print(reply, options);
  } catch (error) {
    interruption.throwIfInterrupted();
    if (end.aborted)
      throw new CommandError(`no reply to "${options.topic}" within ${options.timeout} s`, ExitCode.timedOut);
    throw error;
  } finally {
    await client.disconnect();
  }
}

function check({ topic, responseTopic, message, nullMessage, stdin }: RequestCommandOptions): void {
  for (const name of responseTopic === undefined ? [topic] : [topic, responseTopic]) {
    const problem = validateTopicName(name);
    if (problem !== undefined) throw new UsageError(`topic "${name}" ${problem}`);
  }
  const given = [message !== undefined && "-m", nullMessage === true && "-n", stdin === true && "-s"].filter(Boolean);
  if (given.length === 0) throw new UsageError("what to ask? give one of -m, -n, -s");
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} each say what to ask; give one`);
}

function print(reply: Message, { output, verbose = false }: RequestCommandOptions): void {
  const bytes = new OutputBytes();
  const forEyes = { terminal: process.stdout.isTTY, colour: wantsColour(process.stdout) };
  printerFor({ output, verbose, delimiter: "\n", pretty: false, ...forEyes })(reply, bytes);
  process.stdout.write(bytes.take());
}
