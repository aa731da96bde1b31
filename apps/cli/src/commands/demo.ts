import { type Client, connect, type QoS, type Subscription, type Version } from "@petrel/client";
import type { Command } from "commander";
import { startBroker } from "../embedded-broker.ts";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { outputOption, type OutputOption, writeJson } from "../options/output.ts";
import { bold, colourNo, colourTopic, colourYes, wantsColour } from "../output/colour.ts";
import { columnsOf } from "../output/columns.ts";
import { hanging } from "../output/wrapping.ts";

export function defineDemo(command: Command): void {
  command
    .addOption(outputOption("text: in sections; json: an object for each step"))
    .option("--debug", "where errors come from")
    .addHelpText("after", EXAMPLES)
    .action(({ output }: OutputOption) => demo(output === "json" ? writeJson : sayText));
}

const EXAMPLES = `
Examples:
  petrel demo
  petrel demo --output json

It needs no server, and ends by itself.`;

/** Tells a step. */
type Say = (step: Step) => void;

interface Step {
  /** The version of MQTT that it is about. */
  readonly version?: string;
  readonly who: string;
  readonly what: string;
}

const TOPIC = "petrel/demo";
const MEANING: Readonly<Record<QoS, string>> = { 0: "at most once", 1: "at least once", 2: "exactly once" };

/** A broker, a subscriber and a publisher in one bounded run: QoS 0, 1 and 2, over 5.0 and over 3.1.1. */
async function demo(say: Say): Promise<void> {
  await using broker = await startBroker({ host: "127.0.0.1", port: 0 });
  say({ who: "broker", what: `listens on ${broker.url}, in this process` });
  for (const version of ["5.0", "3.1.1"] as const) {
    await exchange(broker.url, version, (who, what) => say({ version, who, what }));
  }
  say({ who: "demo", what: "done: every message arrived once, at the QoS it was sent with" });
}

type SayOf = (who: string, what: string) => void;

async function exchange(url: string, version: "5.0" | "3.1.1", say: SayOf): Promise<void> {
  await using subscriber = await connectAs("subscriber", url, version, say);
  const subscription = await subscriber.subscribe(TOPIC, { qos: 2 });
  say("subscriber", `subscribed to ${TOPIC}; the server granted QoS ${subscription.granted[0]!.qos}`);
  await using publisher = await connectAs("publisher", url, version, say);
  for (const qos of [0, 1, 2] as const) await exchangeOne(publisher, subscription, version, qos, say);
}

async function connectAs(role: string, url: string, version: "5.0" | "3.1.1", say: SayOf): Promise<Client<Version>> {
  const client = await connect(url, { version, clientId: `demo-${role}`, reconnect: false });
  say(role, `connected as ${client.clientId}`);
  client.on("disconnected", () => say(role, "disconnected"));
  return client;
}

async function exchangeOne(
  publisher: Client<Version>,
  subscription: Subscription,
  version: string,
  qos: QoS,
  say: SayOf,
): Promise<void> {
  const text = `hello over ${version} at QoS ${qos}`;
  const publication = await publisher.publish(TOPIC, text, { qos });
  const answer = qos === 0 ? "sent" : `acknowledged by the server, packet identifier ${publication.packetIdentifier}`;
  say("publisher", `"${text}" (${MEANING[qos]}): ${answer}`);
  const message = await subscription.next();
  if (message?.text() !== text || message.qos !== qos) {
    throw new CommandError(
      `the subscriber got ${message === undefined ? "nothing" : `"${message.text()}"`} instead of "${text}"`,
      ExitCode.unexpected,
    );
  }
  say("subscriber", `"${message.text()}" arrived on ${message.topic} at QoS ${message.qos}`);
}

const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  broker: colourTopic,
  subscriber: colourYes,
  publisher: colourNo,
};

/** The version of the step before: the first step of each comes below a title. */
let titled: string | undefined;

function sayText({ version, who, what }: Step): void {
  if (version !== undefined && version !== titled) {
    const title = `MQTT ${version}`;
    process.stdout.write(`\n${wantsColour(process.stdout) ? bold(title) : title}\n`);
  }
  titled = version;
  const colour = wantsColour(process.stdout) ? COLOURS[who] : undefined;
  const name = who.padEnd(10);
  const text = hanging(`  ${name}  `, what, { columns: columnsOf(process.stdout), indent: 14 });
  process.stdout.write(`  ${colour === undefined ? name : colour(name)}  ${text}\n`);
}
