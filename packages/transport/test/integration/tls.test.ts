import { readFileSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { afterAll, beforeAll, describe, test } from "vitest";
import { describeServer, makeCertificates, type Certificates } from "@petrel/servers";
import { tls } from "../../src/node/tls.ts";
import { transportConformance } from "../../src/testing/index.ts";
import { tlsLink } from "../links.ts";

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const activeResources = (): string[] => process.getActiveResourcesInfo();

describeServer("openssl", () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterAll(() => certificates.remove());
  const read = (name: string): Buffer => readFileSync(certificates.file(name));

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("%s", (maxVersion) => {
    const open = () =>
      tlsLink({ cert: read("server.pem"), key: read("server.key"), maxVersion }, (server) =>
        tls({ host: "127.0.0.1", port: portOf(server), ca: read("ca.pem") }),
      );
    for (const { name, run } of transportConformance(open, { activeResources })) test(name, run);
  });
});
