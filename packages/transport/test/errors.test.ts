import { expect, test } from "vitest";
import { abortedError, InvalidAddressError, TransportError } from "../src/errors.ts";

test("a TransportError carries stage, code and cause, and its stack starts with its name", () => {
  const cause = new Error("read ECONNRESET");
  const error = new TransportError("the connection was reset", {
    stage: "stream",
    code: "PETREL_TRANSPORT_RESET",
    cause,
  });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: "TransportError", stage: "stream", code: "PETREL_TRANSPORT_RESET", cause });
  expect(error.stack).toMatch(/^TransportError: the connection was reset\n/);
  expect(Object.keys(error)).toEqual(["stage", "code"]);
});

test("a TransportError without a cause has none", () => {
  expect("cause" in new TransportError("x", { stage: "dns", code: "PETREL_TRANSPORT_FAILED" })).toBe(false);
});

test("an abort names the place and the reason", () => {
  const controller = new AbortController();
  controller.abort(new Error("the user left"));
  const error = abortedError("127.0.0.1:1883", "connect", controller.signal);
  expect(error.message).toBe("connecting to 127.0.0.1:1883 was aborted by its signal (the user left)");
  expect(error).toMatchObject({ stage: "connect", code: "PETREL_TRANSPORT_ABORTED", cause: controller.signal.reason });
});

test("an abort whose reason is not an error says so", () => {
  const controller = new AbortController();
  controller.abort("whim");
  expect(abortedError("h:1", "dns", controller.signal).message).toContain("(no reason given)");
});

test("an InvalidAddressError names the part", () => {
  const error = new InvalidAddressError("port", "what follows h: is not a port");
  expect(error).toMatchObject({ name: "InvalidAddressError", code: "PETREL_INVALID_ADDRESS", part: "port" });
});
