import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, test } from "vitest";
import { ejabberdAvailable } from "./ejabberd.ts";
import { findProgram } from "./find-program.ts";
import { mosquittoAvailable } from "./mosquitto.ts";
import { rabbitMqAvailable } from "./rabbitmq.ts";

/** That of util-linux: others have other options. */
function scriptAvailable(): boolean {
  const program = findProgram("script");
  if (program === undefined) return false;
  return spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.includes("util-linux");
}

/** By the names of Debian's packages. */
const AVAILABLE = {
  mosquitto: mosquittoAvailable,
  ejabberd: ejabberdAvailable,
  "rabbitmq-server": rabbitMqAvailable,
  openssl: () => findProgram("openssl") !== undefined, // makes the certificates of `makeCertificates`
  microsocks: () => findProgram("microsocks") !== undefined,
  tinyproxy: () => findProgram("tinyproxy") !== undefined,
  haproxy: () => findProgram("haproxy") !== undefined,
  chromium: () => findProgram("chromium") !== undefined,
  // What the plugin of makeScramPlugin is compiled with.
  gcc: () => findProgram("gcc") !== undefined,
  "mosquitto-dev": () => existsSync("/usr/include/mosquitto_plugin.h"),
  "libmosquitto-dev": () => existsSync("/usr/include/mosquitto.h"),
  "libgsasl-dev": () => existsSync("/usr/include/gsasl.h"),
  zsh: () => findProgram("zsh") !== undefined,
  fish: () => findProgram("fish") !== undefined,
  bsdutils: scriptAvailable, // `script`, which runs a command at a terminal of its own
  "mosquitto-clients": () => ["mosquitto_pub", "mosquitto_sub"].every((program) => findProgram(program) !== undefined),
};

/**
 * A `describe` for tests against a real server, beside its own tools, or in a shell. Where it is not installed they are skipped,
 * unless PETREL_REQUIRE_SERVERS=1 asks for a failure instead.
 */
export function describeServer(
  server: keyof typeof AVAILABLE | readonly (keyof typeof AVAILABLE)[],
  tests: () => void,
): void {
  const servers = typeof server === "string" ? [server] : server;
  const missing = servers.filter((name) => !AVAILABLE[name]()).join(", ");
  const title = servers.join(", ");
  switch (whatToDo(missing === "", process.env["PETREL_REQUIRE_SERVERS"])) {
    case "run":
      describe(title, tests);
      break;
    case "skip":
      describe.skip(`${title} (not installed: ${missing})`, tests); // oxlint-disable-line vitest/no-disabled-tests
      break;
    case "fail":
      test(`${title} installed`, () => {
        throw new Error(`not installed, and PETREL_REQUIRE_SERVERS=1 requires it: ${missing}`);
      });
      break;
  }
}

export function whatToDo(available: boolean, required: string | undefined): "run" | "skip" | "fail" {
  if (available) return "run";
  return required === "1" ? "fail" : "skip";
}
