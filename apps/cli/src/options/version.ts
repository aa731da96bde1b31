import type { Version } from "@petrel/client";
import { InvalidArgumentError } from "commander";
import { UsageError } from "../exit-codes.ts";

export const VERSIONS: readonly Version[] = ["5.0", "3.1.1", "3.1"];
/** What users of mosquitto and MQTTX type. */
const OTHER_NAMES: Readonly<Record<string, Version>> = {
  "5": "5.0",
  mqttv5: "5.0",
  "311": "3.1.1",
  mqttv311: "3.1.1",
  "31": "3.1",
  mqttv31: "3.1",
};

export function parseVersion(text: string): Version {
  return known(text, VERSIONS);
}

export function parseVersionOrAuto(text: string): Version | "auto" {
  return text === "auto" ? text : known(text, ["auto", ...VERSIONS]);
}

function known(text: string, choices: readonly string[]): Version {
  const version = VERSIONS.find((name) => name === text) ?? OTHER_NAMES[text];
  if (version === undefined) throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
  return version;
}

export interface VersionOption {
  readonly mqttVersion: Version | "auto";
}

/**
 * The options with a version that has what was typed: what only 5.0 has rules the others out.
 *
 * @param given an option that only 5.0 has; undefined if none was typed
 * @throws UsageError if another version was asked for
 */
export function needingV5<Options extends VersionOption>(options: Options, given: string | undefined): Options {
  if (given === undefined || options.mqttVersion === "5.0") return options;
  if (options.mqttVersion === "auto") return { ...options, mqttVersion: "5.0" };
  throw new UsageError(`${given} needs MQTT 5.0, not -V ${options.mqttVersion}`);
}
