import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { wantsColour } from "../src/output/colour.ts";
import { visibleText, withoutControls } from "../src/output/control-characters.ts";
import { bar, complain, note, StatusLine, withCommas } from "../src/output/status-line.ts";
import { table } from "../src/output/table.ts";
import { hanging } from "../src/output/wrapping.ts";

let written = "";

beforeEach(() => {
  vi.useFakeTimers();
  written = "";
  vi.stubEnv("TERM", "xterm");
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written += String(text);
    return true;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  setTerminal(undefined, 0);
});

function setTerminal(isTTY: boolean | undefined, columns: number): void {
  Object.assign(process.stderr, { isTTY, columns });
}

test.each([
  ["", {}, true, false],
  ["a dumb terminal", { TERM: "dumb" }, false, false],
  ["NO_COLOR", { NO_COLOR: "1" }, false, false],
  ["FORCE_COLOR", { FORCE_COLOR: "1" }, true, true],
  ["FORCE_COLOR for a dumb terminal", { FORCE_COLOR: "3", TERM: "dumb" }, true, true],
  ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, false, false],
  ["CLICOLOR_FORCE", { CLICOLOR_FORCE: "1" }, true, true],
  ["CLICOLOR_FORCE=0", { CLICOLOR_FORCE: "0" }, true, false],
  ["NO_COLOR and FORCE_COLOR", { NO_COLOR: "1", FORCE_COLOR: "1" }, false, false],
])("colours at a terminal and in a pipe: %s", (_what, env, atTerminal, inPipe) => {
  const plain = { NO_COLOR: "", FORCE_COLOR: "", CLICOLOR_FORCE: "", TERM: "xterm" };
  for (const [name, value] of Object.entries({ ...plain, ...env })) vi.stubEnv(name, value);
  expect([wantsColour({ isTTY: true }), wantsColour({})]).toEqual([atTerminal, inPipe]);
});

test("a line shows after a second of work, fits the terminal, and is gone at the end", () => {
  setTerminal(true, 13);
  const line = new StatusLine((seconds) => `${seconds} s and a long text`);
  vi.advanceTimersByTime(800);
  expect(written).toBe("");
  vi.advanceTimersByTime(200);
  expect(written).toBe("\r1 s and a \u001b[K"); // and room for ^C
  line[Symbol.dispose]();
  expect(written).toBe("\r1 s and a \u001b[K\r\u001b[K");
  vi.advanceTimersByTime(1_000);
  expect(written).toBe("\r1 s and a \u001b[K\r\u001b[K");
});

test("a line that was asked for shows at once, and a terminal that says no width has 80 columns", () => {
  setTerminal(true, 0);
  using _line = new StatusLine(() => "x".repeat(100), { atOnce: true });
  expect(written).toBe(`\r${"x".repeat(77)}\u001b[K`);
});

test("a note takes the place of the line, which comes back", () => {
  setTerminal(true, 80);
  note("before");
  using _line = new StatusLine(() => "line", { atOnce: true });
  note("within");
  vi.advanceTimersByTime(200);
  expect(written).toBe("petrel: before\n\rline\u001b[K\r\u001b[Kpetrel: within\n\rline\u001b[K");
});

test("the line follows the width of the terminal at once", () => {
  setTerminal(true, 23);
  using _line = new StatusLine((_seconds, columns) => "x".repeat(columns), { atOnce: true });
  written = "";
  setTerminal(true, 13);
  process.stderr.emit("resize");
  expect(written).toBe(`\r${"x".repeat(10)}\u001b[K`);
});

test.each([
  ["without a terminal", undefined, true, "xterm"],
  ["when it is not wanted", true, false, "xterm"],
  ["on a terminal that can't move its cursor", true, true, "dumb"],
])("nothing shows %s", (_what, isTTY, wanted, terminal) => {
  setTerminal(isTTY, 80);
  vi.stubEnv("TERM", terminal);
  using _line = new StatusLine(() => "x", { atOnce: true, wanted });
  vi.advanceTimersByTime(10_000);
  expect(written).toBe("");
});

test("numbers and bars", () => {
  expect(withCommas(1_234_567)).toBe("1,234,567");
  expect(bar(1, 4, "1 of 4", 19)).toBe("[##--------] 1 of 4");
  expect(bar(9, 4, "9 of 4", 19)).toBe("[##########] 9 of 4");
  expect(bar(1, 4, "1 of 4", 18)).toBe("1 of 4"); // a bar of 9 says nothing
  expect(bar(1, 2, "", 200)).toBe(`[${"#".repeat(30)}${"-".repeat(30)}] `);
});

