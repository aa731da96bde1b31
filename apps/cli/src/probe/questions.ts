import type { Client, ClientOptions, Negotiated, Version } from "@petrel/client";
import { errorLine } from "../exit-codes.ts";
import type { Probing } from "./probing.ts";

/** What was found out about one thing. */
export interface Finding {
  /** Its name in JSON. */
  readonly name: string;
  readonly label: string;
  /** null: this version of MQTT has no such thing, or it could not be found out. */
  readonly value: boolean | number | string | null;
  readonly unit?: string;
  readonly note?: string | undefined;
}

export interface ProbeLimits {
  /** Bytes of the largest packet to try. */
  readonly largest: number;
}

const VERSIONS: readonly Version[] = ["5.0", "3.1.1", "3.1"];

/** Asks for everything, one question after the other. `tell` hears what is being asked. */
export async function* findings(
  probing: Probing,
  { largest }: ProbeLimits,
  tell: (question: string) => void,
): AsyncGenerator<Finding, void, undefined> {
  tell("versions");
  const { found, newest, failure } = await versions(probing);
  if (newest === undefined) throw failure;
  yield* found;
  const version = { version: newest } as ClientOptions;
  const agreed = await probing.with(version, async (client) => client.connection!);

  tell("messages");
  yield* await messages(probing, version, agreed);
  tell("subscriptions");
  yield* await subscriptions(probing, newest);
  yield* announced(newest, agreed);
  tell("packet size");
  yield await packetSize(probing, version, agreed, largest);
  tell("topics");
  yield* await topics(probing, version, agreed);
  tell("client identifiers");
  yield await clientIdentifiers(probing, version);
  if (newest === "5.0") {
    tell("overrides");
    yield* await overrides(probing);
  }
}

async function versions(probing: Probing) {
  const found: Finding[] = [];
  let newest: Version | undefined;
  let failure: unknown;
  for (const version of VERSIONS) {
    const name = `mqtt${version}`;
    const label = `MQTT ${version}`;
    // 3.1 knows no client without a name of its own, of 23 characters at most.
    const clientId = version === "3.1" ? `petrel${Math.random().toString(36).slice(2, 10)}` : undefined;
    const begin = performance.now();
    try {
      await probing.with({ version, ...(clientId === undefined ? {} : { clientId }) }, async () => undefined);
      newest ??= version;
      found.push({
        name,
        label,
        value: true,
        note: `${(performance.now() - begin).toFixed(1)} ms to connect and leave`,
      });
    } catch (error) {
      failure ??= error;
      if (isUnreachable(error)) throw error;
      found.push({ name, label, value: false, note: errorLine(error) });
    }
  }
  return { found, newest, failure };
}

function isUnreachable(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return (
    code === undefined || code.startsWith("PETREL_TRANSPORT_") || code === "PETREL_OPTION" || code === "PETREL_ABORTED"
  );
}

async function messages(probing: Probing, version: ClientOptions, agreed: Negotiated): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const qos of [0, 1, 2] as const) {
    const works = await probing.works(version, async (client) => {
      const topic = probing.topic();
      return (await probing.roundTrip(client, { filter: topic, topic, qos }))?.qos === qos;
    });
    found.push({ name: `qos${qos}`, label: `QoS ${qos}`, value: works });
  }
  const retained =
    agreed.send.retainAvailable && (await probing.works(version, (client) => keepsRetained(probing, client)));
  found.push({ name: "retained", label: "retained messages", value: retained });
  return found;
}

async function keepsRetained(probing: Probing, client: Client): Promise<boolean> {
  const topic = probing.topic();
  await client.publish(topic, "probe", { qos: 1, retain: true });
  try {
    // Some servers acknowledge a message before they have stored it: then it is not there at first.
    return (await bringsRetained(client, topic)) || (await bringsRetained(client, topic));
  } finally {
    await client.publish(topic, "", { qos: 1, retain: true });
  }
}

async function bringsRetained(client: Client, topic: string): Promise<boolean> {
  const subscription = await client.subscribe(topic, { qos: 1 });
  try {
    let message = await subscription.next({ timeout: 1_000 });
    while (message?.retain === false) message = await subscription.next({ timeout: 1_000 });
    return message !== undefined;
  } catch {
    return false; // none came in time
  } finally {
    await subscription.unsubscribe();
  }
}

