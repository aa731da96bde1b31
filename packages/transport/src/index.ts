export {
  parseAddress,
  type Address,
  type AddressCredentials,
  type AddressScheme,
  type SrvAddress,
  type TcpAddress,
  type UnixAddress,
  type WebSocketAddress,
} from "./address.ts";
export {
  InvalidAddressError,
  InvalidOptionError,
  TransportError,
  type AddressPart,
  type TransportErrorCode,
  type TransportErrorDetails,
  type TransportStage,
} from "./errors.ts";
export { createMemoryPair, type MemoryPair, type MemoryPairOptions } from "./memory.ts";
export type { Fresh, SecureContextLike, TlsBytes, TlsOptions, TlsVersion } from "./tls-options.ts";
export type { Connector, Signal, Transport, TransportHandler } from "./transport.ts";
export type { ProxyOptions } from "./proxy-options.ts";
export type { WebSocketHeaders, WebSocketQuery, WebSocketRequestOptions } from "./websocket-options.ts";
