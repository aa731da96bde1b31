import { isReasonCodeAllowed } from "@petrel/codec";
import { OptionError } from "@petrel/session";
import { type BufferLimits, bufferLimits } from "./buffer-limits.ts";
import { refuseOptions } from "./resolved-options.ts";
import type { ConsumeOptionsV5 } from "./types.ts";
import type { Version } from "./version.ts";

/** When a QoS 1 or 2 message is acknowledged: when the consumer asks for the next one, on arrival, or by hand. */
export type AcknowledgeMode = "consumed" | "received" | "manual";

/** How messages are consumed, checked and with defaults. */
export interface ConsumerOptions {
  readonly acknowledge: AcknowledgeMode;
  readonly buffer: BufferLimits;
  readonly concurrency: number;
  readonly rejectWith: number | undefined;
  /** Milliseconds; Infinity: no limit. */
  readonly handlerTimeout: number;
}

/** So long is what a handler does taken for work; after that it holds up others for nothing. */
const HANDLER_TIMEOUT_MS = 300_000;

/** What most consumers get is one object for all: each message looks at it, and so it stays in the processor's cache. */
const USUAL: ConsumerOptions = {
  acknowledge: "consumed",
  buffer: bufferLimits(undefined),
  concurrency: 1,
  rejectWith: undefined,
  handlerTimeout: HANDLER_TIMEOUT_MS,
};

const HANDLER_OPTIONS = ["concurrency", "rejectWith", "handlerTimeout"] as const;

/** Throws {@link OptionError}. */
export function consumerOptions(options: ConsumeOptionsV5, hasHandler: boolean, version: Version): ConsumerOptions {
  const { acknowledge = USUAL.acknowledge, concurrency = USUAL.concurrency } = options;
  const { rejectWith, handlerTimeout = USUAL.handlerTimeout } = options;
  const buffer = bufferLimits(options.buffer);
  if (acknowledge !== "consumed" && acknowledge !== "received" && acknowledge !== "manual") {
    throw new OptionError("acknowledge", acknowledge, 'it must be "consumed", "received" or "manual"');
  }
  if (version !== "5.0") refuseOptions(options, ["rejectWith"], "needs MQTT 5.0; 3.x can not refuse a message");
  if (!hasHandler) refuseOptions(options, HANDLER_OPTIONS, "is for handlers, and there is none");
  if (!(concurrency >= 1)) throw new OptionError("concurrency", concurrency, "it must be 1 or more");
  if (!(handlerTimeout > 0)) {
    throw new OptionError(
      "handlerTimeout",
      handlerTimeout,
      "it must be more than 0 milliseconds; Infinity is no limit",
    );
  }
  if (rejectWith !== undefined) {
    if (!(rejectWith >= 0x80) || !isReasonCodeAllowed(rejectWith, "puback")) {
      throw new OptionError("rejectWith", rejectWith, "it must be a reason code of 0x80 or more that PUBACK can carry");
    }
    if (acknowledge === "received") {
      throw new OptionError("rejectWith", rejectWith, 'with acknowledge: "received" it comes too late');
    }
  }
  const all: ConsumerOptions = { acknowledge, buffer, concurrency, rejectWith, handlerTimeout };
  return isUsual(all) ? USUAL : all;
}

function isUsual({ acknowledge, buffer, concurrency, rejectWith, handlerTimeout }: ConsumerOptions): boolean {
  const isUsuallyHandled = concurrency === USUAL.concurrency && handlerTimeout === USUAL.handlerTimeout;
  return (
    isUsuallyHandled && acknowledge === USUAL.acknowledge && buffer === USUAL.buffer && rejectWith === USUAL.rejectWith
  );
}
