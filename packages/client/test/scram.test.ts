import { decodeUtf8, encodeUtf8 } from "@petrel/codec";
import { describe, expect, test } from "vitest";
import type { AuthenticationMethod } from "../src/authenticator.ts";
import { scramSha1, scramSha256, scramSha512 } from "../src/core.ts";
import { saslprep } from "../src/saslprep.ts";
import { ScramServer } from "./support/scram-server.ts";

const text = (data: Uint8Array | undefined | void) => (data === undefined ? undefined : decodeUtf8(data));

async function initial(scram: AuthenticationMethod): Promise<string> {
  return text(await scram.initial())!;
}

async function respond(scram: AuthenticationMethod, challenge: string): Promise<string | undefined> {
  return text(await scram.respond(encodeUtf8(challenge)));
}

async function verify(scram: AuthenticationMethod, data: string | undefined): Promise<void> {
  await scram.verify!(data === undefined ? undefined : encodeUtf8(data));
}

const SALT = "s=W22ZaJ0SNY7soEsUEjb6gQ==";

/** An exchange that has come to our proof. */
async function proven(): Promise<{ scram: AuthenticationMethod; serverFinal: string }> {
  const scram = scramSha256("user", "pencil");
  const server = new ScramServer({ hash: "sha256", username: "user", password: "pencil" });
  const final = await respond(scram, server.first(await initial(scram)));
  return { scram, serverFinal: server.final(final!) };
}

