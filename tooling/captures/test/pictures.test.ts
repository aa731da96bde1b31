import { readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SCENES } from "../src/scenes.mjs";

const FOLDER = fileURLToPath(new URL("../../../docs/captures/", import.meta.url));
const PAGE = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

const files = readdirSync(FOLDER);
const pictures = new Map(files.map((file) => [file, readFileSync(FOLDER + file, "utf8")]));

test("there is a picture of each scene, in light and in dark, and each is on the page", () => {
  const expected = SCENES.flatMap(({ name, widths = [80, 200] }) =>
    widths.flatMap((columns) => [`${name}-${columns}-dark.svg`, `${name}-${columns}-light.svg`]),
  );
  expect(files.sort()).toEqual([...expected].sort());
  const shown = [...PAGE.matchAll(/"captures\/([^"]+)"/g)].map(([, file]) => file!);
  expect(shown.sort()).toEqual([...expected].sort());
});

test("they are small", () => {
  const bytes = [...pictures.values()].reduce((sum, picture) => sum + picture.length, 0);
  expect(bytes).toBeLessThan(400_000);
});

test("no picture names the machine it was taken on, or its user's folders", () => {
  for (const picture of pictures.values()) {
    expect(picture).not.toMatch(/\/(home|root|tmp|work|Users)\b/);
    if (hostname() !== "localhost") expect(picture).not.toContain(hostname());
  }
});
