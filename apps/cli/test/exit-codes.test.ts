import { ClientClosedError, OptionError, SubscriptionLostError } from "@petrel/client";
import { describe, expect, test } from "vitest";
import { CommandError, errorLine, ExitCode, exitCodeOf, UsageError } from "../src/exit-codes.ts";

const coded = (code: string, fields: object = {}): Error =>
  Object.assign(new Error("what happened"), { code, ...fields });

describe("the exit status", () => {
  test.each([
    ["PETREL_OPTION", 2],
    ["PETREL_ENCODE", 2],
    ["PETREL_INVALID_ADDRESS", 2],
    ["PETREL_TRANSPORT_REFUSED", 3],
    ["PETREL_TRANSPORT_TLS_MATERIAL", 2],
    ["PETREL_TRANSPORT_ANY_OTHER", 3],
    ["PETREL_CONNECTION_LOST", 3],
    ["PETREL_SERVER_DISCONNECT", 3],
    ["PETREL_TIMEOUT", 3],
    ["PETREL_MALFORMED_PACKET", 3],
    ["PETREL_CONNECT_REFUSED", 4],
    ["PETREL_PUBLISH_REJECTED", 5],
    ["PETREL_SUBSCRIBE_REJECTED", 5],
    ["PETREL_SUBSCRIPTION_LOST", 5],
    ["PETREL_SERVER_LIMIT", 5],
    ["PETREL_ABORTED", 130],
    ["EACCES", 1],
  ])("of %s is %d", (code, status) => {
    expect(exitCodeOf(coded(code))).toBe(status);
  });

  test("of the client's own errors", () => {
    expect(exitCodeOf(new OptionError("clientId", "", "why"))).toBe(ExitCode.usage);
    expect(exitCodeOf(new SubscriptionLostError([{ topicFilter: "a", reasonCode: 0x87 }]))).toBe(ExitCode.rejected);
    expect(exitCodeOf(new ClientClosedError())).toBe(ExitCode.unexpected);
  });

  test("of a command's own errors", () => {
    expect(exitCodeOf(new UsageError("why"))).toBe(2);
    expect(exitCodeOf(new CommandError("why", ExitCode.timedOut))).toBe(27);
  });

  test.each([new Error("no code"), "a string", 7, {}, undefined])("of %s, which nobody expects, is 1", (thrown) => {
    expect(exitCodeOf(thrown)).toBe(1);
  });
});

describe("the line that an error is", () => {
  test("has no line breaks", () => {
    expect(errorLine(new Error("one\n  two\r\nthree"))).toBe("one two three");
  });

  test.each([
    ["PETREL_CONNECT_REFUSED", { reasonCode: 0x84 }, "try another version, as in -V 3.1.1"],
    ["PETREL_CONNECT_REFUSED", { reasonCode: 0x85 }, "try another client id with -i"],
    ["PETREL_CONNECT_REFUSED", { reasonCode: 0x86 }, "check -u and -P"],
    ["PETREL_CONNECT_REFUSED", { reasonCode: 0x87 }, "check -u and -P"],
    ["PETREL_OPTION", { option: "clientId" }, "-i gives one"],
    ["PETREL_MALFORMED_PACKET", {}, "is it an MQTT server that listens there?"],
  ])("of %s %j says what to try: %s", (code, fields, hint) => {
    expect(errorLine(coded(code, fields))).toBe(`what happened; ${hint}`);
  });

  test.each([
    ["PETREL_OPTION", 'option localAddress is "a"; it is an IP address', '--bind is "a"; it is an IP address'],
    ["PETREL_OPTION", "option keepAlive is 7; it is not", "option keepAlive is 7; it is not"],
    ["PETREL_TRANSPORT_TLS_MATERIAL", "TLS: caFile a.pem can not be read", "TLS: --ca a.pem can not be read"],
    ["PETREL_CONNECTION_LOST", "caFile is a word of somebody's", "caFile is a word of somebody's"],
  ])("of %s names options as they are typed: %s", (code, message, line) => {
    expect(errorLine(Object.assign(new Error(message), { code }))).toBe(line);
  });

  test("says nothing it does not know", () => {
    expect(errorLine(coded("PETREL_CONNECT_REFUSED", { reasonCode: 0x88 }))).toBe("what happened");
    expect(errorLine(undefined)).toBe("undefined");
  });
});
