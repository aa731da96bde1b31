import { createLenientDecoder, type LenientPacketDecoder, type ProtocolVersion, type Sender } from "@petrel/codec";
import { packetJson, packetText, type Place, violationText } from "./packet-printer.ts";

export interface PacketStreamOptions {
  readonly lenient: boolean;
  readonly json: boolean;
  /** Text for a terminal. */
  readonly colour: boolean;
  /** Longer lines go on below, in text. */
  readonly columns: number;
  readonly version: ProtocolVersion | undefined;
  readonly sender: Sender | undefined;
}

/** What one side has sent: bytes in, lines out. Strict, it ends at the first violation. */
export class PacketStream {
  /** What ended it. */
  failure: string | undefined;
  readonly #options: PacketStreamOptions;
  readonly #decoder: LenientPacketDecoder;
  #offset = 0;

  constructor(options: PacketStreamOptions) {
    this.#options = options;
    this.#decoder = createLenientDecoder({ version: options.version, sender: options.sender });
  }

  get version(): ProtocolVersion | undefined {
    return this.#decoder.version;
  }

  /** Lines for the packets that are complete now. */
  push(bytes: Uint8Array, place: Omit<Place, "offset"> = {}): string {
    if (this.failure !== undefined) return "";
    this.#decoder.push(bytes);
    let lines = "";
    for (let result = this.#decoder.next(); result !== undefined; result = this.#decoder.next()) {
      const at = { ...place, offset: this.#offset };
      this.#offset += result.bytes.length;
      const [violation] = result.violations;
      if (violation !== undefined && !this.#options.lenient) {
        const unknown =
          this.version === undefined ? "; it does not begin with CONNECT: -V says which version it speaks" : "";
        this.failure = `the packet at byte ${at.offset} is wrong: ${violationText(violation)}${unknown}`;
        return lines;
      }
      lines += this.#options.json ? packetJson(result, at) : packetText(result, at, this.#options);
    }
    return lines;
  }

  /** After the last byte. */
  end(): void {
    const { pendingBytes } = this.#decoder;
    if (pendingBytes > 0) this.failure ??= `it ends within a packet, ${pendingBytes} bytes after its beginning`;
  }
}
