import { expect, test } from "vitest";
import { checkTarget, formatTarget, type DialTarget } from "../../src/node/target.ts";

test.each<[DialTarget, string]>([
  [{ host: "example.net", port: 1883 }, "example.net:1883"],
  [{ host: "::1", port: 1 }, "[::1]:1"],
  [{ path: "/run/m.sock" }, "/run/m.sock"],
])("%o reads %s", (target, text) => {
  checkTarget(target);
  expect(formatTarget(target)).toBe(text);
});

test.each<[DialTarget, string, string]>([
  [{ host: "", port: 1 }, "host", "no host given; to connect to this machine, it is localhost"],
  [{ host: "h", port: 0 }, "port", "the port is 0; it is a whole number from 1 to 65535"],
  [{ host: "h", port: 65_536 }, "port", "the port is 65536; it is a whole number from 1 to 65535"],
  [{ host: "h", port: Number.NaN }, "port", "the port is NaN; it is a whole number from 1 to 65535"],
  [{ path: "" }, "path", "the path of the Unix socket is empty"],
])("%o is refused", (target, part, message) => {
  expect(() => checkTarget(target)).toThrow(expect.objectContaining({ name: "InvalidAddressError", part, message }));
});
