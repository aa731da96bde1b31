import type { Version } from "@petrel/client";
import type { ProtocolVersion, Sender } from "@petrel/codec";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ByteSource } from "../decode/byte-source.ts";
import { isCapture, readCapture } from "../decode/capture.ts";
import { Connections } from "../decode/connections.ts";
import { Fragments } from "../decode/fragments.ts";
import { bytesOfHexadecimal, looksHexadecimal } from "../decode/hexadecimal.ts";
import { PacketStream, type PacketStreamOptions } from "../decode/packet-stream.ts";
import { knowsLinkType, segmentOf } from "../decode/segment.ts";
import { UsageError } from "../exit-codes.ts";
import { fileChunks } from "../input/file.ts";
import { stdinChunks } from "../input/stdin.ts";
import { Interruption } from "../interruption.ts";
import { outputOption, type OutputOption } from "../options/output.ts";
import { parseVersion, VERSIONS } from "../options/version.ts";
import { wantsColour } from "../output/colour.ts";
import { columnsOf } from "../output/columns.ts";
import { complain, note } from "../output/status-line.ts";
import { StdoutWriter } from "../output/stdout.ts";

type Input = "auto" | "hex" | "binary" | "capture";

interface DecodeOptions extends OutputOption {
  readonly input: Input;
  readonly port?: readonly number[];
  readonly mqttVersion?: Version;
  readonly from?: Sender;
  readonly lenient?: boolean;
}

const NUMBERS: Readonly<Record<Version, ProtocolVersion>> = { "5.0": 5, "3.1.1": 4, "3.1": 3 };

export function defineDecode(command: Command): void {
  command
    .argument("[file]", "what to read (default: stdin)")
    .addOption(
      new Option("--input <form>", "capture is pcap or pcapng")
        .choices(["auto", "hex", "binary", "capture"])
        .default("auto"),
    )
    .option("-p, --port <port>", "capture: where servers listen, repeatable (default: 1883)", collectPort)
    .addOption(
      new Option("-V, --mqtt-version <version>", "of streams that don't begin with CONNECT")
        .choices(VERSIONS)
        .argParser(parseVersion),
    )
    .addOption(
      new Option("--from <side>", "hex, binary: who has sent it, to check what only one side may send").choices([
        "client",
        "server",
      ]),
    )
    .option("--lenient", "go on after what is wrong, and list it")
    .addOption(outputOption("text: a line for each packet; json: an object"))
    .option("--debug", "where errors come from")
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, options: DecodeOptions) => decode(file, options));
}

const EXAMPLES = `
Examples:
  echo '30 05 00 01 61 68 69' | petrel decode -V 3.1.1
  sudo tcpdump -i any -w - port 1883 | petrel decode
  petrel decode capture.pcapng --lenient --output json

The first packet that breaks the specification ends its stream, with status 2;
--lenient shows what is wrong, and goes on. WebSocket is decoded from its
handshake on, TLS is not. Passwords are shown as ***.`;

function collectPort(text: string, previous: readonly number[] = []): readonly number[] {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return [...previous, port];
  throw new InvalidArgumentError("--port takes a whole number from 1 to 65535.");
}

async function decode(file: string | undefined, options: DecodeOptions): Promise<void> {
  const { lenient = false, output, mqttVersion } = options;
  using interruption = new Interruption();
  const chunks = file === undefined ? stdinChunks(interruption.signal) : fileChunks(file);
  const source = new ByteSource(chunks);
  const input = options.input === "auto" ? await inputOf(source) : options.input;
  if (input === "capture" && options.from !== undefined) {
    throw new UsageError("--from is for hex and binary; in a capture, the ports of -p say who is the server");
  }
  if (input !== "capture" && options.port !== undefined) {
    throw new UsageError("-p is for captures, and this is none; --input capture reads it as one");
  }
  const packets = {
    lenient,
    json: output === "json",
    colour: wantsColour(process.stdout),
    columns: columnsOf(process.stdout),
    version: mqttVersion === undefined ? undefined : NUMBERS[mqttVersion],
  };
  const printer = new Printer(interruption.signal);
  if (input === "capture") await decodeCapture(source, options.port ?? [1_883], packets, printer);
  else await decodeStream(source, input, { ...packets, sender: options.from }, printer);
}

