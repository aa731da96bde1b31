import { expect, test } from "vitest";
import { bundle } from "../src/index.ts";

test("the client is bundled for browsers without a module of Node, and without ws", async () => {
  const text = await bundle('export * from "@petrel/client";');
  expect(text).not.toMatch(/^(import|export)\b[^;]*["']|\bimport\s*\(|\brequire\(/m);
  expect(text).not.toContain("node_modules/ws");
  expect(text).toContain("new WebSocketClass(");
});

test("what needs Node can't be bundled for browsers", async () => {
  await expect(bundle('export * from "@petrel/transport/tcp";')).rejects.toThrow('Could not resolve "node:net"');
});
