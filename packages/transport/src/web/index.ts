export { streams, type ByteReader, type ByteStreamPair, type ByteWriter, type StreamsOptions } from "./streams.ts";
export { websocket, type NativeWebSocketOptions, type WebSocketClass, type WebSocketLike } from "./websocket.ts";