async function inputOf(source: ByteSource): Promise<Input> {
  const beginning = await source.peek(64);
  if (isCapture(beginning)) return "capture";
  return looksHexadecimal(beginning) ? "hex" : "binary";
}

/** Writes lines as fast as they are read; nobody who reads any more ends it. */
class Printer {
  readonly #output = new StdoutWriter();
  readonly #interrupted: AbortSignal;
  #lines = "";

  constructor(interrupted: AbortSignal) {
    this.#interrupted = interrupted;
  }

  add(lines: string): void {
    this.#lines += lines;
  }

  /** False: no more is wanted. */
  async flush(): Promise<boolean> {
    const lines = this.#lines;
    this.#lines = "";
    if (lines === "") return !this.#interrupted.aborted;
    return await this.#output.write([Buffer.from(lines)], this.#interrupted);
  }
}

async function decodeStream(
  source: ByteSource,
  input: Input,
  options: PacketStreamOptions,
  printer: Printer,
): Promise<void> {
  const stream = new PacketStream(options);
  const chunks = input === "hex" ? hexadecimalChunks(source) : allChunks(source);
  for await (const bytes of chunks) {
    printer.add(stream.push(bytes));
    if (!(await printer.flush())) return;
    if (stream.failure !== undefined) break;
  }
  stream.end();
  const failures = new Failures(options.lenient);
  if (stream.failure !== undefined) failures.add(stream.failure);
  failures.tell();
  failures.throwIfAny();
}

async function* allChunks(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) yield chunk;
}

/** All at once: a byte's digits may be cut anywhere. */
async function* hexadecimalChunks(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  const all: Uint8Array[] = [];
  for await (const chunk of allChunks(source)) all.push(chunk);
  yield bytesOfHexadecimal(Buffer.concat(all).toString("latin1"));
}

async function decodeCapture(
  source: ByteSource,
  ports: readonly number[],
  options: Omit<PacketStreamOptions, "sender">,
  printer: Printer,
): Promise<void> {
  const failures = new Failures(options.lenient);
  const connections = new Connections(ports, options, {
    print: (lines) => printer.add(lines),
    fail: (text) => failures.add(text),
  });
  const fragments = new Fragments();
  const unknown = new Set<number>();
  for await (const frame of readCapture(source)) {
    if (!knowsLinkType(frame.linkType)) unknown.add(frame.linkType);
    const segment = segmentOf(frame, fragments);
    if (segment === undefined) continue;
    connections.add(segment);
    if (!(await printer.flush())) return;
    failures.tell();
  }
  connections.end();
  if (!(await printer.flush())) return;
  failures.tell();
  if (unknown.size > 0) note(`frames of link type ${[...unknown].join(", ")} are left out: that is not known here`);
  const at = `port ${ports.join(", ")}`;
  if (!connections.found)
    throw new UsageError(`the capture has no TCP to or from ${at}; -p says where the servers listen`);
  const { encrypted, readable } = connections;
  if (encrypted > 0) {
    const what = `${encrypted} connection${encrypted === 1 ? "" : "s"} of ${at} with TLS, which is not decoded`;
    if (readable === 0) throw new UsageError(`the capture has nothing but ${what}; try one from behind what ends TLS`);
    note(`left out: ${what}`);
  }
  failures.throwIfAny();
}

/** What could not be decoded. Lenient, it is told as it comes; strict, it is what the command could not do. */
class Failures {
  readonly #lenient: boolean;
  #count = 0;
  #first: string | undefined;
  #untold: string[] = [];

  constructor(lenient: boolean) {
    this.#lenient = lenient;
  }

  add(text: string): void {
    this.#count++;
    this.#first ??= text;
    if (this.#lenient) this.#untold.push(text);
  }

  /** After the lines of the packets before them. */
  tell(): void {
    for (const text of this.#untold.splice(0)) complain(text);
  }

  throwIfAny(): void {
    if (this.#first === undefined || this.#lenient) return;
    const more = this.#count === 1 ? "" : `, and ${this.#count - 1} more`;
    throw new UsageError(`${this.#first}${more}; --lenient goes on, and lists what is wrong`);
  }
}
