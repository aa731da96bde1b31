import { describe, expect, test } from "vitest";
import { createDecoder, type EncodeError, encodePacket, type PacketInit } from "../../src/index.ts";
import { errorOf, testRefusals, testVectors, testViolations } from "../support.ts";
import { refusals, vectors, violations } from "../vectors/connect.ts";

describe("CONNECT", () => {
  testVectors(vectors);
  testViolations(violations);
  testRefusals(refusals);

  test("tells its version also to a decoder that was given another", () => {
    const decoder = createDecoder({ version: 5 });
    decoder.push(encodePacket({ type: "connect", clientIdentifier: "a" }, 4));
    expect(decoder.next()).toMatchObject({ type: "connect", protocolVersion: 4 });
    expect(decoder.version).toBe(4);
  });

  test.each([
    { password: "hunter2", username: "u" },
    { properties: { authenticationMethod: "m", authenticationData: "hunter2" } },
  ])("keeps a secret of the wrong type out of its error", (secret) => {
    const packet = { type: "connect", clientIdentifier: "a", ...secret } as unknown as PacketInit;
    const error = errorOf(() => encodePacket(packet)) as EncodeError;
    expect(error.message).toMatch(/^(password|properties\.authenticationData) is a string; it must be a Uint8Array$/);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter2");
  });
});
