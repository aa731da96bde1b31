import { expect, test } from "vitest";
import { findExamples } from "../src/examples.ts";

const fence = "```";

test("finds the blocks that are marked runnable, with their output", () => {
  const markdown = [
    "# Title",
    `${fence}ts runnable`,
    "console.log(1);",
    "console.log(2);",
    fence,
    "",
    `${fence}text`,
    "1",
    "2",
    fence,
    `${fence}sh runnable`,
    "petrel --help",
    fence,
  ].join("\n");
  expect(findExamples(markdown)).toEqual([
    { language: "ts", code: "console.log(1);\nconsole.log(2);", line: 2, output: "1\n2" },
    { language: "sh", code: "petrel --help", line: 11, output: undefined },
  ]);
});

test("leaves other blocks alone", () => {
  const markdown = [`${fence}ts`, "const a = 1;", fence, `${fence}js runnable`, fence, fence, fence].join("\n");
  expect(findExamples(markdown)).toEqual([]);
});

test("takes a text block for output only when nothing but blank lines stands between", () => {
  const markdown = [`${fence}ts runnable`, fence, "and then", `${fence}text`, "later", fence].join("\n");
  expect(findExamples(markdown)).toMatchObject([{ output: undefined }]);
});

test("an example whose text block is empty prints nothing", () => {
  const markdown = [`${fence}ts runnable`, fence, `${fence}text`, fence].join("\n");
  expect(findExamples(markdown)).toMatchObject([{ output: "" }]);
});

test("names the line of a block that does not end", () => {
  expect(() => findExamples(`text\n${fence}ts`)).toThrow("line 2");
});
