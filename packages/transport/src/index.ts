export {
  InvalidAddressError,
  TransportError,
  type AddressPart,
  type TransportErrorCode,
  type TransportErrorDetails,
  type TransportStage,
} from "./errors.ts";
export { createMemoryPair, type MemoryPair, type MemoryPairOptions } from "./memory.ts";
export type { Connector, Signal, Transport, TransportHandler } from "./transport.ts";
