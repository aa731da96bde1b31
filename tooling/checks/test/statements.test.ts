import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { allStatements, statementProblems, statementRows, statementsBelow } from "../src/statements.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "petrel-statements-"));
  folders.push(folder);
  writeFileSync(join(folder, name), text);
  return folder;
}

test("each statement that the codec answers for has its tests, or says that it has none", () => {
  const rows = statementRows(readFileSync(join(root, "docs/mqtt-statements-codec.md"), "utf8"));
  const codec = join(root, "packages/codec");
  expect(rows.length).toBeGreaterThan(80);
  expect(statementProblems(rows, join(codec, "test"), [join(codec, "src")])).toEqual([]);
});

const page = readFileSync(join(root, "docs/mqtt-statements-session.md"), "utf8");

test("each statement that binds a client has its tests, or says why not", () => {
  const rows = statementRows(page);
  expect(rows.length).toBeGreaterThan(120);
  const sources = ["session", "client", "transport"].map((name) => join(root, "packages", name, "src"));
  const elsewhere = statementsBelow(page, "In the codec's table");
  expect(statementProblems(rows, join(root, "packages/session/test"), sources, elsewhere)).toEqual([]);
});

test("each statement of both specifications has one place: it binds clients, is about the format, or is the server's", () => {
  const places = [
    ...statementRows(page).map(({ statement }) => statement),
    ...statementsBelow(page, "In the codec's table"),
    ...statementsBelow(page, "Of servers alone"),
  ];
  expect(places.toSorted()).toEqual(allStatements().toSorted());
});

test("the codec's table has what is said to be there", () => {
  const rows = statementRows(readFileSync(join(root, "docs/mqtt-statements-codec.md"), "utf8"));
  const listed = new Set(rows.map(({ statement }) => statement));
  const otherNumbers = { "MQTT-3.1.3-10 of 3.1.1": "MQTT-3.1.3-11", "MQTT-3.1.3-11 of 3.1.1": "MQTT-3.1.3-12" };
  const missing = statementsBelow(page, "In the codec's table").filter((statement) => {
    const other = (otherNumbers as Partial<Record<string, string>>)[statement];
    return !listed.has(statement) && !listed.has(other ?? statement.replace(" of 3.1.1", ""));
  });
  expect(missing).toEqual([]);
});

test("a test that doesn't exist, a statement without a proof and one that is missing are found", () => {
  const tests = folderWith("a.test.ts", 'test("is there", () => {});\n// "is a comment"\n');
  const sources = folderWith("a.ts", "// [MQTT-1.5.4-1] [MQTT-9.9.9-9] [MQTT-3.1.2-22 of 3.1.1]\n");
  const rows = statementRows(
    [
      "| MQTT-1.5.4-1 | short | `a.test.ts` “is there” |",
      "| MQTT-1.5.4-2 | short | `a.test.ts` “is a comment”<br>`b.test.ts` “is there” |",
      "| MQTT-1.5.4-3 | short | |",
      "| MQTT-1.5.4-4 | short | **open:** nobody looked |",
      "| MQTT-1.5.4-4 | short | **open:** nobody looked |",
    ].join("\n"),
  );
  expect(statementProblems(rows, tests, [sources])).toEqual([
    "MQTT-1.5.4-2: there is no test “is a comment” in a.test.ts",
    "MQTT-1.5.4-2: there is no test “is there” in b.test.ts",
    "MQTT-1.5.4-3 has neither a test nor an explanation",
    "MQTT-1.5.4-4 is listed twice",
    "MQTT-9.9.9-9 is quoted in a.ts and missing in the table",
    "MQTT-3.1.2-22 of 3.1.1 is quoted in a.ts and missing in the table",
  ]);
});
