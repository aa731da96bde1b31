import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { wantsColour } from "../src/output/colour.ts";
import { bar, note, StatusLine, withCommas } from "../src/output/status-line.ts";

let written = "";

beforeEach(() => {
  vi.useFakeTimers();
  written = "";
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

test("colours are for terminals, unless NO_COLOR or a dumb terminal says no", () => {
  vi.stubEnv("NO_COLOR", "");
  vi.stubEnv("TERM", "xterm");
  expect(wantsColour({ isTTY: true })).toBe(true);
  expect(wantsColour({})).toBe(false);
  vi.stubEnv("TERM", "dumb");
  expect(wantsColour({ isTTY: true })).toBe(false);
  vi.stubEnv("TERM", "xterm");
  vi.stubEnv("NO_COLOR", "1");
  expect(wantsColour({ isTTY: true })).toBe(false);
});

test("a line shows after a second of work, fits the terminal, and is gone at the end", () => {
  setTerminal(true, 10);
  const line = new StatusLine((seconds) => `${seconds} s and a long text`);
  vi.advanceTimersByTime(800);
  expect(written).toBe("");
  vi.advanceTimersByTime(200);
  expect(written).toBe("\r\u001b[K1 s and a");
  line[Symbol.dispose]();
  expect(written).toBe("\r\u001b[K1 s and a\r\u001b[K");
  vi.advanceTimersByTime(1_000);
  expect(written).toBe("\r\u001b[K1 s and a\r\u001b[K");
});

test("a line that was asked for shows at once, and a terminal that says no width has 80 columns", () => {
  setTerminal(true, 0);
  using _line = new StatusLine(() => "x".repeat(100), { atOnce: true });
  expect(written).toBe(`\r\u001b[K${"x".repeat(79)}`);
});

test("a note takes the place of the line, which comes back", () => {
  setTerminal(true, 80);
  note("before");
  using _line = new StatusLine(() => "line", { atOnce: true });
  note("within");
  vi.advanceTimersByTime(200);
  expect(written).toBe("petrel: before\n\r\u001b[Kline\r\u001b[Kpetrel: within\n\r\u001b[Kline");
});

test.each([
  ["without a terminal", undefined, true],
  ["when it is not wanted", true, false],
])("nothing shows %s", (_what, isTTY, wanted) => {
  setTerminal(isTTY, 80);
  using _line = new StatusLine(() => "x", { atOnce: true, wanted });
  vi.advanceTimersByTime(10_000);
  expect(written).toBe("");
});

test("numbers and bars", () => {
  expect(withCommas(1_234_567)).toBe("1,234,567");
  expect(bar(1, 4, 8)).toBe("[##------]");
  expect(bar(9, 4, 8)).toBe("[########]");
});
