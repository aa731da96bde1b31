// What a client has to do in every runtime. Plain functions without a test runner, for runtimes and pages have none:
// they import nothing but the client.

import { type Client, type ClientOptions, connect, type QoS, type Version } from "@petrel/client";

/** Where the stories take place. */
export interface Setting {
  /** Ways to the same server, or to equal ones. All stories take the first, messages are exchanged over each. */
  readonly urls: readonly string[];
  /** Whom to trust, in PEM, for URLs with TLS. */
  readonly ca?: string;
  /** A URL: the first server restarts when it is fetched. */
  readonly restart: string;
  /** Messages are exchanged, and that is all. */
  readonly brief?: boolean;
}

/** By the story's title: "passed", or what went wrong. */
export type Outcomes = Readonly<Record<string, string>>;

/** More than any story takes, on a machine that is busy with other things. */
const TIMEOUT_MS = 20_000;

export async function main(setting: Setting): Promise<Outcomes> {
  const outcomes: Record<string, string> = {};
  for (const [title, story] of storiesOf(setting)) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took more than ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    });
    outcomes[title] = await Promise.race([story(), late]).then(() => "passed", describe);
    clearTimeout(timer);
  }
  return outcomes;
}

/** What {@link main} returns when nothing went wrong, and no story was left out. */
export function allPassed(setting: Setting): Outcomes {
  return Object.fromEntries(storiesOf(setting).map(([title]) => [title, "passed"]));
}

function storiesOf({
  urls,
  ca,
  restart,
  brief = false,
}: Setting): readonly (readonly [title: string, story: () => Promise<void>])[] {
  const place = new Place(urls[0]!, ca, restart);
  const exchanges = urls.flatMap((url) =>
    (["5.0", "3.1.1"] as const).map((version) => {
      const title = `exchanges messages at every QoS over ${url.replace(/:.*/, "")}, MQTT ${version}`;
      return [title, () => exchange(new Place(url, ca, restart), version)] as const;
    }),
  );
  if (brief) return exchanges;
  return [
    ...exchanges,
    ["iterates over messages and batches", () => iterate(place)],
    ["hands messages to handlers, and tells of those that fail", () => handle(place)],
    ["asks and answers", () => ask(place)],
    ["connects again when the server has restarted, and subscribes again", () => outlive(place)],
    ["resumes its session and gets what came meanwhile", () => resume(place)],
    ["says what is wrong", () => fail(place)],
  ];
}

/** Where one story takes place. */
class Place {
  readonly url: string;
  readonly #ca: string | undefined;
  readonly #restart: string;

  constructor(url: string, ca: string | undefined, restart: string) {
    this.url = url;
    this.#ca = ca;
    this.#restart = restart;
  }

