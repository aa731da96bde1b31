import { describe, expect, test } from "vitest";
import { lineBatches, readAll } from "../src/input/lines.ts";

async function* chunksOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Byte for byte, as text of Latin-1. */
async function linesOf(...chunks: string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of lineBatches(chunksOf(...chunks.map((chunk) => Buffer.from(chunk, "latin1"))))) {
    for (const line of batch) lines.push(Buffer.from(line).toString("latin1"));
  }
  return lines;
}

/** Cuts `text` where `cuts` has a bit. */
function cut(text: string, cuts: number): string[] {
  const chunks: string[] = [];
  let start = 0;
  for (let at = 1; at < text.length; at++) {
    if ((cuts & (1 << (at - 1))) === 0) continue;
    chunks.push(text.slice(start, at));
    start = at;
  }
  return [...chunks, text.slice(start)];
}

test.each([
  ["nothing", "", []],
  ["one line", "a\n", ["a"]],
  ["a last line without a line feed", "a\nb", ["a", "b"]],
  ["empty lines", "\n\na\n\n", ["", "", "a", ""]],
  ["a carriage return, which stays", "a\r\nb\r\n", ["a\r", "b\r"]],
  ["NUL bytes", "a\0b\n\0\n", ["a\0b", "\0"]],
  ["bytes that are not UTF-8", "\xff\xfe\n\xc3\n", ["\xff\xfe", "\xc3"]],
])("%s", async (_what, text, lines) => {
  expect(await linesOf(...(text === "" ? [] : [text]))).toEqual(lines);
});

test.each(["ab\n\r\n\0\xff\n", "\n\n\nabc\n\n", "abcdefghij", "a\nb\nc\nd\ne"])(
  "%j has the same lines however it is cut into chunks",
  async (text) => {
    const whole = text.split("\n");
    if (whole.at(-1) === "") whole.pop();
    for (let cuts = 0; cuts < 1 << (text.length - 1); cuts++) {
      expect(await linesOf(...cut(text, cuts)), JSON.stringify(cut(text, cuts))).toEqual(whole);
    }
  },
);

test("empty chunks are nothing", async () => {
  expect(await linesOf("", "a", "", "", "\n", "")).toEqual(["a"]);
});

test("the lines of one chunk come together, and are views of it", async () => {
  const chunk = Buffer.from("a\nb\nc");
  const batches: Uint8Array[][] = [];
  for await (const batch of lineBatches(chunksOf(chunk))) batches.push([...batch]);
  expect(batches.map((batch) => batch.length)).toEqual([2, 1]);
  expect(batches.flat().every((line) => line.buffer === chunk.buffer)).toBe(true);
});

describe("what is longer than any message", () => {
  async function take(chunks: string[]): Promise<{ lines: string[]; error: unknown }> {
    const lines: string[] = [];
    try {
      const source = chunksOf(...chunks.map((chunk) => Buffer.from(chunk)));
      for await (const batch of lineBatches(source, 5)) lines.push(...Array.from(batch, String));
    } catch (error) {
      return { lines, error };
    }
    return { lines, error: undefined };
  }

  test("is refused as a line without an end, after the lines before it: memory has one", async () => {
    const { lines, error } = await take(["a\nb", "cd", "ef", "never read"]);
    expect(lines).toHaveLength(1);
    expect(error).toMatchObject({
      message: "a line of stdin is longer than 5 bytes, which no message is",
      exitCode: 2,
    });
  });

  test("the longest line passes", async () => {
    expect(await take(["abc", "de", "\nabcde\n"])).toMatchObject({ error: undefined });
  });

  test("is refused as all of stdin", async () => {
    await expect(readAll(chunksOf(Buffer.from("abc"), Buffer.from("def")), 5)).rejects.toThrow(
      "stdin is longer than 5",
    );
  });
});

test("all of stdin is its chunks, joined", async () => {
  expect(await readAll(chunksOf())).toHaveLength(0);
  expect(Buffer.from(await readAll(chunksOf(Buffer.from("a\0"), Buffer.from("\n\r"))))).toEqual(Buffer.from("a\0\n\r"));
});
