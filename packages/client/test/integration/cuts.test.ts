import { type Certificates, describeServer, makeCertificates, startMosquitto } from "@petrel/servers";
import { once } from "node:events";
import { type AddressInfo, connect as dial, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, type ClientOptions, connect, type QoS, type Version } from "../../src/node/index.ts";

const MESSAGES = 300;
const CUTS = 6;

/** A network that carries some bytes, in pieces, and is gone in the middle of them: reset, ended, or one side after the other. */
class BadNetwork implements Disposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cutsLeft = 0;
  #carries = Infinity;
  cuts = 0;

  constructor(target: number) {
    this.#server = createServer((near) => this.#carry(near, dial(target, "127.0.0.1")));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on it is bad, so many times. */
  turnBad(cuts: number): void {
    this.#cutsLeft = cuts;
    this.#carries = 3_000;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => {}); // what we do to it
      from.on("close", () => {
        this.#sockets.delete(from);
        to.end();
      });
      from.on("data", (bytes) => {
        const fits = Math.min(bytes.length, this.#carries);
        to.write(bytes.subarray(0, fits >> 1));
        to.write(bytes.subarray(fits >> 1, fits));
        this.#carries -= fits;
        if (this.#carries === 0) this.#cut(near, far);
      });
    }
  }

  #cut(near: Socket, far: Socket): void {
    this.cuts++;
    this.#carries = --this.#cutsLeft > 0 ? 3_000 + ((this.cuts * 7_919) % 5_000) : Infinity;
    if (this.cuts % 3 === 0) {
      near.end();
      far.end();
    } else {
      near.resetAndDestroy();
      if (this.cuts % 3 === 1) far.resetAndDestroy();
    }
  }
}

describeServer(["mosquitto", "openssl"], () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterAll(() => certificates.remove());

  test.each([
    ["mqtt", "5.0"],
    ["mqtt", "3.1.1"],
    ["mqtts", "5.0"],
    ["wss", "3.1.1"],
  ] as const)(
    "%s, MQTT %s: nothing is lost at QoS 1, and nothing comes twice at QoS 2, both ways at once",
    async (scheme, version) => {
      const tls = { cert: certificates.file("server.pem"), key: certificates.file("server.key") };
      await using server = await startMosquitto({
        config: ["max_queued_messages 0", "max_inflight_messages 0"],
        webSocket: scheme === "wss",
        ...(scheme !== "mqtt" && { tls }),
      });
      using network = new BadNetwork(scheme === "wss" ? server.webSocketPort : server.port);
      const url = `${scheme}://127.0.0.1:${await network.listen()}`;
      const join = async (clientId: string): Promise<Client<Version>> => {
        const common = {
          clientId,
          reconnect: { initialDelay: 5, maximumDelay: 20 },
          ...(scheme !== "mqtt" && { tls: { caFile: certificates.file("ca.pem"), checkHostname: false } }),
        };
        const options: ClientOptions =
          version === "5.0"
            ? { ...common, version, sessionExpiryInterval: 600 }
            : { ...common, version, cleanSession: false };
        return connect(url, options);
      };
      await using anna = await join("anna");
      await using bert = await join("bert");

      const received: { readonly qos: QoS; readonly numbers: number[] }[] = [];
      const arrivals: Promise<void>[] = [];
      for (const [reader, writer] of [
        [anna, "bert"],
        [bert, "anna"],
      ] as const) {
        for (const qos of [1, 2] as const) {
          const numbers: number[] = [];
          received.push({ qos, numbers });
          const different = new Set<number>();
          const subscription = await reader.subscribe(`${writer}/${qos}`, { qos });
          arrivals.push(
            (async () => {
              for await (const message of subscription) {
                numbers.push(Number(message.text()));
                different.add(numbers.at(-1)!);
                if (different.size === MESSAGES) return;
              }
            })(),
          );
        }
      }
      network.turnBad(CUTS);
      const publications: PromiseLike<unknown>[] = [];
      for (let number = 0; number < MESSAGES; number++) {
        for (const [writer, name] of [
          [anna, "anna"],
          [bert, "bert"],
        ] as const) {
          for (const qos of [1, 2] as const) publications.push(writer.publish(`${name}/${qos}`, number, { qos }));
        }
        if (number % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all([...publications, ...arrivals]);

      const expected = Array.from({ length: MESSAGES }, (_, index) => index);
      for (const { qos, numbers } of received) {
        if (qos === 2) expect(numbers).toEqual(expected);
        expect([...new Set(numbers)].toSorted((left, right) => left - right)).toEqual(expected);
      }
      expect(network.cuts).toBe(CUTS);
    },
  );
});