  connect(options: ClientOptions = {}): Promise<Client<Version>> {
    const secure = /^(mqtts|wss):/.test(this.url) && this.#ca !== undefined;
    return connect(this.url, { ...options, ...(secure && { tls: { ca: this.#ca } }) } as ClientOptions);
  }

  async restart(): Promise<void> {
    const { ok, status } = await fetch(this.#restart);
    equal([ok, status], [true, 200]);
  }
}

async function exchange(place: Place, version: Version): Promise<void> {
  const client = await place.connect({ version });
  equal([client.state, client.version], ["online", version]);
  const messages = await client.subscribe(`${version}/#`, { qos: 2 });
  for (const qos of [0, 1, 2] as QoS[]) await client.publish(`${version}/small`, `grüße ${qos}`, { qos });
  // Mosquitto 2.0.11 takes 4 KiB of a WebSocket in 100 ms.
  const large = new Uint8Array(20_000).map((_, index) => index);
  await client.publish(`${version}/large`, large, { qos: 2 });
  const small: string[] = [];
  for await (const message of messages) {
    if (message.topic === `${version}/large`) {
      equal([message.payload.length, message.payload.every((byte, index) => byte === large[index])], [20_000, true]);
      break;
    }
    small.push(`${message.qos}: ${message.text()}`);
  }
  equal(small, ["0: grüße 0", "1: grüße 1", "2: grüße 2"]);
  await client.disconnect();
  equal(client.state, "closed");
}

async function iterate(place: Place): Promise<void> {
  const client = await place.connect();
  const numbers = await client.subscribe("numbers", { qos: 1 });
  for (let number = 0; number < 500; number++) client.publish("numbers", number, { qos: 1 });
  const one: number[] = [];
  for await (const message of numbers) {
    one.push(Number(message.text()));
    if (one.length === 500) break;
  }
  equal(one, [...Array(500).keys()]);

  const more = await client.subscribe("more", { qos: 1 });
  for (let number = 0; number < 500; number++) client.publish("more", number, { qos: 1 });
  const all: number[] = [];
  for await (const batch of more.batches()) {
    all.push(...batch.map((message) => Number(message.text())));
    if (all.length === 500) break;
  }
  equal(all, [...Array(500).keys()]);
  await client.disconnect();
}

async function handle(place: Place): Promise<void> {
  const client = await place.connect();
  const errors: string[] = [];
  const handled: string[] = [];
  client.on("error", (error) => errors.push(error.message));
  await new Promise<void>((resolve, reject) => {
    const work = async (text: string): Promise<void> => {
      await Promise.resolve();
      handled.push(text);
      if (text === "last") resolve();
      if (text === "bad") throw new Error("no such job");
    };
    client.route("jobs/beside", (message) => work(message.text()));
    client
      .subscribe("jobs/+", { qos: 1 }, (message) => (message.topic === "jobs/mine" ? work(message.text()) : undefined))
      .then(async () => {
        await client.publish("jobs/beside", "beside", { qos: 1 });
        await client.publish("jobs/mine", "bad", { qos: 1 });
        await client.publish("jobs/mine", "last", { qos: 1 });
      })
      .catch(reject);
  });
  equal(handled, ["beside", "bad", "last"]);
  equal(errors, ['the handler for "jobs/mine" failed: no such job']);
  await client.disconnect();
}

async function ask(place: Place): Promise<void> {
  const [client, responder] = (await Promise.all([place.connect(), place.connect()])) as [Client<"5.0">, Client<"5.0">];
  await responder.respond("square", (request) => String(Number(request.text()) ** 2));
  const numbers = [...Array(20).keys()];
  const replies = await Promise.all(numbers.map((number) => client.request("square", number)));
  equal(
    replies.map((reply) => Number(reply.text())),
    numbers.map((number) => number ** 2),
  );
  await client.disconnect();
  await responder.disconnect({ drain: TIMEOUT_MS });
}

async function outlive(place: Place): Promise<void> {
  const client = await place.connect({ reconnect: { initialDelay: 50, maximumDelay: 200 } });
  const readings = await client.subscribe("readings", { qos: 1 });
  const lost = new Promise<string>((resolve) => client.on("disconnected", ({ by }) => resolve(by)));
  const again = new Promise<void>((resolve) => client.on("connected", () => resolve()));
  await place.restart();
  equal(["network", "server"].includes(await lost), true);
  client.publish("readings", "while away, perhaps", { qos: 1 });
  await again;
  equal((await readings.next())?.text(), "while away, perhaps");
  await client.disconnect();
}

async function resume(place: Place): Promise<void> {
  const mine = { clientId: `resumes-${Math.random().toString(36).slice(2)}`, sessionExpiryInterval: 300 };
  const before = await place.connect(mine);
  await before.subscribe("letters", { qos: 1 });
  await before.disconnect();

  const sender = await place.connect();
  await sender.publish("letters", "while you were away", { qos: 1 });
  await sender.disconnect();

  const after = await place.connect({ ...mine, cleanStart: false });
  equal(after.connection?.sessionPresent, true);
  equal((await after.messages().next())?.text(), "while you were away");
  await after.disconnect({ sessionExpiryInterval: 0 });
}

async function fail(place: Place): Promise<void> {
  const nobody = place.url.replace(/:\d+$/, ":9"); // the port "discard", where nobody listens
  const error = await connect(nobody, { timeouts: { connect: 10_000 } }).then(
    () => new Error("it connected"),
    (reason: Error) => reason,
  );
  equal([error.name, error.message.includes("127.0.0.1:9")], ["TransportError", true]);

  const client = await place.connect();
  const misuse = await client.publish("a/#", "").then(
    () => undefined,
    (reason: Error) => reason,
  );
  equal(misuse?.name, "EncodeError");
  await client.disconnect();
}

function equal(actual: unknown, expected: unknown): void {
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== wanted) throw new Error(`${is} is not ${wanted}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
}
