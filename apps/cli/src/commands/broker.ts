import type { Command } from "commander";
import { startBroker } from "../embedded-broker.ts";
import { UsageError } from "../exit-codes.ts";
import { aborted, Interruption } from "../interruption.ts";
import { outputOption, type OutputOption, writeJson } from "../options/output.ts";
import { parseWhole } from "../options/parsers.ts";

interface BrokerOptions extends OutputOption {
  readonly host: string;
  readonly port: number;
  readonly wsPort?: number;
  readonly cert?: string;
  readonly key?: string;
  readonly tlsPort?: number;
  readonly wssPort?: number;
}

export function defineBroker(command: Command): void {
  command
    .option("-h, --host <address>", "where to listen", "127.0.0.1")
    .option("-p, --port <port>", "0: any free one", parseWhole("--port", 0, 65_535), 1_883)
    .option("--ws-port <port>", "for WebSocket, too", parseWhole("--ws-port", 0, 65_535))
    .option("--cert <file>", "certificate, for TLS; with --key")
    .option("--key <file>", "its private key")
    .option("--tls-port <port>", "for TLS (default: 8883)", parseWhole("--tls-port", 0, 65_535))
    .option("--wss-port <port>", "for WebSocket with TLS", parseWhole("--wss-port", 0, 65_535))
    .addOption(outputOption("how to print the URLs"))
    .option("--debug", "where errors come from")
    .addHelpText("after", EXAMPLES)
    .action((options: BrokerOptions) => runBroker(options));
}

const EXAMPLES = `
Examples:
  petrel broker
  petrel broker -h 0.0.0.0 --ws-port 9001
  petrel broker --cert server.pem --key server.key

MQTT 3.1.1 and 5.0, in memory, without passwords: for development,
not for production.`;

async function runBroker(options: BrokerOptions): Promise<void> {
  const { host, port, wsPort, cert, key, tlsPort, wssPort, output } = options;
  if ((cert === undefined) !== (key === undefined)) throw new UsageError("--cert and --key are of use only together");
  if (cert === undefined && (wssPort ?? tlsPort) !== undefined) {
    throw new UsageError("TLS needs a certificate: give --cert and --key");
  }
  const tls =
    cert === undefined || key === undefined
      ? undefined
      : { certFile: cert, keyFile: key, port: tlsPort ?? 8_883, wssPort };
  using interruption = new Interruption();
  await using broker = await startBroker({ host, port, wsPort, tls });
  const { urls } = broker;
  if (output === "json") writeJson({ urls });
  else process.stdout.write(urls.map((url) => `${url}\n`).join(""));
  process.stderr.write("petrel: a broker for development, in memory, without passwords; Ctrl-C ends it\n");
  await aborted(interruption.signal);
}
