import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { publicTypes } from "../src/public-types.mjs";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "petrel-types-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test("shows what the entry exports, with its comments, and what that mentions", () => {
  const folder = folderWith({
    "index.d.ts": 'export { open, type Door } from "./door.ts";\n//# sourceMappingURL=index.d.ts.map',
    "door.d.ts": [
      'import type { Key } from "./key.ts";',
      "/** A way in. */",
      "export interface Door {",
      "    /** Opens it. */",
      "    readonly key: Key;",
      "}",
      "export declare function open(door: Door): void;",
      "/** Uses {@link Door}. */",
      "export declare function internal(): void;",
      "//# sourceMappingURL=door.d.ts.map",
    ].join("\n"),
    "key.d.ts": "export type Key = string;\nexport type Lock = number;\n",
  });
  expect(publicTypes(folder, ["index.d.ts"])).toBe(
    [
      "// index.d.ts",
      "",
      'export { open, type Door } from "./door.ts";',
      "",
      "// door.d.ts",
      "",
      "/** A way in. */",
      "export interface Door {",
      "    /** Opens it. */",
      "    readonly key: Key;",
      "}",
      "export declare function open(door: Door): void;",
      "",
      "// key.d.ts",
      "",
      "export type Key = string;",
      "",
    ].join("\n"),
  );
});

test("shows all members of a union, also where comments stand between them", () => {
  const union = [
    "/** What happens. */",
    "export type Change = ",
    "/** It begins. */",
    "{",
    '    readonly type: "begin";',
    "}",
    "/** It ends. */",
    " | {",
    "    readonly end: End;",
    "};",
    "",
  ].join("\n");
  const folder = folderWith({
    "index.d.ts": `${union}/** An end. */\ntype End = 1;\n/** Nobody's. */\n`,
  });
  expect(publicTypes(folder, ["index.d.ts"])).toBe(`// index.d.ts\n\n${union}/** An end. */\ntype End = 1;\n`);
});

test("shows a file once when two entries lead to it", () => {
  const folder = folderWith({
    "a.d.ts": 'export { one } from "./shared.ts";',
    "b.d.ts": 'export { two } from "./shared.ts";',
    "shared.d.ts": "export declare const one = 1;\nexport declare const two = 2;\nexport declare const three = 3;\n",
  });
  const text = publicTypes(folder, ["a.d.ts", "b.d.ts"]);
  expect(text.match(/shared\.d\.ts/g)).toHaveLength(1);
  expect(text).toContain("const one");
  expect(text).toContain("const two");
  expect(text).not.toContain("const three");
});

test("takes what an entry exports all of for a part of the entry", () => {
  const folder = folderWith({
    "index.d.ts": 'export * from "./exports.ts";\n',
    "exports.d.ts": 'export type { Door } from "./door.ts";\n',
    "door.d.ts": "export interface Door {\n}\nexport interface Hinge {\n}\n",
  });
  expect(publicTypes(folder, ["index.d.ts"])).toBe(
    [
      '// index.d.ts\n\nexport * from "./exports.ts";\n',
      '// exports.d.ts\n\nexport type { Door } from "./door.ts";\n',
      "// door.d.ts\n\nexport interface Door {\n}\n",
    ].join("\n"),
  );
});