describe("what a terminal would obey is shown instead", () => {
  test.each([
    ["colours, titles and whatever begins with ESC", "a\u001b[31mb", "a\\x1b[31mb"],
    ["bells and backspaces", "\u0007\b", "\\x07\\x08"],
    ["a carriage return, which would hide what is before it", "good\rbad", "good\\rbad"],
    ["C1, with which xterm begins a sequence, too", "\u009b31m", "\\u009b31m"],
    ["NUL and DEL", "\0\u007f", "\\x00\\x7f"],
  ])("%s", (_what, hostile, shown) => {
    expect(visibleText(Buffer.from(hostile))).toBe(shown);
  });

  test("what is text stays: lines, CR LF, tabs, and characters of all lengths", () => {
    const text = "a\tb\nc\r\nä 漢字 👩‍💻 \u00a0 \ufffd \uffff";
    expect(visibleText(Buffer.from(text))).toBe(text);
  });

  test.each([
    ["a byte that begins nothing", "ff41", "\\xffA"],
    ["a character cut in half", "41c3", "A\\xc3"],
    ["an overlong slash", "c0af", "\\xc0\\xaf"],
    ["an encoded surrogate", "eda080", "\\xed\\xa0\\x80"],
    ["beyond Unicode", "f4908080", "\\xf4\\x90\\x80\\x80"],
  ])("bytes that are no UTF-8: %s", (_what, hexadecimal, shown) => {
    expect(visibleText(Buffer.from(hexadecimal, "hex"))).toBe(shown);
  });

  test("whatever the bytes, no control character is left, and all UTF-8 but for them stays", () => {
    const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\r(?!\n)/; // oxlint-disable-line no-control-regex
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const shown = visibleText(bytes);
          expect(shown).not.toMatch(control);
          const text = Buffer.from(bytes).toString();
          if (Buffer.from(text).equals(bytes) && !control.test(text)) expect(shown).toBe(text);
        },
      ),
    );
  });

  test("a megabyte without a line feed takes no time to speak of, nor room on the stack", () => {
    expect(visibleText(Buffer.alloc(1_048_576, "é")).length).toBe(524_288);
    expect(visibleText(Buffer.alloc(1_048_576, 0x1b)).length).toBe(4 * 1_048_576);
  });

  test("in a line there is no line feed either", () => {
    expect(withoutControls("a\nb\u001b[2J")).toBe("a\\u000ab\\u001b[2J");
    note("topic\u001b[2J");
    expect(written).toBe("petrel: topic\\u001b[2J\n");
  });
});

describe("a table", () => {
  const rows = [
    ["name", "value"],
    ["latency", "p50 0.43 ms  p90 1.02 ms  p99 4.37 ms"],
  ];

  test("has a line for each row where the width does not matter", () => {
    expect(table(rows)).toBe("name     value\nlatency  p50 0.43 ms  p90 1.02 ms  p99 4.37 ms\n");
  });

  test("goes on below the last column where a line would be too long", () => {
    expect(table(rows, { width: 34 })).toBe(
      "name     value\nlatency  p50 0.43 ms  p90 1.02 ms\n         p99 4.37 ms\n",
    );
    expect(table([["failure", "some words of a sentence"]], { width: 29 })).toBe(
      "failure  some words of a\n         sentence\n",
    );
  });

  test("is left to a terminal that is too narrow for it", () => {
    expect(table(rows, { width: 28 })).toBe(table(rows));
  });
});

describe("a sentence at a terminal", () => {
  const sentence = "nothing listens on localhost:9; is the server running?";

  test("goes on below, between words", () => {
    expect(hanging("petrel: ", sentence, { columns: 40, indent: 2 })).toBe(
      "nothing listens on localhost:9;\n  is the server running?",
    );
    expect(hanging("petrel: ", sentence, { columns: 44, indent: 14 })).toBe(
      `nothing listens on localhost:9; is\n${" ".repeat(14)}the server running?`,
    );
  });

  test("is one line where it fits, where nobody says how wide that is, and where it is too narrow for words", () => {
    const head = "petrel: ";
    for (const columns of [head.length + sentence.length, Infinity, 27]) {
      expect(hanging(head, sentence, { columns, indent: 2 })).toBe(sentence);
    }
  });

  test("wraps on stderr, and not in a file", () => {
    setTerminal(true, 40);
    complain(sentence);
    setTerminal(undefined, 40);
    complain(sentence);
    expect(written).toMatch(/petrel:\S* nothing listens on localhost:9;\n {2}is .*\npetrel: nothing .* running\?\n$/);
  });
});
