import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeServer, makeCertificates, startMosquitto, type Certificates } from "@petrel/servers";
import { connect, createClient, OptionError, TransportError, type ClientOptions } from "../../src/node/index.ts";

describeServer("openssl", () => {
  describeServer("mosquitto", () => {
    let certificates: Certificates;
    beforeAll(async () => {
      certificates = await makeCertificates();
    });
    afterAll(() => certificates.remove());
    const file = (name: string): string => certificates.file(name);
    const good = () => ({ cert: file("server.pem"), key: file("server.key") });

    test.each(["mqtts", "tls", "ssl"])("%s:// carries messages", async (scheme) => {
      await using server = await startMosquitto({ tls: { ...good(), clientCa: file("ca.pem") } });
      await using client = await connect(server.url.replace("mqtts", scheme), {
        tls: { caFile: file("ca.pem"), certFile: file("client.pem"), key: () => readFile(file("client.key")) },
      });
      const messages = await client.subscribe("a", { qos: 2 });
      await client.publish("a", "over TLS", { qos: 2 });
      for await (const message of messages) {
        expect(message.text()).toBe("over TLS");
        break;
      }
    });

    test("a certificate that was renewed is read for the next attempt, and a good one is what it waited for", async () => {
      await using server = await startMosquitto({ tls: good() });
      let ca = "other-ca.pem";
      const client = createClient(server.url, {
        tls: { ca: () => readFile(file(ca)) },
        reconnect: { initialDelay: 1, retryInitial: true },
      });
      const failed = new Promise<Error | undefined>((resolve) => {
        client.on("reconnecting", ({ cause }) => {
          ca = "ca.pem";
          resolve(cause);
        });
      });
      await client.connect();
      expect(await failed).toMatchObject({ stage: "tls", code: "PETREL_TRANSPORT_UNTRUSTED" });
      await client.disconnect();
    });

    test("a certificate that is not trusted rejects connect() with the reason", async () => {
      await using server = await startMosquitto({ tls: good() });
      const error: unknown = await connect(server.url).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TransportError);
      expect(error).toMatchObject({
        stage: "tls",
        message: expect.stringContaining('"CN=localhost", is from "CN=Petrel Test CA", who is not trusted here'),
      });
    });

    test("a client certificate that is missing rejects connect(), though TLS 1.3 tells it late", async () => {
      await using server = await startMosquitto({ tls: { ...good(), clientCa: file("ca.pem") } });
      const error: unknown = await connect(server.url, { tls: { caFile: file("ca.pem") } }).catch((e: unknown) => e);
      expect(String(error)).toMatch(/certificate/);
    });
  });
});

describe("options that can not work are refused before anything opens", () => {
  test.each([
    [
      "mqtt://h",
      { tls: {} },
      "option tls is an object; mqtt:// is not encrypted; with TLS the URL begins with mqtts://",
    ],
    ["mqtts://h", { tls: { minVersion: "SSLv3" } }, 'option tls.minVersion is "SSLv3"; it is one of TLSv1,'],
    [
      "mqtts://h",
      { tls: { keyFile: "k" } },
      "option tls.cert is undefined; a key is of no use without its certificate",
    ],
    ["mqtts+srv://h", { tls: { ciphers: "x" } }, 'option tls.ciphers is "x"; OpenSSL knows no such cipher'],
    ["mqtts://h", { timeouts: { tls: -1 } }, "option timeouts.tls is -1; it is a whole number from 0 to 2147483647"],
    ["mqtt://h", { timeouts: { connect: 1.5 } }, "option timeouts.connect is 1.5; it is a whole number from 0"],
    ["mqtt://h", { localAddress: "lo" }, 'option localAddress is "lo"; it is an IP address of this machine'],
    ["mqtt://h", { localPort: 70_000 }, "option localPort is 70000; it is a whole number from 0 to 65535"],
    ["mqtt+srv://h", { socket: { family: 5 } }, "option socket.family is 5; it is 4, 6, or 0 for both"],
    [
      "mqtt+unix:///s",
      { socket: { highWaterMark: 0 } },
      "option socket.highWaterMark is 0; it is a whole number from 1",
    ],
  ])("%s %j", (url, options, says) => {
    const create = () => createClient(url, options as ClientOptions);
    expect(create).toThrow(OptionError);
    expect(create).toThrow(says);
  });
});

test("a domain that names no server is told with the record that was looked for", async () => {
  // Offline, DNS can not even say that.
  for (const [scheme, service] of [
    ["mqtt", "_mqtt"],
    ["mqtts", "_secure-mqtt"],
  ]) {
    await expect(connect(`${scheme}+srv://nohost.invalid`)).rejects.toMatchObject({
      stage: "dns",
      message: expect.stringContaining(`${service}._tcp.nohost.invalid`),
    });
  }
});
