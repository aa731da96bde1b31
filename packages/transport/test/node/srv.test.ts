import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { TransportError, type Connector, type Signal, type Transport, type TransportHandler } from "../../src/index.ts";
import { orderSrvRecords, srv, type SrvOptions, type SrvRecord } from "../../src/node/srv.ts";

const handler: TransportHandler = { onData() {}, onDrain() {}, onClose() {} };

function record(name: string, priority = 0, weight = 0): SrvRecord {
  return { name, port: 1883, priority, weight };
}

describe("the order of RFC 2782", () => {
  const names = (records: readonly SrvRecord[]): string => records.map(({ name }) => name).join(" ");

  test("lower priorities come first, whatever the weight", () => {
    const records = [record("backup", 20, 100), record("first", 5, 0), record("second", 10, 1)];
    expect(names(orderSrvRecords(records, () => 0.99))).toBe("first second backup");
  });

  test("a running sum of the weights chooses among those of one priority", () => {
    const records = [record("a", 0, 1), record("b", 0, 3), record("none", 0, 0)];
    // The weights are 0 1 3, the running sums 0 1 4, and the number is from 0 to 4.
    expect(names(orderSrvRecords(records, () => 0))).toBe("none a b");
    expect(names(orderSrvRecords(records, () => 0.2))).toBe("a none b");
    expect(names(orderSrvRecords(records, () => 0.4))).toBe("b none a");
    expect(names(orderSrvRecords(records, () => 0.99))).toBe("b a none");
  });

  test("loses and repeats none, and never puts a higher priority first", () => {
    const records = fc.array(
      fc.record({ name: fc.string(), port: fc.nat(), priority: fc.nat({ max: 3 }), weight: fc.nat({ max: 65_535 }) }),
    );
    const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    fc.assert(
      fc.property(records, random, (records, numbers) => {
        const ordered = orderSrvRecords(records, () => numbers.next().value);
        expect(new Set(ordered)).toEqual(new Set(records));
        expect(ordered).toHaveLength(records.length);
        expect(ordered.map(({ priority }) => priority)).toEqual(
          records.map(({ priority }) => priority).sort((a, b) => a - b),
        );
      }),
    );
  });
});

/** A transport that only has a name. */
const opened = (host: string): Transport => ({ host }) as unknown as Transport;

function connector(records: readonly SrvRecord[], down: readonly string[] = [], options: Partial<SrvOptions> = {}) {
  const made: string[] = [];
  const connect = srv({
    domain: "example.net",
    service: "_mqtt._tcp",
    resolve: async () => records,
    random: () => 0,
    connectorTo: ({ host, port }): Connector => {
      made.push(`${host}:${port}`);
      if (!down.includes(host)) return async () => opened(host);
      return async () => {
        throw new TransportError(`${host} is down`, { stage: "connect", code: "PETREL_TRANSPORT_REFUSED" });
      };
    },
    ...options,
  });
  return { connect, made };
}

