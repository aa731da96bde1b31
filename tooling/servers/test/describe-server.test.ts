import { expect, test } from "vitest";
import { whatToDo } from "../src/describe-server.ts";

test("tests against a server run where it is installed, required or not", () => {
  expect(whatToDo(true, undefined)).toBe("run");
  expect(whatToDo(true, "1")).toBe("run");
});

test("a missing server skips its tests, and fails them when servers are required", () => {
  expect(whatToDo(false, undefined)).toBe("skip");
  expect(whatToDo(false, "0")).toBe("skip");
  expect(whatToDo(false, "1")).toBe("fail");
});