describe("the exchanges of the RFCs", () => {
  test("SCRAM-SHA-1, RFC 5802, section 5", async () => {
    const scram = scramSha1("user", "pencil", { nonce: "fyko+d2lbbFgONRv9qkxdawL" });
    expect(scram.method).toBe("SCRAM-SHA-1");
    expect(await initial(scram)).toBe("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    expect(await respond(scram, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")).toBe(
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    );
    await verify(scram, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
  });

  test("SCRAM-SHA-256, RFC 7677, section 3", async () => {
    const scram = scramSha256("user", "pencil", { nonce: "rOprNGfwEbeRWgbNEkqO" });
    expect(scram.method).toBe("SCRAM-SHA-256");
    expect(await initial(scram)).toBe("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    expect(await respond(scram, `r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,${SALT},i=4096`)).toBe(
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    );
    await verify(scram, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  });
});

test.each([
  ["SCRAM-SHA-1", "sha1", scramSha1],
  ["SCRAM-SHA-256", "sha256", scramSha256],
  ["SCRAM-SHA-512", "sha512", scramSha512],
] as const)(
  "%s convinces a server made of node:crypto, and is convinced by it, each time with a new nonce",
  async (method, hash, make) => {
    const scram = make("mäuse,=", "pass\u00a0wört");
    expect(scram.method).toBe(method);
    const server = new ScramServer({ hash, username: "mäuse=2C=3D", password: "pass wört" });
    const firsts = new Set<string>();
    for (let time = 0; time < 2; time++) {
      const first = await initial(scram);
      firsts.add(first);
      const final = await respond(scram, server.first(first));
      await verify(scram, server.final(final!));
    }
    expect(firsts.size).toBe(2);
  },
);

test("a server's proof may come in an AUTH of its own, before its success", async () => {
  const { scram, serverFinal } = await proven();
  expect(await respond(scram, serverFinal)).toBeUndefined();
  await verify(scram, undefined);
});

describe("a server is not believed", () => {
  test.each([
    ["with a wrong proof", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "the server's proof is wrong"],
    ["with a shorter proof", "v=6rri", "the server's proof is wrong"],
    ["with an empty proof", "v=", "the server's proof is wrong"],
    ["with what is no proof", "hello\nworld", 'what SCRAM does not know: "hello?world"'],
    ["without a proof", undefined, "without a proof"],
    ["with an error", "e=other-error", "the server says: other-error"],
  ])("%s", async (_, serverFinal, why) => {
    const { scram } = await proven();
    await expect(verify(scram, serverFinal)).rejects.toThrow(why);
    await expect(verify(scram, serverFinal)).rejects.toMatchObject({ retryable: false });
  });

  test("that reports success before it has asked for our proof", async () => {
    const scram = scramSha256("user", "pencil");
    await initial(scram);
    await expect(verify(scram, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")).rejects.toThrow("without a proof");
  });

  test("that proved itself in an exchange before this one", async () => {
    const { scram, serverFinal } = await proven();
    await verify(scram, serverFinal);
    await initial(scram);
    await expect(verify(scram, serverFinal)).rejects.toThrow("without a proof");
  });
});

describe("a challenge is refused", () => {
  const nonce = "abc";
  test.each([
    ["whose nonce is another", `r=abd123,${SALT},i=4096`, "does not continue ours"],
    ["whose nonce has nothing of the server's", `r=abc,${SALT},i=4096`, "does not continue ours"],
    ["that demands an extension", `m=future,r=abc1,${SALT},i=4096`, "an extension"],
    ["without iterations", `r=abc1,${SALT}`, "what SCRAM does not know"],
    ["with no whole number of iterations", `r=abc1,${SALT},i=4096.5`, "what SCRAM does not know"],
    ["with a salt that is not base64", "r=abc1,s=W22,i=4096", "what SCRAM does not know"],
    ["with fewer iterations than are safe", `r=abc1,${SALT},i=4095`, "asks for 4095 iterations"],
    ["with more iterations than we have time for", `r=abc1,${SALT},i=1000001`, "asks for 1000001 iterations"],
    ["that is an error", "e=unknown-user", "the server says: unknown-user"],
    ["that is empty", "", "what SCRAM does not know"],
  ])("%s", async (_, challenge, why) => {
    const scram = scramSha256("user", "pencil", { nonce });
    await initial(scram);
    await expect(respond(scram, challenge)).rejects.toThrow(why);
    await expect(respond(scram, challenge)).rejects.toMatchObject({ retryable: false });
  });

  test("that is not UTF-8", async () => {
    const scram = scramSha256("user", "pencil");
    await initial(scram);
    await expect(scram.respond(Uint8Array.of(0xff))).rejects.toThrow("not UTF-8");
  });

  test("unless its limits are moved", async () => {
    const scram = scramSha256("user", "pencil", { nonce, minimumIterations: 1, maximumIterations: 2 });
    await initial(scram);
    await expect(respond(scram, `r=abc1,${SALT},i=3`)).rejects.toThrow("from 1 to 2 are allowed");
    expect(await respond(scram, `r=abc1,${SALT},i=1`)).toMatch(/^c=biws,r=abc1,p=/);
  });
});

test.each<[object, string]>([
  [{ minIterations: 10_000 }, "minIterations"],
  [{ minimumIterations: "10_000" }, "minimumIterations"],
  [{ maximumIterations: Number.NaN }, "maximumIterations"],
  [{ maximumIterations: 0 }, "maximumIterations"],
])("options that would leave its limits where they are, or nowhere, are refused: %j", (options, option) => {
  expect(() => scramSha256("user", "pencil", options)).toThrow(
    expect.objectContaining({ code: "PETREL_OPTION", option }),
  );
});

test("an answer of an exchange that was abandoned does not prove anything in the next", async () => {
  const scram = scramSha256("user", "pencil");
  const server = new ScramServer({ hash: "sha256", username: "user", password: "pencil" });
  const late = respond(scram, server.first(await initial(scram)));
  await initial(scram); // the connection was lost while the answer was being worked out
  const serverFinal = server.final((await late)!);
  await expect(verify(scram, serverFinal)).rejects.toThrow("without a proof");
});

describe("SASLprep", () => {
  // RFC 4013, section 3
  test.each([
    ["I\u00adX", "IX"],
    ["user", "user"],
    ["USER", "USER"],
    ["\u00aa", "a"],
    ["\u2168", "IX"],
    ["a\u3000b\u200bc", "a b c"],
    ["שלום", "שלום"],
  ])("makes %j %j", (given, prepared) => {
    expect(saslprep(given, "password")).toBe(prepared);
  });

  test.each([
    ["a control character", "a\u0007", "U+0007"],
    ["a private character", "\ue000", "U+E000"],
    ["half of a pair", "\ud800", "U+D800"],
    ["a mark of direction", "a\u200e", "U+200E"],
    ["a tag", "\u{e0041}", "U+E0041"],
    ["a digit behind right-to-left letters", "\u06271", "begin and end"],
    ["letters of both directions", "אaא", "mixes directions"],
  ])("refuses %s, and does not show the password", (_, given, why) => {
    expect(() => scramSha256("user", given)).toThrow(why);
    expect(() => scramSha256("user", given)).toThrow("the password ");
    expect(() => scramSha256(given, "password")).toThrow("the user name ");
  });
});
