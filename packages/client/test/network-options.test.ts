import { describe, expect, test } from "vitest";
import { Agent } from "node:http";
import { createClient, type ClientOptions } from "../src/node/index.ts";
import { createClient as createWebClient } from "../src/web/index.ts";

describe("options that can not work are refused before anything is opened, by the name that was typed", () => {
  test.each<[url: string, options: ClientOptions, message: string]>([
    ["mqtt://host", { proxy: "nonsense" }, "option proxy is"],
    ["mqtt://host", { proxy: "ftp://a:s3cret@host" }, 'option proxy is "ftp://…"; known are socks, socks4'],
    ["mqtt://host", { proxy: { url: "socks5://h", headers: { a: "b" } } }, "option proxy.headers is"],
    ["mqtt://host", { proxy: { url: "socks4://h", password: "s3cret" } }, "option proxy.password is"],
    ["mqtt+unix:///s", { proxy: "socks5://h" }, "option proxy is"],
    ["mqtt://host", { timeouts: { dns: -1 } }, "option timeouts.dns is -1"],
    ["mqtt+srv://host", { timeouts: { dns: -1 } }, "option timeouts.dns is -1"],
    ["mqtt+srv://host", { timeouts: { connect: -1 } }, "option timeouts.connect is -1"],
    ["mqtt://host", { timeouts: { proxy: -1 }, proxy: "socks5://h" }, "option timeouts.proxy is -1"],
    ["wss://host", { timeouts: { websocket: -1 } }, "option timeouts.websocket is -1"],
    ["wss://host", { timeouts: { tls: 0.5 } }, "option timeouts.tls is 0.5"],
    ["ws://host", { websocket: { path: "/a b" } }, "option websocket.path is"],
    ["ws://host", { websocket: { query: "a#b" } }, "option websocket.query is"],
    ["ws://host", { websocket: { subprotocol: "a b" } }, "option websocket.subprotocol is"],
    ["ws://host", { websocket: { headers: { "a b": "s3cret" } } }, "option websocket.headers is"],
    ["ws://host", { websocket: { headers: { a: "s3cret\n" } } }, "option websocket.headers is"],
    ["ws://host", { websocket: { agent: new Agent() }, proxy: "socks5://h" }, "option proxy is"],
    ["wss://host", { tls: { servername: "" } }, "option tls.servername is"],
    ["mqtts://host", { tls: { minVersion: "TLSv9" as never } }, "option tls.minVersion is"],
  ])("%s with %j", (url, options, message) => {
    expect(() => createClient(url, options)).toThrow(message);
    expect(() => createClient(url, options)).not.toThrow("s3cret");
    expect(() => createClient(url, options)).toThrow(expect.objectContaining({ code: "PETREL_OPTION" }));
  });
});

describe("in a browser", () => {
  test.each<[url: string, options: ClientOptions, message: string]>([
    ["mqtt://host", {}, "a browser reaches servers over ws:// and wss:// only"],
    ["wss://host", { proxy: "http://h" }, "a browser chooses its proxy itself"],
    ["wss://host", { tls: {} }, "a browser decides itself whom it trusts"],
    ["wss://host", { websocket: { headers: {} } }, "a browser sets no headers"],
  ])("%s with %j is refused", (url, options, message) => {
    expect(() => createWebClient(url, options)).toThrow(message);
  });
});
