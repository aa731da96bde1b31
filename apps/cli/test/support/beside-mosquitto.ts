import type { Mosquitto } from "@petrel/servers";
import { expect, vi } from "vitest";
import { petrel, Running } from "./petrel.ts";

export const TOOLS = ["mosquitto", "petrel"] as const;
export type Tool = (typeof TOOLS)[number];

/** Runs mosquitto_pub and mosquitto_sub, and petrel, alike. The server's log has to have all types. */
export function besideMosquitto(server: () => Mosquitto) {
  let clients = 0;

  function start(tool: Tool, command: "pub" | "sub", args: readonly string[]): Running {
    const { hostname, port } = new URL(server().url);
    const all = ["-h", hostname, "-p", port, ...args];
    return tool === "petrel" ? petrel([command, ...all]) : new Running(`mosquitto_${command}`, all);
  }

  /** Publishes, and ends as it must. */
  async function publish(tool: Tool, args: readonly string[], input: string | Uint8Array = ""): Promise<void> {
    await using pub = start(tool, "pub", ["-q", "1", ...args]);
    expect(await pub.endInput(input).ended).toMatchObject({ status: 0, stderr: "" });
  }

  /** A subscriber of its own, when the server has granted what it asked for. */
  async function subscriber(tool: Tool, args: readonly string[]): Promise<Running> {
    const id = `${tool}-${clients++}`;
    const sub = start(tool, "sub", ["-i", id, ...args]);
    await vi.waitFor(() => expect(server().log()).toContain(`Sending SUBACK to ${id}\n`), { timeout: 20_000 });
    return sub;
  }

  /** What both print who subscribe alike, while this is published. */
  async function bothPrint(args: readonly string[], act: () => Promise<void>): Promise<[theirs: string, ours: string]> {
    await using theirs = await subscriber("mosquitto", args);
    await using ours = await subscriber("petrel", args);
    await act();
    const endings = await Promise.all([theirs.ended, ours.ended]);
    expect(endings.map(({ status }) => status)).toEqual([0, 0]);
    return [theirs.bytes.toString("latin1"), ours.bytes.toString("latin1")];
  }

  return { start, publish, subscriber, bothPrint };
}
