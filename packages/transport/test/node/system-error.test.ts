import { describe, expect, test } from "vitest";
import { connectError, streamError } from "../../src/node/system-error.ts";

const host = { host: "example.net", port: 1883 };
const ipv4 = { host: "127.0.0.1", port: 1 };
const ipv6 = { host: "::1", port: 1 };
const socket = { path: "/run/m.sock" };

/** An error as Node makes it. */
function systemError(code: string, details: object = {}): Error {
  return Object.assign(new Error(`connect ${code}`), { code, ...details });
}

describe("while connecting", () => {
  test.each([
    [
      systemError("ECONNREFUSED", { address: "127.0.0.1" }),
      ipv4,
      "PETREL_TRANSPORT_REFUSED",
      "nothing listens on 127.0.0.1:1 (connection refused, ECONNREFUSED); is the server running, and is this its port?",
    ],
    [
      systemError("ECONNREFUSED", { address: "::1" }),
      ipv6,
      "PETREL_TRANSPORT_REFUSED",
      "nothing listens on [::1]:1 (connection refused, ECONNREFUSED); is the server running, and is this its port?",
    ],
    [
      systemError("ECONNREFUSED", { address: "192.0.2.1" }),
      host,
      "PETREL_TRANSPORT_REFUSED",
      "nothing listens on example.net:1883 (connection refused, ECONNREFUSED at 192.0.2.1); " +
        "is the server running, and is this its port?",
    ],
    [
      systemError("ENOENT", { address: "/run/m.sock" }),
      socket,
      "PETREL_TRANSPORT_REFUSED",
      "there is no socket at /run/m.sock (ENOENT); is the server running, and is this its path?",
    ],
    [
      systemError("ETIMEDOUT"),
      ipv4,
      "PETREL_TRANSPORT_TIMED_OUT",
      "127.0.0.1:1 did not answer (ETIMEDOUT); check the address, and whether a firewall drops packets to it",
    ],
    [
      systemError("EHOSTUNREACH"),
      ipv4,
      "PETREL_TRANSPORT_UNREACHABLE",
      "there is no route to 127.0.0.1:1 (EHOSTUNREACH); check the address and this machine's network",
    ],
    [
      systemError("ENETUNREACH"),
      ipv4,
      "PETREL_TRANSPORT_UNREACHABLE",
      "there is no route to 127.0.0.1:1 (ENETUNREACH); check the address and this machine's network",
    ],
    [
      systemError("EACCES"),
      socket,
      "PETREL_TRANSPORT_FORBIDDEN",
      "this process may not connect to /run/m.sock (EACCES); check its permissions and the firewall",
    ],
    [
      systemError("EADDRNOTAVAIL", { syscall: "bind", address: "192.0.2.7" }),
      ipv4,
      "PETREL_TRANSPORT_LOCAL_ADDRESS",
      "can not connect to 127.0.0.1:1 from the local address and port chosen (EADDRNOTAVAIL at 192.0.2.7); " +
        "check localAddress and localPort",
    ],
    [
      systemError("ECONNRESET"),
      ipv4,
      "PETREL_TRANSPORT_RESET",
      "127.0.0.1:1 dropped the connection while it was being opened (ECONNRESET); try again",
    ],
    [
      systemError("EWHATEVER"),
      ipv4,
      "PETREL_TRANSPORT_FAILED",
      "can not connect to 127.0.0.1:1 (EWHATEVER): connect EWHATEVER",
    ],
    [new Error("odd"), ipv4, "PETREL_TRANSPORT_FAILED", "can not connect to 127.0.0.1:1 (Error): odd"],
  ])("%s", (cause, target, code, message) => {
    expect(connectError(cause, target)).toMatchObject({ stage: "connect", code, message, cause });
  });

  test.each([
    [
      "ENOTFOUND",
      "PETREL_TRANSPORT_HOST_NOT_FOUND",
      "the name example.net does not exist (DNS: ENOTFOUND); check the host name",
    ],
    [
      "EAI_AGAIN",
      "PETREL_TRANSPORT_DNS_UNAVAILABLE",
      "the name example.net could not be looked up (DNS: EAI_AGAIN); is this machine online, and does its name server answer?",
    ],
    [
      "EAI_FAIL",
      "PETREL_TRANSPORT_DNS_UNAVAILABLE",
      "the name example.net could not be looked up (DNS: EAI_FAIL); is this machine online, and does its name server answer?",
    ],
  ])("a name that is not resolved: %s", (systemCode, code, message) => {
    const cause = systemError(systemCode, { syscall: "getaddrinfo", hostname: "example.net" });
    expect(connectError(cause, host)).toMatchObject({ stage: "dns", code, message, cause });
  });

  test("several addresses that fail alike", () => {
    const cause = new AggregateError([
      systemError("ECONNREFUSED", { address: "2001:db8::1" }),
      systemError("ECONNREFUSED", { address: "192.0.2.1" }),
    ]);
    expect(connectError(cause, host)).toMatchObject({
      code: "PETREL_TRANSPORT_REFUSED",
      message: expect.stringContaining("(connection refused, ECONNREFUSED at 2001:db8::1 and 192.0.2.1)"),
      cause,
    });
  });

  test("several addresses that fail differently: the most telling one decides, all are named", () => {
    const cause = new AggregateError([
      systemError("ENETUNREACH", { address: "2001:db8::1" }),
      systemError("ECONNREFUSED", { address: "192.0.2.1" }),
    ]);
    expect(connectError(cause, host)).toMatchObject({
      code: "PETREL_TRANSPORT_REFUSED",
      message: expect.stringContaining("ENETUNREACH at 2001:db8::1, ECONNREFUSED at 192.0.2.1"),
    });
  });

  test("an AggregateError without errors is reported as it is", () => {
    const cause = new AggregateError([], "nothing tried");
    expect(connectError(cause, host)).toMatchObject({
      code: "PETREL_TRANSPORT_FAILED",
      message: "can not connect to example.net:1883 (AggregateError): nothing tried",
    });
  });
});

describe("on a connection that stood", () => {
  test.each([
    [
      "ECONNRESET",
      "PETREL_TRANSPORT_RESET",
      "the connection to h:1 was reset (ECONNRESET); the server dropped it, or something in between did",
    ],
    ["EPIPE", "PETREL_TRANSPORT_RESET", "h:1 takes no more bytes (EPIPE); the server has closed the connection"],
    [
      "ETIMEDOUT",
      "PETREL_TRANSPORT_TIMED_OUT",
      "h:1 stopped answering (ETIMEDOUT); the server or the network in between is gone",
    ],
    [
      "EHOSTUNREACH",
      "PETREL_TRANSPORT_UNREACHABLE",
      "the route to h:1 was lost (EHOSTUNREACH); check this machine's network",
    ],
    ["EIO", "PETREL_TRANSPORT_FAILED", "the connection to h:1 failed (EIO): connect EIO"],
  ])("%s", (systemCode, code, message) => {
    const cause = systemError(systemCode);
    expect(streamError(cause, "h:1")).toMatchObject({ stage: "stream", code, message, cause });
  });
});
