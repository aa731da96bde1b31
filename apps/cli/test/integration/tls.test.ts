import { describeServer, makeCertificates, startMosquitto, type Certificates } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runPetrel, subscribed } from "../support/petrel.ts";

describeServer("openssl", () => {
  describeServer("mosquitto", () => {
    let certificates: Certificates;
    beforeAll(async () => {
      certificates = await makeCertificates();
    });
    afterAll(() => certificates.remove());
    const file = (name: string): string => certificates.file(name);
    const server = { cert: "server.pem", key: "server.key" };
    const serve = ({ cert, key }: typeof server, clientCa?: string) =>
      startMosquitto({ tls: { cert: file(cert), key: file(key), ...(clientCa && { clientCa: file(clientCa) }) } });

    test("a message goes from pub to sub over TLS, both with a certificate of their own", async () => {
      await using mosquitto = await serve(server, "ca.pem");
      const place = ["-l", "mqtts", "-p", String(mosquitto.port), "--ca", file("ca.pem"), "--tls-min-version", "1.3"];
      const encrypted = ["--key", file("client-encrypted.key"), "--key-passphrase", "petrel"];
      const sub = await subscribed([...place, "--cert", file("client.pem"), ...encrypted, "-t", "a", "-C", "1"]);
      await using _sub = sub;
      const pkcs12 = ["--cert", file("client.p12"), "--key-passphrase", "petrel"];
      const pub = await runPetrel(["pub", ...place, ...pkcs12, "-t", "a", "-m", "over TLS", "-q", "2"]);
      expect(pub).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(await sub.ended).toMatchObject({ status: 0, stdout: "over TLS\n" });
    });

    test("a certificate that has expired is one line and status 3; --insecure takes it, with a warning", async () => {
      await using mosquitto = await serve({ cert: "expired.pem", key: "expired.key" });
      const args = ["pub", "-L", mosquitto.url, "-t", "a", "-m", "x"];
      const refused = await runPetrel([...args, "--ca", file("ca.pem")]);
      expect(refused).toEqual({
        status: 3,
        stdout: "",
        stderr:
          `petrel: the certificate of 127.0.0.1:${mosquitto.port}, "CN=localhost", expired on 2020-02-01T00:00:00Z; ` +
          "it has to be renewed on the server (CERT_HAS_EXPIRED)\n",
      });
      const taken = await runPetrel([...args, "--insecure"]);
      expect(taken).toMatchObject({ status: 0, stdout: "" });
      expect(taken.stderr).toBe("petrel: --insecure: anybody can pose as the server and read along\n");
    });

    test("advice names the options of this command line", async () => {
      await using mosquitto = await serve(server);
      await using other = await serve({ cert: "wrong-host.pem", key: "wrong-host.key" });
      const pub = (url: string, ...args: string[]) => runPetrel(["pub", "-L", url, "-t", "a", "-m", "x", ...args]);
      const ca = ["--ca", file("ca.pem")];
      const stranger = await pub(mosquitto.url);
      expect(stranger).toMatchObject({ status: 3, stderr: expect.stringContaining("give that authority with --ca,") });
      const elsewhere = await pub(other.url, ...ca);
      expect(elsewhere.stderr).toContain("or see --servername and --insecure-hostname (ERR_TLS");
      const bound = await pub(mosquitto.url, ...ca, "--bind", "192.0.2.1");
      expect(bound).toMatchObject({ status: 3, stderr: expect.stringContaining("check --bind\n") });
      const missing = await pub(mosquitto.url, "--ca", "nowhere.pem");
      expect(missing).toEqual({
        status: 2,
        stdout: "",
        stderr: "petrel: TLS: --ca nowhere.pem can not be read (ENOENT)\n",
      });
    });
  });
});
