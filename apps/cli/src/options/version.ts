import type { Version } from "@petrel/client";
import { UsageError } from "../exit-codes.ts";

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
