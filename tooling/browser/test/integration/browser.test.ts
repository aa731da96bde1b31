import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeServer } from "@petrel/servers";
import { bundle, type Chromium, startChromium } from "../../src/index.ts";

const TIMEOUT_MS = 120_000;

describeServer("chromium", () => {
  let chromium: Chromium;
  beforeAll(async () => void (chromium = await startChromium()), TIMEOUT_MS);
  afterAll(() => chromium.close());

  describe("the codec", () => {
    test("passes all its vectors, as many as in Node", { timeout: TIMEOUT_MS }, async () => {
      const module = await bundle(
        'export { checkAllVectors as main } from "./packages/codec/test/vectors/check-all.ts";',
      );
      const there = await chromium.run<{ checks: number; failures: string[] }>(module);
      const here = await import(`data:text/javascript;base64,${Buffer.from(module).toString("base64")}`);
      expect(there).toEqual({ checks: here.main().checks, failures: [] });
      expect(there.checks).toBeGreaterThan(1_000);
    });
  });
});
