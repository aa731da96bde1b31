import { Option } from "commander";
import type { Outgoing } from "../outgoing.ts";

/** How a command prints what it has to say. */
export interface OutputOption {
  readonly output: "text" | "json";
}

/** `--output text|json`. */
export function outputOption(description: string): Option {
  return new Option("--output <form>", description).choices(["text", "json"]).default("text");
}

/** What became of messages, for `--output json` of the commands that publish. */
export interface PublishSummary {
  readonly messages: number;
  /** At QoS 0: those that the network has taken. */
  readonly acknowledged: number;
  readonly failed: number;
  /** Since the connection stood. */
  readonly seconds: number;
}

/** @param begin when the connection stood, in milliseconds of `performance.now()` */
export function publishSummary({ count, failed }: Pick<Outgoing, "count" | "failed">, begin: number): PublishSummary {
  const seconds = Math.round(performance.now() - begin) / 1_000;
  return { messages: count, acknowledged: count - failed, failed, seconds };
}

/** An object as a line of JSON on stdout. */
export function writeJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
