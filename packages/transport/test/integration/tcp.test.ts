import { randomUUID } from "node:crypto";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { tcp } from "../../src/node/tcp.ts";
import { transportConformance } from "../../src/testing/index.ts";
import { socketLink } from "../links.ts";

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const activeResources = (): string[] => process.getActiveResourcesInfo();

describe("TCP", () => {
  const open = () =>
    socketLink({ host: "127.0.0.1", port: 0 }, (server) => tcp({ host: "127.0.0.1", port: portOf(server) }));
  for (const { name, run } of transportConformance(open, { activeResources })) test(name, run);
});

describe("Unix sockets", () => {
  const open = () => {
    const path =
      process.platform === "win32" ? `\\\\.\\pipe\\${randomUUID()}` : join(tmpdir(), `petrel-${randomUUID()}.sock`);
    return socketLink({ path }, () => tcp({ path }));
  };
  for (const { name, run } of transportConformance(open, { activeResources, without: ["reset"] })) test(name, run);
});
