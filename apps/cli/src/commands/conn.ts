import type { Negotiated } from "@petrel/client";
import type { Command } from "commander";
import { clientAsTyped, connectOrInterrupt } from "../connecting.ts";
import { aborted, Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { outputOption, type OutputOption, writeJson } from "../options/output.ts";
import { colourYesNo, wantsColour } from "../output/colour.ts";
import { note, withCommas } from "../output/status-line.ts";
import { writeTable } from "../output/table.ts";

interface ConnOptions extends ConnectionOptions, OutputOption {
  readonly once?: boolean;
}

export function defineConn(command: Command): void {
  command
    .option("--once", "disconnect at once, instead of at Ctrl-C")
    .addOption(outputOption("how to print it"))
    .addHelpText("after", EXAMPLES)
    .action((options: ConnOptions) => conn(options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel conn -h localhost --once
  petrel conn -L mqtts://example.net -u anna -P --output json --once
  petrel conn -i kitchen --will-topic kitchen/state --will-message offline`;

async function conn(options: ConnOptions): Promise<void> {
  using interruption = new Interruption();
  const client = clientAsTyped(options, interruption.signal);
  let failure: Error | undefined;
  client.on("error", (error) => (failure ??= error)); // the end of all attempts, which "disconnected" has told
  const lost = new AbortController();
  try {
    client.on("disconnected", ({ cause, willReconnectIn }) => {
      if (cause === undefined || willReconnectIn !== undefined) return;
      failure = cause;
      lost.abort();
    });
    const begin = performance.now();
    await connectOrInterrupt(client, interruption);
    const took = performance.now() - begin;
    const agreed = {
      version: client.version,
      ...flat(client.connection!),
      connectedAfterMs: Math.round(took * 10) / 10,
    };
    if (options.output === "json") writeJson(agreed);
    else
      writeTable(
        Object.entries(agreed)
          .filter(([name, value]) => value !== undefined && name !== "protocolVersion")
          .map(([name, value]) => [LABELS[name] ?? name, textOf(name, value)]),
        wantsColour(process.stdout) ? colourYesNo : undefined,
      );
    if (options.once === true) return;
    if (process.stderr.isTTY && options.quiet !== true) note("connected; Ctrl-C disconnects");
    await aborted(AbortSignal.any([interruption.signal, lost.signal]));
    if (failure !== undefined && !interruption.signal.aborted) throw failure;
  } finally {
    await client.disconnect();
  }
}

/** What was agreed, in one level: who may send what is in the name. */
function flat({ send, receive, ...rest }: Negotiated): Readonly<Record<string, unknown>> {
  return { ...rest, ...prefixed("send", send), ...prefixed("receive", receive) };
}

function prefixed(prefix: string, limits: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(limits).map(([name, value]) => [
      `${prefix}${name[0]!.toUpperCase()}${name.slice(1)}`,
      value as unknown,
    ]),
  );
}

const LABELS: Readonly<Record<string, string>> = {
  version: "MQTT version",
  clientIdentifier: "client identifier",
  sessionPresent: "session present",
  keepAlive: "keep alive",
  sessionExpiryInterval: "session expiry interval",
  sendReceiveMaximum: "we send: in flight",
  sendMaximumPacketSize: "we send: largest packet",
  sendMaximumQos: "we send: maximum QoS",
  sendRetainAvailable: "we send: retained messages",
  sendTopicAliasMaximum: "we send: topic aliases",
  sendWildcardSubscriptionAvailable: "wildcard subscriptions",
  sendSubscriptionIdentifiersAvailable: "subscription identifiers",
  sendSharedSubscriptionAvailable: "shared subscriptions",
  receiveReceiveMaximum: "server sends: in flight",
  receiveMaximumPacketSize: "server sends: largest packet",
  receiveTopicAliasMaximum: "server sends: topic aliases",
  responseInformation: "response information",
  serverReference: "server reference",
  connectedAfterMs: "connected after",
};

const UNITS: Readonly<Record<string, string>> = {
  keepAlive: " s",
  sessionExpiryInterval: " s",
  sendMaximumPacketSize: " bytes",
  receiveMaximumPacketSize: " bytes",
  connectedAfterMs: " ms",
};

function textOf(name: string, value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = typeof value === "number" && Number.isInteger(value) ? withCommas(value) : String(value);
  return `${text}${UNITS[name] ?? ""}`;
}
