import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidAddressError, parseAddress, type AddressPart } from "../src/index.ts";

describe("addresses", () => {
  test.each([
    ["mqtt://example.net", { transport: "tcp", scheme: "mqtt", secure: false, host: "example.net", port: 1883 }],
    ["tcp://example.net/", { transport: "tcp", scheme: "tcp", secure: false, host: "example.net", port: 1883 }],
    ["mqtt://10.0.0.1:1884", { transport: "tcp", scheme: "mqtt", secure: false, host: "10.0.0.1", port: 1884 }],
    ["mqtts://h", { transport: "tcp", scheme: "mqtts", secure: true, host: "h", port: 8883 }],
    ["tls://h", { transport: "tcp", scheme: "tls", secure: true, host: "h", port: 8883 }],
    ["ssl://h:1", { transport: "tcp", scheme: "ssl", secure: true, host: "h", port: 1 }],
    ["MQTT://Host", { transport: "tcp", scheme: "mqtt", secure: false, host: "Host", port: 1883 }],
    ["ws://h", { transport: "websocket", scheme: "ws", secure: false, host: "h", port: 80, path: "/mqtt" }],
    ["ws://h/", { transport: "websocket", scheme: "ws", secure: false, host: "h", port: 80, path: "/" }],
    ["wss://h?a=1", { transport: "websocket", scheme: "wss", secure: true, host: "h", port: 443, path: "/mqtt?a=1" }],
    [
      "wss://h:9001/a%20b@c?d=e@f",
      { transport: "websocket", scheme: "wss", secure: true, host: "h", port: 9001, path: "/a%20b@c?d=e@f" },
    ],
    ["mqtt+unix:///run/m.sock", { transport: "unix", scheme: "mqtt+unix", secure: false, path: "/run/m.sock" }],
    ["mqtt+unix:///run/a@b%20c", { transport: "unix", scheme: "mqtt+unix", secure: false, path: "/run/a@b c" }],
    ["mqtt+srv://example.net", { transport: "srv", scheme: "mqtt+srv", secure: false, host: "example.net" }],
    ["mqtts+srv://example.net", { transport: "srv", scheme: "mqtts+srv", secure: true, host: "example.net" }],
  ])("%s", (url, address) => {
    expect(parseAddress(url)).toEqual(address);
  });

  test.each([
    ["[::1]", "::1"],
    ["[2001:db8::ff00:42:8329]:1883", "2001:db8::ff00:42:8329"],
    ["[1:2:3:4:5:6:7:8]", "1:2:3:4:5:6:7:8"],
    ["[::ffff:192.0.2.1]", "::ffff:192.0.2.1"],
    ["[fe80::1%25eth0]:1883", "fe80::1%eth0"],
    ["[::]", "::"],
  ])("the IPv6 literal %s", (text, host) => {
    expect(parseAddress(`mqtt://${text}`)).toMatchObject({ host, port: 1883 });
  });
});

describe("credentials", () => {
  test.each([
    ["anna:secret@", { username: "anna", password: "secret" }],
    ["anna@", { username: "anna" }],
    ["anna:@", { username: "anna", password: "" }],
    [":secret@", { password: "secret" }],
    ["@", {}],
    ["an%3Ana:s%40%2Fe%25%C3%A9@", { username: "an:na", password: "s@/e%é" }],
    ["anna:a:b@", { username: "anna", password: "a:b" }],
    ["anna:a@b@", { username: "anna", password: "a@b" }],
  ])("%s", (text, credentials) => {
    const { username, password } = parseAddress(`mqtt://${text}h`);
    expect(parseAddress(`mqtt://${text}h`)).toMatchObject({ host: "h", port: 1883 });
    expect({ ...(username !== undefined && { username }), ...(password !== undefined && { password }) }).toEqual(
      credentials,
    );
  });

  test("any username and password survive percent-encoding", () => {
    const text = fc.string({ minLength: 1, unit: "grapheme" });
    fc.assert(
      fc.property(text, text, (username, password) => {
        const url = `wss://${encodeURIComponent(username)}:${encodeURIComponent(password)}@[::1]:8/x`;
        expect(parseAddress(url)).toMatchObject({ username, password, host: "::1", port: 8, path: "/x" });
      }),
    );
  });
});

