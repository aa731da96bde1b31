import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeServer, makeCertificates, type Certificates } from "@petrel/servers";
import type { TransportHandler } from "../../src/index.ts";
import { tls, type TlsOptions } from "../../src/node/tls.ts";

const handler: TransportHandler = { onData() {}, onDrain() {}, onClose() {} };

/** Nothing may be dialed: what is wrong is seen before. */
function open(options: TlsOptions): Promise<unknown> {
  const dial = (): never => {
    throw new Error("it was dialed");
  };
  return Promise.resolve(tls({ host: "localhost", port: 8883, dial, ...options })(handler));
}

describeServer("openssl", () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
    await writeFile(certificates.file("garbage"), "garbage");
    await writeFile(
      certificates.file("half.pem"),
      `${await readFile(certificates.file("ca.pem"), "utf8")}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    );
    await mkdir(certificates.file("empty"));
  });
  afterAll(() => certificates.remove());
  const file = (name: string): string => certificates.file(name);

  describe("what can not be used is told before anything is opened", () => {
    test.each([
      ["a file that is not there", () => ({ caFile: "/no/such.pem" }), "caFile /no/such.pem can not be read (ENOENT)"],
      ["a folder that is not there", () => ({ caPath: "/no/such" }), "caPath /no/such can not be read (ENOENT)"],
      [
        "a folder without certificates",
        () => ({ caPath: file("empty") }),
        () => `caPath ${file("empty")} has no file with a certificate in PEM`,
      ],
      ["text that is no certificate", () => ({ ca: "garbage" }), "ca has no certificate that can be read"],
      [
        "an authority list of no certificates",
        () => ({ ca: "-----BEGIN NOTHING-----" }),
        "ca has no certificate in it",
      ],
      [
        "an authority list that is broken",
        () => ({ caFile: file("half.pem") }),
        () => `caFile ${file("half.pem")} has a certificate, number 2, that can not be read`,
      ],
      [
        "a key of another certificate",
        () => ({ certFile: file("client.pem"), keyFile: file("server.key") }),
        () =>
          `keyFile ${file("server.key")} is not the key of certFile ${file("client.pem")}, the certificate "CN=Petrel Test Client"`,
      ],
      [
        "a key that is none",
        () => ({ certFile: file("client.pem"), key: "garbage" }),
        "key has no private key that can be read",
      ],
      [
        "an encrypted key without its passphrase",
        () => ({ certFile: file("client.pem"), keyFile: file("client-encrypted.key") }),
        () => `keyFile ${file("client-encrypted.key")} is encrypted; give its passphrase`,
      ],
      [
        "an encrypted key with another passphrase",
        () => ({ certFile: file("client.pem"), keyFile: file("client-encrypted.key"), passphrase: "wrong" }),
        () => `keyFile ${file("client-encrypted.key")} is not opened by this passphrase`,
      ],
      [
        "PKCS#12 without its passphrase",
        () => ({ pfxFile: file("client.p12") }),
        () => `pfxFile ${file("client.p12")} can not be opened; give its passphrase`,
      ],
      [
        "PKCS#12 with another passphrase",
        () => ({ pfxFile: file("client.p12"), passphrase: "wrong" }),
        () => `pfxFile ${file("client.p12")} can not be opened; check its passphrase`,
      ],
      [
        "PKCS#12 that is none",
        () => ({ pfxFile: file("garbage") }),
        () => expect.stringContaining(`pfxFile ${file("garbage")} can not be opened: `),
      ],
      [
        "a revocation list that is none",
        () => ({ crlFile: file("ca.pem") }),
        () => `crlFile ${file("ca.pem")} has no certificate revocation list in PEM`,
      ],
      [
        "a function that fails",
        () => ({ ca: () => Promise.reject(new Error("the vault is closed")) }),
        "the function given as ca failed: the vault is closed",
      ],
    ] satisfies readonly [string, () => TlsOptions, unknown][])("%s", async (_what, options, says) => {
      const expected: unknown = typeof says === "function" ? says() : says;
      const message = typeof expected === "string" ? `TLS: ${expected}` : expected;
      await expect(open(options())).rejects.toMatchObject({
        name: "TransportError",
        stage: "tls",
        code: "PETREL_TRANSPORT_TLS_MATERIAL",
        message,
      });
    });

    test("and no passphrase is in the error", async () => {
      const passphrase = "not-for-logs";
      const opening = open({ certFile: file("client.pem"), keyFile: file("client-encrypted.key"), passphrase });
      const error: unknown = await opening.catch((error: unknown) => error);
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify([error, String(error), String((error as Error).cause)])).not.toContain(passphrase);
    });
  });
});
