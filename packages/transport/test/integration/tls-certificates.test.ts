import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  describeServer,
  makeCertificates,
  startMosquitto,
  type Certificates,
  type Mosquitto,
  type MosquittoTls,
} from "@petrel/servers";
import type { Transport } from "../../src/index.ts";
import { createTlsDialer, tls, type TlsConnectorOptions, type TlsOptions } from "../../src/node/tls.ts";

// CONNECT of MQTT 3.1.1 with a clean session and no client identifier, and what a server says to it.
const CONNECT = Uint8Array.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0]);
const CONNACK = Uint8Array.from([0x20, 2, 0, 0]);

const DATE = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;

describeServer("openssl", () => {
  describeServer("mosquitto", () => {
    let certificates: Certificates;
    beforeAll(async () => {
      certificates = await makeCertificates();
    });
    afterAll(() => certificates.remove());

    let server: Mosquitto | undefined;
    afterEach(() => server?.stop());

    const file = (name: string): string => certificates.file(name);

    /** A server that shows `cert`; with `clientCa`, to clients with a certificate only. */
    async function serve(cert: string, key: string, more: Partial<MosquittoTls> = {}): Promise<Mosquitto> {
      server = await startMosquitto({ tls: { cert: file(cert), key: file(key), ...more } });
      return server;
    }

    /** Where `serve` listens, and whom to trust. */
    function to({ port }: Mosquitto, options: TlsOptions = {}): TlsConnectorOptions {
      return { host: "127.0.0.1", port, caFile: file("ca.pem"), ...options };
    }

    describe("a good certificate", () => {
      test.each([
        ["its authority in a file", () => ({ caFile: file("ca.pem") })],
        ["its authority in a folder", () => ({ caFile: undefined, caPath: certificates.directory })],
        ["its authority as text", async () => ({ caFile: undefined, ca: await readFile(file("ca.pem"), "utf8") })],
        [
          "one of several authorities, from a function",
          () => {
            const both = async (): Promise<Buffer[]> => [
              await readFile(file("other-ca.pem")),
              await readFile(file("ca.pem")),
            ];
            return { caFile: undefined, ca: both };
          },
        ],
        ["TLS 1.2 and one cipher", () => ({ maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" })],
        ["TLS 1.3 at least", () => ({ minVersion: "TLSv1.3" })],
        ["another name that is in it", () => ({ servername: "localhost" })],
        ["ALPN, of which the server knows nothing", () => ({ alpnProtocols: ["mqtt"] })],
        ["a list of revoked ones that it is not in", () => ({ crlFile: file("crl.pem") })],
      ] satisfies readonly [string, () => TlsOptions | Promise<TlsOptions>][])("%s", async (_what, options) => {
        const server = await serve("server.pem", "server.key");
        expect(await converse(to(server, await options()))).toEqual(CONNACK);
      });

      test("of an authority in between, which the server sends after its own, in whatever order", async () => {
        expect(await converse(to(await serve("chain.pem", "leaf.key")))).toEqual(CONNACK);
        await server!.stop();
        expect(await converse(to(await serve("chain-disordered.pem", "leaf.key")))).toEqual(CONNACK);
      });
    });

    describe("a bad certificate of the server is told in a sentence", () => {
      test.each([
        {
          cert: "expired",
          says: `the certificate of PLACE, "CN=localhost", expired on 2020-02-01T00:00:00Z; it has to be renewed on the server (CERT_HAS_EXPIRED)`,
        },
        {
          cert: "not-yet-valid",
          says: `the certificate of PLACE, "CN=localhost", is not valid before 2090-01-01T00:00:00Z; this machine's clock says DATE, is it right? (CERT_NOT_YET_VALID)`,
        },
        {
          cert: "wrong-host",
          says: `the certificate of PLACE, "CN=broker.example", is for DNS:broker.example, DNS:*.broker.example, not for 127.0.0.1, and valid until DATE; connect by one of its names, or see servername and checkHostname (ERR_TLS_CERT_ALTNAME_INVALID)`,
        },
        {
          cert: "self-signed",
          says: `the certificate of PLACE, "CN=localhost", is self-signed, and valid until DATE; if it is the right one, give it as ca (DEPTH_ZERO_SELF_SIGNED_CERT)`,
        },
        {
          cert: "wrong-purpose",
          says: `the certificate of PLACE, "CN=localhost", is not for servers, and valid until DATE; the server needs one with the purpose serverAuth (INVALID_PURPOSE)`,
        },
        {
          cert: "revoked",
          options: () => ({ crlFile: file("crl.pem") }),
          says: `the certificate of PLACE, "CN=localhost", was revoked by "CN=Petrel Test CA"; the server needs a new one (CERT_REVOKED)`,
        },
        {
          cert: "chain",
          key: "leaf",
          options: () => ({ crlFile: file("crl.pem") }),
          says: `an authority in the certificate chain of PLACE, "CN=Petrel Test Intermediate CA", is from "CN=Petrel Test CA", whose list of revoked certificates is not in crl (UNABLE_TO_GET_CRL)`,
        },
        {
          cert: "server",
          options: () => ({ caFile: file("other-ca.pem") }),
          says: `the certificate of PLACE, "CN=localhost", is from "CN=Petrel Test CA", who is not trusted here, and valid until DATE; give that authority as ca, or let the server send the certificates in between (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
        },
        {
          cert: "server",
          options: () => ({ caFile: undefined }),
          says: `the certificate of PLACE, "CN=localhost", is from "CN=Petrel Test CA", who is not trusted here, and valid until DATE; give that authority as ca, or let the server send the certificates in between (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
        },
        {
          cert: "leaf",
          says: `the certificate of PLACE, "CN=localhost", is from "CN=Petrel Test Intermediate CA", who is not trusted here, and valid until DATE; give that authority as ca, or let the server send the certificates in between (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
        },
        {
          cert: "chain-expired",
          key: "under-expired",
          says: `an authority in the certificate chain of PLACE, "CN=Petrel Expired CA", expired on 2020-02-01T00:00:00Z; it has to be renewed on the server (CERT_HAS_EXPIRED)`,
        },
      ])("$cert: $says", async ({ cert, key = cert, options, says }) => {
        const server = await serve(`${cert}.pem`, `${key}.key`);
        await expect(converse(to(server, options?.()))).rejects.toMatchObject({
          name: "TransportError",
          stage: "tls",
          code: "PETREL_TRANSPORT_UNTRUSTED",
          message: sentence(says, server),
        });
      });

      test("checkHostname: false takes another host's, but nobody else's", async () => {
        const server = await serve("wrong-host.pem", "wrong-host.key");
        expect(await converse(to(server, { checkHostname: false }))).toEqual(CONNACK);
        expect(await converse(to(server, { servername: "eu.broker.example" }))).toEqual(CONNACK);
        await expect(
          converse(to(server, { checkHostname: false, caFile: file("other-ca.pem") })),
        ).rejects.toMatchObject({ code: "PETREL_TRANSPORT_UNTRUSTED" });
      });

      test("rejectUnauthorized: false takes any", async () => {
        const server = await serve("expired.pem", "expired.key");
        expect(await converse(to(server, { rejectUnauthorized: false }))).toEqual(CONNACK);
      });
    });

    describe("the client's certificate", () => {
      const pair = (name: string) => ({ certFile: file(`${name}.pem`), keyFile: file(`${name}.key`) });
      const mutual = (): Promise<Mosquitto> => serve("server.pem", "server.key", { clientCa: file("ca.pem") });

      test.each([
        ["in two files", () => pair("client")],
        [
          "with an encrypted key",
          () => ({ ...pair("client"), keyFile: file("client-encrypted.key"), passphrase: "petrel" }),
        ],
        ["as PKCS#12", () => ({ pfxFile: file("client.p12"), passphrase: async () => "petrel" })],
        [
          "inline, from a function",
          () => ({
            cert: () => readFile(file("client.pem")),
            key: () => readFile(file("client.key"), "utf8"),
          }),
        ],
      ] satisfies readonly [string, () => TlsOptions][])("%s", async (_what, options) => {
        expect(await converse(to(await mutual(), options()))).toEqual(CONNACK);
      });

      test("is read anew for each connection", async () => {
        const server = await mutual();
        const own = join(certificates.directory, "own.pem");
        await writeFile(own, await readFile(file("client-unknown.pem")));
        let key = "client-unknown.key";
        const connector = tls(to(server, { maxVersion: "TLSv1.2", certFile: own, key: () => readFile(file(key)) }));
        await expect(converse(connector)).rejects.toMatchObject({ code: "PETREL_TRANSPORT_CLIENT_CERTIFICATE" });
        await writeFile(own, await readFile(file("client.pem")));
        key = "client.key";
        expect(await converse(connector)).toEqual(CONNACK);
      });

      test.each([
        {
          name: "none",
          tls12:
            "found no cipher in common, or wants a certificate of this client (SSLV3_ALERT_HANDSHAKE_FAILURE); see ciphers, cert and key",
          tls13:
            "lets in only clients with a certificate (TLSV13_ALERT_CERTIFICATE_REQUIRED); give one, with cert and key",
        },
        {
          name: "client-unknown",
          tls12:
            "refuses this client's certificate: its authority is not trusted there (TLSV1_ALERT_UNKNOWN_CA); check cert and key",
        },
        {
          name: "client-expired",
          tls12:
            "refuses this client's certificate: it has expired, or is not valid yet (SSLV3_ALERT_CERTIFICATE_EXPIRED); check cert and key",
        },
      ])("a bad one, $name: the server $tls12", async ({ name, tls12, tls13 = tls12 }) => {
        const server = await mutual();
        const own = name === "none" ? {} : pair(name);
        const refused = { name: "TransportError", stage: "tls" };
        await expect(converse(to(server, { maxVersion: "TLSv1.2", ...own }))).rejects.toMatchObject({
          ...refused,
          message: sentence(`PLACE ${tls12}`, server),
        });
        // In TLS 1.3 the client is through before the server has looked at its certificate: the refusal comes later.
        expect(await ending(to(server, { minVersion: "TLSv1.3", ...own }))).toMatchObject({
          ...refused,
          message: sentence(`PLACE ${tls13}`, server),
        });
        // Who writes meanwhile may lose the refusal, but not the hint.
        const either = new RegExp(`${escaped(tls13)}|dropped the connection right after the TLS handshake`);
        await expect(converse(to(server, { minVersion: "TLSv1.3", ...own }))).rejects.toMatchObject({
          ...refused,
          message: expect.stringMatching(either),
        });
      });
    });

    test("a further connection resumes the TLS session of the last", async () => {
      const server = await serve("server.pem", "server.key");
      for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
        const resumed: boolean[] = [];
        for (const resumeSession of [true, false]) {
          const dial = createTlsDialer({ caFile: file("ca.pem"), maxVersion, resumeSession });
          for (let connection = 1; connection <= 2; connection++) {
            const socket = await dial({ host: "127.0.0.1", port: server.port });
            socket.write(CONNECT);
            await once(socket, "data"); // after the tickets
            resumed.push(socket.isSessionReused());
            socket.destroy();
            await once(socket, "close");
          }
        }
        expect(resumed).toEqual([false, true, false, false]);
      }
    });

    test("a server that speaks no TLS is told apart", async () => {
      await using plain = await startMosquitto();
      await expect(converse(to(plain))).rejects.toMatchObject({
        stage: "tls",
        code: "PETREL_TRANSPORT_RESET",
        message: sentence(
          "PLACE ended the connection during the TLS handshake (ECONNRESET); does it speak TLS on this port, and does it accept this client's certificate, if it wants one?",
          plain,
        ),
      });
    });

    test("no version in common, and none that is allowed", async () => {
      const tls13 = { cert: file("server.pem"), key: file("server.key") };
      await using server = await startMosquitto({ tls: tls13, config: ["tls_version tlsv1.3"] });
      await expect(converse(to(server, { maxVersion: "TLSv1.2" }))).rejects.toMatchObject({
        stage: "tls",
        code: "PETREL_TRANSPORT_TLS_REFUSED",
        message: sentence(
          "PLACE speaks no TLS version that is allowed here (TLSV1_ALERT_PROTOCOL_VERSION); see minVersion and maxVersion",
          server,
        ),
      });
    });

    /** Opens a connection, sends nothing, and resolves with why it ended. */
    async function ending(options: TlsConnectorOptions): Promise<Error | undefined> {
      return new Promise((resolve, reject) => {
        tls(options)({ onData() {}, onDrain() {}, onClose: resolve }).catch(reject);
      });
    }

    /** Sends CONNECT and resolves with the answer. */
    async function converse(how: TlsConnectorOptions | ReturnType<typeof tls>): Promise<Uint8Array> {
      const connect = typeof how === "function" ? how : tls(how);
      let transport: Transport | undefined;
      const answer = new Promise<Uint8Array>((resolve, reject) => {
        connect({
          onData: resolve,
          onDrain() {},
          onClose: (cause) => reject(cause ?? new Error("closed without an answer")),
        }).then((opened) => {
          transport = opened;
          opened.write(CONNECT);
        }, reject);
      });
      try {
        return await answer;
      } finally {
        transport?.destroy();
      }
    }
  });
});

/** The text with the server's address for PLACE, and any date for DATE. */
function sentence(text: string, { port }: Mosquitto): unknown {
  const pattern = escaped(text).replaceAll("DATE", DATE);
  return expect.stringMatching(new RegExp(`^${pattern.replaceAll("PLACE", String.raw`127\.0\.0\.1:${port}`)}$`));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