async function subscriptions(probing: Probing, newest: Version): Promise<readonly Finding[]> {
  const version = { version: newest } as ClientOptions;
  const wildcard = await probing.works(version, async (client) => {
    const topic = probing.topic();
    return (await probing.roundTrip(client, { filter: `${topic}/+/#`, topic: `${topic}/a/b` })) !== undefined;
  });
  const shared = await probing.works(version, async (client) => {
    const topic = probing.topic();
    return (await probing.roundTrip(client, { filter: `$share/petrel-probe/${topic}`, topic })) !== undefined;
  });
  const identified =
    newest !== "5.0"
      ? null
      : await probing.works(version, async (client) => {
          const topic = probing.topic();
          const subscribe = { subscriptionIdentifier: 7 };
          const message = await probing.roundTrip(client, { filter: topic, topic, subscribe });
          return message?.properties?.subscriptionIdentifiers?.includes(7) === true;
        });
  return [
    { name: "wildcardSubscriptions", label: "wildcard subscriptions", value: wildcard },
    { name: "sharedSubscriptions", label: "shared subscriptions", value: shared },
    { name: "subscriptionIdentifiers", label: "subscription identifiers", value: identified },
  ];
}

function announced(version: Version, { send, responseInformation }: Negotiated): readonly Finding[] {
  if (version !== "5.0") return [];
  return [
    { name: "topicAliasMaximum", label: "topic aliases", value: send.topicAliasMaximum },
    { name: "receiveMaximum", label: "messages in flight", value: send.receiveMaximum },
    { name: "responseInformation", label: "response information", value: responseInformation ?? false },
  ];
}

/** Bytes of a PUBLISH besides topic and payload, at most. */
const PUBLISH_OVERHEAD = 16;

async function packetSize(
  probing: Probing,
  version: ClientOptions,
  { send }: Negotiated,
  largest: number,
): Promise<Finding> {
  const high = Math.min(send.maximumPacketSize, largest);
  const topic = probing.topic();
  const size = await probing.largest(0, high, (bytes) =>
    probing.works(version, async (client) => {
      const payload = new Uint8Array(Math.max(0, bytes - topic.length - PUBLISH_OVERHEAD));
      await client.publish(topic, payload, { qos: 1 });
    }),
  );
  const note =
    size < high
      ? "larger ones are refused"
      : high === send.maximumPacketSize
        ? "as it announces"
        : "at least: larger ones were not tried";
  return { name: "maximumPacketSize", label: "largest packet", value: size, unit: "bytes", note };
}

/** MQTT's own limit for any text. */
const LONGEST_TEXT = 65_535;
const MOST_LEVELS = 1_000;

async function topics(probing: Probing, version: ClientOptions, { send }: Negotiated): Promise<readonly Finding[]> {
  const takes = (topic: string): Promise<boolean> =>
    probing.works(version, async (client) => await client.publish(topic, "probe", { qos: 1 }));
  const length = await probing.largest(probing.prefix.length, LONGEST_TEXT, (size) =>
    takes(`${probing.prefix}/`.padEnd(size, "x").slice(0, size)),
  );
  const levels = await probing.largest(3, MOST_LEVELS, (count) => takes(`${probing.topic()}${"/x".repeat(count - 3)}`));
  return [
    {
      name: "topicLength",
      label: "longest topic",
      value: length,
      unit: "bytes",
      note: lengthNote(length, send.maximumPacketSize),
    },
    {
      name: "topicLevels",
      label: "levels of a topic",
      value: levels,
      note: levels === MOST_LEVELS ? "at least: more were not tried" : undefined,
    },
  ];
}

function lengthNote(length: number, maximumPacketSize: number): string | undefined {
  if (length === LONGEST_TEXT) return "all that MQTT allows";
  return maximumPacketSize - length < 2 * PUBLISH_OVERHEAD ? "all that fits into the largest packet" : undefined;
}

async function clientIdentifiers(probing: Probing, version: ClientOptions): Promise<Finding> {
  const length = await probing.largest(0, LONGEST_TEXT, (size) =>
    probing.works({ ...version, clientId: "petrel".padEnd(size, "x").slice(0, size) }, async () => undefined),
  );
  const note = length === LONGEST_TEXT ? "all that MQTT allows" : undefined;
  return { name: "clientIdLength", label: "longest client identifier", value: length, unit: "bytes", note };
}

const LONGEST_KEEP_ALIVE = 65_535;
const NEVER = 0xffff_ffff;

async function overrides(probing: Probing): Promise<readonly Finding[]> {
  const options = { version: "5.0", keepAlive: LONGEST_KEEP_ALIVE, sessionExpiryInterval: "never" } as const;
  const agreed = await probing.with(options, async (client) => {
    const { connection } = client;
    await client.disconnect({ sessionExpiryInterval: 0 }); // nothing is left behind
    return connection!;
  });
  const { keepAlive, sessionExpiryInterval } = agreed;
  return [
    {
      name: "keepAlive",
      label: "longest keep alive",
      value: keepAlive,
      unit: "s",
      note: keepAlive === LONGEST_KEEP_ALIVE ? "as asked for" : "the server's",
    },
    {
      name: "sessionExpiryInterval",
      label: "longest session expiry",
      value: sessionExpiryInterval === NEVER ? "never" : sessionExpiryInterval,
      unit: "s",
      note: sessionExpiryInterval === NEVER ? "as asked for" : "the server's",
    },
  ];
}
