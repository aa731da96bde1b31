import { getServers, setServers } from "node:dns";
import { createSocket } from "node:dgram";
import { type AddressInfo, createServer } from "node:net";
import { encodePacket, ReasonCode } from "@petrel/codec";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  describeServer,
  makeCertificates,
  startAedes,
  startDns,
  startMosquitto,
  type Certificates,
} from "@petrel/servers";
import { connect } from "../../src/node/index.ts";

const systemServers = getServers();
afterAll(() => setServers(systemServers));

test("mqtt+srv:// goes to the first server of the domain that answers", async () => {
  const gone = await startAedes();
  await gone.stop();
  await using server = await startAedes();
  await using dns = await startDns({
    "_mqtt._tcp.example.test": [
      { target: "127.0.0.1", port: server.port, priority: 20, weight: 0 },
      { target: "127.0.0.1", port: gone.port, priority: 10, weight: 0 },
    ],
  });
  setServers([dns.address]);
  await using client = await connect("mqtt+srv://example.test");
  expect(client.state).toBe("online");
  expect(dns.questions).toEqual(["_mqtt._tcp.example.test"]);
});

test("a server that refuses us is left for the next one of the domain, at once", async () => {
  await using refusing = await startRefusing();
  await using server = await startAedes();
  const record = { target: "127.0.0.1", weight: 0 };
  await using dns = await startDns({
    "_mqtt._tcp.example.test": [
      { ...record, port: refusing.port, priority: 10 },
      { ...record, port: server.port, priority: 20 },
    ],
    "_mqtt._tcp.refusing.test": [{ ...record, port: refusing.port, priority: 10 }],
  });
  setServers([dns.address]);
  await using client = await connect("mqtt+srv://example.test");
  expect([client.state, refusing.refused()]).toEqual(["online", 1]);
  // Another password for each attempt is no other way.
  await using fresh = await connect("mqtt+srv://example.test", { optionsForAttempt: () => ({ username: "anna" }) });
  expect([fresh.state, refusing.refused()]).toEqual(["online", 2]);
  await expect(connect("mqtt+srv://refusing.test")).rejects.toMatchObject({ reasonCode: 0x88 });
  expect(refusing.refused()).toBe(3);
});

/** A server that is there, and not available. */
async function startRefusing() {
  let refusals = 0;
  const server = createServer((socket) => {
    socket.once("data", () => {
      refusals++;
      socket.end(encodePacket({ type: "connack", reasonCode: ReasonCode.serverUnavailable }, 5));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { port, refused: () => refusals, [Symbol.asyncDispose]: async () => void server.close() };
}

test("a name server that is silent is given up after timeouts.dns", async () => {
  await using silent = await startSilentDns();
  setServers([silent.address]);
  const connecting = connect("mqtt+srv://example.test", { timeouts: { dns: 50 } });
  await expect(connecting).rejects.toMatchObject({
    stage: "dns",
    code: "PETREL_TRANSPORT_TIMED_OUT",
    message: expect.stringContaining("was not looked up within 50 ms (DNS timeout)"),
  });
});

async function startSilentDns() {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { address: `127.0.0.1:${socket.address().port}`, [Symbol.asyncDispose]: async () => void socket.close() };
}

test("a domain without a record is told with the record that was looked for", async () => {
  await using dns = await startDns({ "_mqtt._tcp.none.test": [], "_mqtt._tcp.no.test": [refusal()] });
  setServers([dns.address]);
  await expect(connect("mqtt+srv://none.test")).rejects.toMatchObject({
    stage: "dns",
    code: "PETREL_TRANSPORT_HOST_NOT_FOUND",
    message: expect.stringContaining("there is no SRV record _mqtt._tcp.none.test (ENODATA)"),
  });
  await expect(connect("mqtts+srv://none.test")).rejects.toMatchObject({
    message: expect.stringContaining("there is no SRV record _secure-mqtt._tcp.none.test (ENOTFOUND)"),
  });
  await expect(connect("mqtt+srv://no.test")).rejects.toMatchObject({
    message: 'no.test says in DNS that it has no MQTT server (the target of _mqtt._tcp.no.test is ".")',
  });
});

function refusal() {
  return { target: ".", port: 0, priority: 0, weight: 0 };
}

describeServer("openssl", () => {
  describeServer("mosquitto", () => {
    let certificates: Certificates;
    beforeAll(async () => {
      certificates = await makeCertificates();
    });
    afterAll(() => certificates.remove());

    describe("mqtts+srv:// does not trust DNS with the name", () => {
      test.each([
        ["a target within the domain shows a certificate of its own", "localhost", "localhost", undefined],
        ["a target elsewhere shows one of the domain", "broker.example", "127.0.0.1", undefined],
        ["and not one of its own", "example.test", "127.0.0.1", "not for example.test, and valid until"],
      ])("%s", async (_what, domain, target, refusal) => {
        const name = domain === "broker.example" ? "wrong-host" : "server";
        const tls = { cert: certificates.file(`${name}.pem`), key: certificates.file(`${name}.key`) };
        await using server = await startMosquitto({ tls });
        const record = { target, port: server.port, priority: 0, weight: 0 };
        await using dns = await startDns({ [`_secure-mqtt._tcp.${domain}`]: [record] });
        setServers([dns.address]);
        const connecting = connect(`mqtts+srv://${domain}`, {
          tls: { caFile: certificates.file("ca.pem"), servername: undefined },
        });
        if (refusal === undefined) await (await connecting).disconnect();
        else await expect(connecting).rejects.toThrow(refusal);
      });
    });
  });
});