describe("a connector for a domain", () => {
  test("asks DNS for the service of the domain, and takes the first server that can be reached", async () => {
    const asked: string[] = [];
    const records = [record("b.example.net.", 2), record("a.example.net", 1)];
    const { connect, made } = connector(records, ["a.example.net"], {
      resolve: async (name) => {
        asked.push(name);
        return records;
      },
    });
    expect(await connect(handler)).toEqual(opened("b.example.net"));
    expect(asked).toEqual(["_mqtt._tcp.example.net"]);
    expect(made).toEqual(["a.example.net:1883", "b.example.net:1883"]);
  });

  test("keeps the connector of a server, which may remember a TLS session, as long as DNS names it", async () => {
    let records = [record("a")];
    const { connect, made } = connector([], [], { resolve: async () => records });
    await connect(handler);
    await connect(handler);
    expect(made).toEqual(["a:1883"]);
    records = [record("b")];
    await connect(handler);
    records = [record("a")];
    await connect(handler);
    expect(made).toEqual(["a:1883", "b:1883", "a:1883"]);
  });

  test("a server that was of no use is left for those that were not tried, and tried again after all of them", async () => {
    const { connect } = connector([record("a", 1), record("b", 2), record("c", 3)]);
    const host = async () => ((await connect(handler)) as unknown as { host: string }).host;
    expect(connect.handleEnded(false)).toBe(false); // nobody knows of any yet
    expect([await host(), connect.handleEnded(false)]).toEqual(["a", true]);
    expect([await host(), connect.handleEnded(false)]).toEqual(["b", true]);
    expect([await host(), connect.handleEnded(false)]).toEqual(["c", false]);
    expect([await host(), connect.handleEnded(false)]).toEqual(["a", true]);
    expect([await host(), connect.handleEnded(true)]).toEqual(["b", false]);
    expect([await host(), connect.handleEnded(false)]).toEqual(["a", true]);
  });

  test("servers that can't be reached, or looked up, are not sought again and again", async () => {
    const records = [record("a", 1), record("b", 2)];
    let online = true;
    const resolve = () => (online ? Promise.resolve(records) : dnsError("ETIMEOUT"));
    const { connect } = connector(records, ["b"], { resolve });
    await connect(handler);
    expect(connect.handleEnded(false)).toBe(true);
    await connect(handler); // b is down: a again
    expect(connect.handleEnded(false)).toBe(false);
    online = false;
    await expect(connect(handler)).rejects.toThrow("ETIMEOUT");
    expect(connect.handleEnded(false)).toBe(false);
  });

  test("tells about each server when none can be reached, or passes on the error of the only one", async () => {
    const { connect } = connector([record("a"), record("b", 1)], ["a", "b"]);
    await expect(connect(handler)).rejects.toMatchObject({
      name: "TransportError",
      stage: "connect",
      code: "PETREL_TRANSPORT_REFUSED",
      message: "none of the 2 servers that example.net names in DNS could be reached: a is down; b is down",
      cause: expect.any(AggregateError),
    });
    await expect(connector([record("a")], ["a"]).connect(handler)).rejects.toThrow(/^a is down$/);
  });

  test.each([
    [
      "no records",
      async () => [],
      "HOST_NOT_FOUND",
      "example.net names no MQTT server in DNS: there is no SRV record _mqtt._tcp.example.net (ENODATA)",
    ],
    [
      "no such name",
      () => dnsError("ENOTFOUND"),
      "HOST_NOT_FOUND",
      "example.net names no MQTT server in DNS: there is no SRV record _mqtt._tcp.example.net (ENOTFOUND)",
    ],
    [
      "no service",
      async () => [record(".")],
      "HOST_NOT_FOUND",
      'example.net says in DNS that it has no MQTT server (the target of _mqtt._tcp.example.net is ".")',
    ],
    [
      "no service, as Node writes it",
      async () => [record("")],
      "HOST_NOT_FOUND",
      "example.net says in DNS that it has no MQTT server",
    ],
    [
      "no answer",
      () => dnsError("ETIMEOUT"),
      "DNS_UNAVAILABLE",
      "the SRV record _mqtt._tcp.example.net could not be looked up (DNS: ETIMEOUT)",
    ],
  ])("says that DNS gave %s", async (_what, resolve, code, says) => {
    const { connect } = connector([], [], { resolve });
    await expect(connect(handler)).rejects.toMatchObject({
      stage: "dns",
      code: `PETREL_TRANSPORT_${code}`,
      message: expect.stringContaining(says),
    });
  });

  test("an abort ends the question, and is not taken for a server that is down", async () => {
    const controller = new AbortController();
    let asking: Signal | undefined;
    const { connect } = connector([], [], {
      resolve: (_name, signal) => {
        asking = signal;
        return new Promise(() => {});
      },
    });
    const opening = connect(handler, controller.signal);
    controller.abort(new Error("the user left"));
    await expect(opening).rejects.toMatchObject({ stage: "dns", code: "PETREL_TRANSPORT_ABORTED" });
    expect(asking?.aborted).toBe(true);
    await expect(connect(handler, controller.signal)).rejects.toMatchObject({ code: "PETREL_TRANSPORT_ABORTED" });

    const leaving = new AbortController();
    const two = connector([record("a"), record("b", 1)], [], {
      connectorTo: () => async () => {
        leaving.abort();
        throw new Error("aborted");
      },
    });
    await expect(two.connect(handler, leaving.signal)).rejects.toThrow(/^aborted$/);
  });

  test("a name server that does not answer is given up after 10 seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { connect } = connector([], [], { resolve: () => new Promise(() => {}) });
      const opening = connect(handler);
      vi.advanceTimersByTime(10_000);
      await expect(opening).rejects.toMatchObject({
        stage: "dns",
        code: "PETREL_TRANSPORT_TIMED_OUT",
        message:
          "the SRV record _mqtt._tcp.example.net was not looked up within 10000 ms (DNS timeout); does the name server answer?",
      });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("needs a domain and a service", () => {
    expect(() => connector([], [], { domain: "" })).toThrow("no domain given");
    expect(() => connector([], [], { service: "" })).toThrow("service is empty");
    expect(() => connector([], [], { dnsTimeoutMs: -1 })).toThrow("dnsTimeoutMs is -1");
  });
});

async function dnsError(code: string): Promise<never> {
  throw Object.assign(new Error(`querySrv ${code}`), { code });
}
