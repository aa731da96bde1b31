import { type Certificates, describeServer, makeCertificates } from "@petrel/servers";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { afterAll, beforeAll, describe, test } from "vitest";
import { websocket } from "../../src/node/websocket.ts";
import { transportConformance } from "../../src/testing/index.ts";
import { webSocketLink } from "../websocket-links.ts";

const activeResources = (): string[] => process.getActiveResourcesInfo();

describe("WebSocket", () => {
  const open = () => webSocketLink((port) => websocket({ host: "127.0.0.1", port }));
  for (const { name, run } of transportConformance(open, { activeResources })) test(name, run);
});

describeServer("openssl", () => {
  let certificates: Certificates;
  beforeAll(async () => void (certificates = await makeCertificates()));
  afterAll(() => certificates.remove());

  describe("secure WebSocket", () => {
    const open = () => {
      const file = (name: string): Buffer => readFileSync(certificates.file(name));
      const server = createServer({ cert: file("server.pem"), key: file("server.key") });
      const ca = file("ca.pem"); // a file would still be read for a moment after an abort
      return webSocketLink((port) => websocket({ host: "127.0.0.1", port, secure: true, ca }), server);
    };
    for (const { name, run } of transportConformance(open, { activeResources })) test(name, run);
  });
});
