import type { Command } from "commander";
import { startBroker } from "../embedded-broker.ts";
import { aborted, Interruption } from "../interruption.ts";
import { parseWhole } from "../options/parsers.ts";

interface BrokerOptions {
  readonly host: string;
  readonly port: number;
}

export function defineBroker(command: Command): void {
  command
    .option("-h, --host <address>", "where to listen", "127.0.0.1")
    .option("-p, --port <port>", "0: any free one", parseWhole("--port", 0, 65_535), 1_883)
    .option("--debug", "where errors come from")
    .addHelpText("after", "\nMQTT 3.1.1 and 5.0, in memory, without passwords: for development, not for production.")
    .action((options: BrokerOptions) => runBroker(options));
}

async function runBroker({ host, port }: BrokerOptions): Promise<void> {
  using interruption = new Interruption();
  await using broker = await startBroker(host, port);
  process.stdout.write(`${broker.url}\n`);
  process.stderr.write("petrel: a broker for development, in memory, without passwords; Ctrl-C ends it\n");
  await aborted(interruption.signal);
}
