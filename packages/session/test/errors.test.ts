import { MqttError, ReasonCode } from "@petrel/codec";
import {
  ConnectionLostError,
  ConnectRefusedError,
  NotConnectedError,
  OptionError,
  PublishRejectedError,
  RequestRejectedError,
  SendQueueFullError,
  ServerDisconnectError,
  ServerLimitError,
  SessionLostError,
  SubscribeRejectedError,
  TimeoutError,
  UnsubscribeRejectedError,
} from "@petrel/session";
import { expect, test } from "vitest";

const connack = (reasonCode: number, reasonString?: string) =>
  new ConnectRefusedError({ type: "connack", sessionPresent: false, reasonCode, properties: { reasonString } });

test("each error has a code for programs, and a sentence with the values in it for people", () => {
  const rejected = [{ topicFilter: "a/#", reasonCode: ReasonCode.notAuthorized }];
  const errors = [
    connack(ReasonCode.banned, "go away"),
    new ServerDisconnectError({ type: "disconnect", reasonCode: ReasonCode.sessionTakenOver, properties: undefined }),
    new ConnectionLostError("gone"),
    new NotConnectedError("there is no connection"),
    new PublishRejectedError({ type: "puback", packetIdentifier: 1, reasonCode: ReasonCode.quotaExceeded }, "a/b"),
    new SubscribeRejectedError(
      { type: "suback", packetIdentifier: 1, reasonCodes: [ReasonCode.notAuthorized] },
      rejected,
    ),
    new UnsubscribeRejectedError(
      { type: "unsuback", packetIdentifier: 1, reasonCodes: [ReasonCode.notAuthorized] },
      rejected,
    ),
    new ServerLimitError("QoS 2 is above the server's maximum QoS of 1", {
      limit: "maximumQos",
      allowed: 1,
      found: 2,
      reasonCode: 0x9b,
    }),
    new SendQueueFullError("messages", 7),
    new SessionLostError("a/b"),
    new TimeoutError("SUBACK", 30_000),
    new OptionError("keepAlive", -1, "it must be 0 or more"),
  ];
  expect(errors.map(({ name, code, message }) => `${name} ${code}: ${message}`)).toEqual([
    "ConnectRefusedError PETREL_CONNECT_REFUSED: the server refused the connection: banned (0x8a); the server says: go away",
    "ServerDisconnectError PETREL_SERVER_DISCONNECT: the server ended the connection: session taken over (0x8e); another client with the same client identifier has connected: each needs its own",
    "ConnectionLostError PETREL_CONNECTION_LOST: gone",
    "NotConnectedError PETREL_NOT_CONNECTED: there is no connection",
    'PublishRejectedError PETREL_PUBLISH_REJECTED: the server refused the message to "a/b": quota exceeded (0x97)',
    'SubscribeRejectedError PETREL_SUBSCRIBE_REJECTED: the server refused the subscription: "a/#" not authorized (0x87)',
    'UnsubscribeRejectedError PETREL_UNSUBSCRIBE_REJECTED: the server refused to unsubscribe: "a/#" not authorized (0x87)',
    "ServerLimitError PETREL_SERVER_LIMIT: QoS 2 is above the server's maximum QoS of 1",
    "SendQueueFullError PETREL_SEND_QUEUE_FULL: the send queue is full: it holds at most 7 messages; publish slower, await each publish, or raise queue.messages",
    'SessionLostError PETREL_SESSION_LOST: the session ended before the server acknowledged the message to "a/b"; it may not have been delivered',
    "TimeoutError PETREL_TIMEOUT: no SUBACK within 30000 ms",
    "OptionError PETREL_OPTION: option keepAlive is -1; it must be 0 or more",
  ]);
  expect(errors.every((error) => error instanceof MqttError)).toBe(true);
  expect(errors.filter((error) => error instanceof RequestRejectedError)).toHaveLength(3);
});

test("a refusal says whether the same CONNECT may be welcome later", () => {
  const retryable = [0x80, 0x88, 0x89, 0x97, 0x9c, 0x9f];
  const final = [0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x90, 0x95, 0x99, 0x9a, 0x9b, 0x9d];
  expect(retryable.filter((code) => !connack(code).retryable)).toEqual([]);
  expect(final.filter((code) => connack(code).retryable)).toEqual([]);
});
