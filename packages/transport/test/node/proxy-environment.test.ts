import { expect, test } from "vitest";
import { proxyFromEnvironment } from "../../src/node/proxy.ts";

const plain = { host: "broker.example.net", port: 1883, secure: false };
const secure = { host: "broker.example.net", port: 8883, secure: true };

test("HTTPS_PROXY is for TLS, HTTP_PROXY for the others, ALL_PROXY for what they leave", () => {
  const environment = { HTTPS_PROXY: "http://s:1", HTTP_PROXY: "http://p:2", ALL_PROXY: "socks5://a:3" };
  expect(proxyFromEnvironment(secure, environment)).toBe("http://s:1");
  expect(proxyFromEnvironment(plain, environment)).toBe("http://p:2");
  expect(proxyFromEnvironment(plain, { ...environment, HTTP_PROXY: "" })).toBe("socks5://a:3");
  expect(proxyFromEnvironment(secure, { all_proxy: "socks5://a:3" })).toBe("socks5://a:3");
  expect(proxyFromEnvironment(plain, {})).toBeUndefined();
});

test("small letters go first, and a proxy without a scheme is an HTTP proxy", () => {
  expect(proxyFromEnvironment(plain, { http_proxy: "small:3128", HTTP_PROXY: "http://large" })).toBe(
    "http://small:3128",
  );
});

test.each<[list: string, host: string, exempt: boolean]>([
  ["*", "anything.test", true],
  ["example.net", "example.net", true],
  ["example.net", "broker.example.net", true],
  [".example.net", "broker.example.net", true],
  ["*.example.net", "broker.example.net", true],
  [".example.net", "example.net", true],
  ["EXAMPLE.net", "Broker.Example.NET", true],
  ["example.net", "badexample.net", false],
  ["example.net", "example.net.test", false],
  ["one.test, example.net two.test", "broker.example.net", true],
  ["example.net:1883", "example.net", true],
  ["example.net:8883", "example.net", false],
  ["127.0.0.1", "127.0.0.1", true],
  ["10.0.0.0/8", "10.200.3.4", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["10.0.0.0/33", "10.0.0.1", false],
  ["10.0.0.0/8", "10.example.net", false],
  ["[::1]:1883", "::1", true],
  ["::1", "::1", true],
  ["fe80::/10", "fe80::1%eth0", true],
  ["2001:db8::/32", "2001:db8:1::5", true],
  ["2001:db8::/32", "2001:db9::5", false],
  ["", "example.net", false],
  [" , ", "example.net", false],
])("NO_PROXY=%j exempts %s: %j", (list, host, exempt) => {
  const chosen = proxyFromEnvironment({ ...plain, host }, { ALL_PROXY: "socks5://a", NO_PROXY: list });
  expect(chosen).toBe(exempt ? undefined : "socks5://a");
});
