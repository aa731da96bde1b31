import { type Client, connect, type QoS, type Subscription, type Version } from "@petrel/client";
import type { Command } from "commander";
import { startBroker } from "../embedded-broker.ts";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { bold, colourNo, colourTopic, colourYes, wantsColour } from "../output/colour.ts";
import { columnsOf } from "../output/columns.ts";
import { hanging } from "../output/wrapping.ts";

export function defineDemo(command: Command): void {
  command.option("--debug", "where errors come from").action(() => demo());
}

const TOPIC = "petrel/demo";
const MEANING: Readonly<Record<QoS, string>> = { 0: "at most once", 1: "at least once", 2: "exactly once" };

/** A broker, a subscriber and a publisher in one bounded run: QoS 0, 1 and 2, over 5.0 and over 3.1.1. */
async function demo(): Promise<void> {
  await using broker = await startBroker({ host: "127.0.0.1", port: 0 });
  say("broker", `listens on ${broker.url}, in this process`);
  for (const version of ["5.0", "3.1.1"] as const) await exchange(broker.url, version);
  say("demo", "done: every message arrived once, at the QoS it was sent with");
}

async function exchange(url: string, version: "5.0" | "3.1.1"): Promise<void> {
  const title = `MQTT ${version}`;
  process.stdout.write(`\n${wantsColour(process.stdout) ? bold(title) : title}\n`);
  await using subscriber = await connectAs("subscriber", url, version);
  const subscription = await subscriber.subscribe(TOPIC, { qos: 2 });
  say("subscriber", `subscribed to ${TOPIC}; the server granted QoS ${subscription.granted[0]!.qos}`);
  await using publisher = await connectAs("publisher", url, version);
  for (const qos of [0, 1, 2] as const) await exchangeOne(publisher, subscription, version, qos);
}

async function connectAs(role: string, url: string, version: "5.0" | "3.1.1"): Promise<Client<Version>> {
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

function say(who: string, what: string): void {
  const colour = wantsColour(process.stdout) ? COLOURS[who] : undefined;
  const name = who.padEnd(10);
  const text = hanging(`  ${name}  `, what, { columns: columnsOf(process.stdout), indent: 14 });
  process.stdout.write(`  ${colour === undefined ? name : colour(name)}  ${text}\n`);
}
