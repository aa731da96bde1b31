import type { PublishProperties } from "@petrel/codec";
import { OptionError } from "@petrel/session";
import type { Message } from "./message.ts";
import { checkNames } from "./option-names.ts";

/** How much may wait for a consumer before reading from the network pauses. */
export interface BufferOptions {
  /** Default 1,000. */
  readonly messages?: number | undefined;
  /** Of topics, payloads and properties. Default 16 MiB. */
  readonly bytes?: number | undefined;
}

export interface BufferLimits {
  readonly messages: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
const DEFAULTS: BufferLimits = { messages: 1_000, bytes: 16 * MIB };
const NAMES: Required<BufferOptions> = { messages: 0, bytes: 0 };

/**
 * So many times its bytes is what a buffer takes at QoS 1 and 2 while the network is read although it is full. Beyond it
 * memory goes before everything else.
 */
const MOST = 4;

/** Throws {@link OptionError}. */
export function bufferLimits(buffer: number | BufferOptions | undefined): BufferLimits {
  if (buffer === undefined) return DEFAULTS;
  if (typeof buffer === "number") {
    if (!(buffer >= 1)) throw new OptionError("buffer", buffer, "it must be 1 message or more");
    return { messages: buffer, bytes: DEFAULTS.bytes };
  }
  if (typeof buffer !== "object" || (buffer as unknown) === null) {
    throw new OptionError("buffer", buffer, "it must be a number of messages, or { messages, bytes }");
  }
  checkNames(buffer, NAMES, "a consumer", "buffer.");
  const { messages = DEFAULTS.messages, bytes = DEFAULTS.bytes } = buffer;
  if (!(messages >= 1)) throw new OptionError("buffer.messages", messages, "it must be 1 message or more");
  if (!(bytes >= 1)) throw new OptionError("buffer.bytes", bytes, "it must be 1 byte or more");
  return { messages, bytes };
}

/** Whether a buffer is so full that nothing opens the network for it. */
export function isOverfull(bytes: number, limits: BufferLimits): boolean {
  return bytes >= MOST * limits.bytes;
}

/** About as many bytes as it takes while it waits. */
export function sizeOf({ topic, payload, properties }: Message): number {
  const size = topic.length + payload.length;
  return properties === undefined ? size : size + sizeOfProperties(properties);
}

/** Property by property: a walk over whatever is there took longer than all else that becomes of a message (measured). */
function sizeOfProperties(properties: PublishProperties): number {
  const { responseTopic, contentType, correlationData, subscriptionIdentifiers, userProperties } = properties;
  let size = 0;
  if (responseTopic !== undefined) size += responseTopic.length;
  if (contentType !== undefined) size += contentType.length;
  if (correlationData !== undefined) size += correlationData.length;
  if (subscriptionIdentifiers !== undefined) size += 4 * subscriptionIdentifiers.length;
  if (userProperties !== undefined) for (const [name, value] of userProperties) size += name.length + value.length;
  return size;
}