describe("errors name the part that is wrong", () => {
  test.each<[string, AddressPart, RegExp]>([
    ["localhost", "scheme", /such as mqtt:\/\/localhost/],
    ["localhost:1883", "scheme", /such as mqtt:\/\/localhost/],
    [" mqtt://h", "scheme", /does not start with a scheme/],
    ["http://h", "scheme", /http:\/\/ is not a scheme of MQTT; known are mqtt, tcp, /],
    ["mqtt://", "host", /names no host/],
    ["mqtt://:1883", "host", /names no host/],
    ["mqtt://a b", "host", /"a b" has a character/],
    ["mqtt://h\n", "host", /"h\\n" has a character/],
    ["mqtt://::1", "host", /\[::1\]/],
    ["mqtt://[::1", "host", /in brackets/],
    ["mqtt://[::1]x", "host", /in brackets/],
    ["mqtt://[1::2::3]", "host", /in brackets/],
    ["mqtt://[1:2:3]", "host", /in brackets/],
    ["mqtt://[::1.2.3.256]", "host", /in brackets/],
    ["mqtt://[localhost]", "host", /in brackets/],
    ["mqtt://h:", "port", /what follows h: is not a port/],
    ["mqtt://h:0", "port", /from 1 to 65535/],
    ["mqtt://h:65536", "port", /from 1 to 65535/],
    ["mqtt://h:0x10", "port", /from 1 to 65535/],
    ["mqtt+srv://h:1883", "port", /takes the port from DNS/],
    ["mqtt://h/topic", "path", /topics are not part of the URL/],
    ["mqtt+srv://h/topic", "path", /topics are not part of the URL/],
    ["mqtt+unix://", "path", /mqtt\+unix:\/\/\/run\/mqtt.sock/],
    ["mqtt+unix:///%ff", "path", /percent-encoding/],
    ["mqtt+unix://run/m.sock", "host", /three slashes/],
    ["mqtt://h?clientId=a", "query", /options to the client/],
    ["mqtt+unix:///m?a", "query", /options to the client/],
    ["ws://h/mqtt#a", "fragment", /no #fragment/],
    ["mqtt://%zz@h", "username", /literal % as %25/],
    ["mqtt://a:%zz@h", "password", /literal % as %25/],
    ["mqtt://a:b/c@h", "password", /%2F %3F %23/],
    ["ws://a:b?c@h", "password", /%2F %3F %23/],
    ["wss://a:b#c@h:443/mqtt", "password", /%2F %3F %23/],
  ])("%s", (url, part, message) => {
    const error = thrownBy(() => parseAddress(url));
    expect(error).toBeInstanceOf(InvalidAddressError);
    expect(error).toMatchObject({ part, message: expect.stringMatching(message) });
  });

  test("no message shows a password, however badly it is written", () => {
    const scheme = fc.constantFrom("mqtt", "mqtts", "ws", "wss", "mqtt+unix", "mqtt+srv", "http");
    const secret = fc.string({ unit: fc.constantFrom(..."/?#@:[]% é\\".split("")) }).map((text) => `S3${text}cr3t`);
    const server = fc.constantFrom("@h", "@h:x", "@[::1", "@h/y?z#w", "", "@", "@:1", "@a b", "/@h");
    fc.assert(
      fc.property(scheme, secret, server, (scheme, secret, server) => {
        const error = thrownBy(() => parseAddress(`${scheme}://anna:${secret}${server}`));
        if (error === undefined) return;
        expect((error as Error).message).not.toMatch(/S3|cr3t/);
      }),
      { numRuns: 2_000 },
    );
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
