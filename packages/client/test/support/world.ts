import { ManualClock, ScriptedServer, type ScriptedServerOptions } from "@petrel/testing";
import type { Packet, PacketInit } from "@petrel/codec";
import {
  type Client,
  type ClientEvents,
  type ClientOptions,
  createClient,
  type DroppedIncoming,
} from "../../src/core.ts";
import type { OptionsV5 } from "../../src/options.ts";

/** A manual clock that also tells people's time, an hour and a bit after 1970. */
export class TestClock extends ManualClock {
  override wall(): number {
    return 4_000_000 + this.now();
  }
}

type WorldOptions = Omit<OptionsV5, "clock"> & {
  readonly server?: ScriptedServerOptions;
  /** Events that nobody listens for. */
  readonly deafTo?: readonly (keyof ClientEvents)[];
};

/** A client, a server that does as the test says, and the time between them. */
export class World {
  readonly clock = new TestClock();
  readonly server: ScriptedServer;
  readonly client: Client<"5.0">;
  /** Everything the client told its listeners, in order. */
  readonly events: (readonly [name: keyof ClientEvents, event: ClientEvents[keyof ClientEvents]])[] = [];

  constructor({ server, deafTo = [], ...options }: WorldOptions = {}) {
    this.server = new ScriptedServer({ automatic: true, ...server });
    const { connector = this.server.connector } = options;
    this.client = createClient({ random: () => 0.5, ...options, connector, clock: this.clock });
    for (const name of EVENTS) {
      if (!deafTo.includes(name)) this.client.on(name, (event) => this.events.push([name, event]));
    }
  }

  /** A world whose client is connected. */
  static async online(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    const connected = world.client.connect();
    await world.settle();
    await connected;
    world.server.takeReceived();
    world.events.length = 0;
    return world;
  }

  /** A world of MQTT 3.1.1, whose client is connected; the types of 5.0 are kept, as for callers without types. */
  static async online311(options: Omit<ClientOptions, "version"> = {}): Promise<World> {
    return World.online({ ...options, version: "3.1.1" } as unknown as WorldOptions);
  }

  get eventNames(): readonly string[] {
    return this.events.map(([name]) => name);
  }

  eventsOf<Name extends keyof ClientEvents>(name: Name): readonly ClientEvents[Name][] {
    return this.events.filter(([other]) => other === name).map(([, event]) => event as ClientEvents[Name]);
  }

  /** Messages from the server that were given up, as they were told. */
  get droppedIncoming(): readonly DroppedIncoming[] {
    return this.eventsOf("dropped").filter((dropped) => dropped.direction === "in");
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    await this.clock.elapse(0);
    await this.clock.settle();
  }

  /** Lets time pass. */
  async elapse(ms: number): Promise<void> {
    await this.clock.elapse(ms);
    await this.clock.settle();
  }

  /** The server sends packets. */
  async send(...packets: readonly PacketInit[]): Promise<void> {
    this.server.send(...packets);
    await this.settle();
  }

  /** The server publishes: "topic: payload", at QoS 0 or with the packet identifier given. */
  async publish(topicName: string, payload: string, qos: 0 | 1 | 2 = 0, packetIdentifier?: number): Promise<void> {
    await this.send({ type: "publish", topicName, payload, qos, packetIdentifier });
  }

  /** What came to the server since the last call, in short. */
  received(): readonly string[] {
    return this.server.takeReceived().map(describe);
  }

  /** The network breaks; what follows has happened, except what needs time. */
  async lose(): Promise<void> {
    this.server.lose();
    await this.settle();
  }
}

const EVENTS = [
  "connecting",
  "connected",
  "disconnected",
  "reconnecting",
  "message",
  "dropped",
  "resubscribeFailed",
  "lateAcknowledgement",
  "error",
  "closed",
] as const satisfies readonly (keyof ClientEvents)[];

/** As in `publish a:1 q1 #1 dup`. */
function describe(packet: Packet): string {
  switch (packet.type) {
    case "connect":
      return `connect${packet.cleanStart ? " clean" : ""}`;
    case "publish": {
      const { topicName, payload, qos, packetIdentifier, dup } = packet;
      const text = new TextDecoder().decode(payload);
      return `publish ${topicName}:${text} q${qos}${packetIdentifier === undefined ? "" : ` #${packetIdentifier}`}${dup ? " dup" : ""}`;
    }
    case "subscribe":
      return `subscribe ${packet.subscriptions.map(({ topicFilter, qos }) => `${topicFilter}/q${qos}`).join(" ")}`;
    case "unsubscribe":
      return `unsubscribe ${packet.topicFilters.join(" ")}`;
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp": {
      const { reasonCode } = packet;
      return `${packet.type} #${packet.packetIdentifier}${reasonCode === 0 ? "" : ` 0x${reasonCode.toString(16)}`}`;
    }
    case "disconnect":
      return `disconnect${packet.reasonCode === 0 ? "" : ` 0x${packet.reasonCode.toString(16)}`}`;
    default:
      return packet.type;
  }
}

/** What a promise resolves with when everything has happened that needs no time. */
export async function soon<Value>(world: World, promise: Promise<Value>): Promise<Value> {
  await world.settle();
  return promise;
}

/** What became of a promise so far. */
export function watch<Value>(promise: PromiseLike<Value>): {
  state: "pending" | "resolved" | "rejected";
  value: Value | undefined;
  error: Error | undefined;
} {
  const watched = {
    state: "pending" as "pending" | "resolved" | "rejected",
    value: undefined as Value | undefined,
    error: undefined as Error | undefined,
  };
  promise.then(
    (value) => {
      watched.state = "resolved";
      watched.value = value;
    },
    (error: Error) => {
      watched.state = "rejected";
      watched.error = error;
    },
  );
  return watched;
}
