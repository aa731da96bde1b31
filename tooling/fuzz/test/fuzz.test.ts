import { expect, test } from "vitest";
import { ACCEPTED, readCorpus } from "../src/corpus.mjs";
import { createFuzzer } from "../src/fuzzer.mjs";
import { packetTypes, VERSIONS } from "../src/generate.mjs";
import { outcome } from "../src/subject.mjs";

const corpus = readCorpus();

test("the corpus has each packet type of each version", () => {
  const accepted = new Set(corpus.filter(({ shape }) => shape === ACCEPTED).map(({ name }) => name));
  const expected = VERSIONS.flatMap((version) => packetTypes(version).map((type) => `${type}.${version}.hex`));
  expect([...accepted]).toEqual(expect.arrayContaining(expected));
});

test("every input of the corpus is accepted or refused as it was when it was kept", () => {
  for (const { name, bytes, version, shape } of corpus) {
    const { error } = outcome(bytes, { version }, []);
    expect.soft(error === undefined, `${name}: ${Buffer.from(bytes).toString("hex")}`).toBe(shape === ACCEPTED);
  }
});

test("nothing is found in the corpus, and in a few thousand cases that are the same each time", () => {
  const fuzzer = createFuzzer({ seed: 20_260_704, corpus });
  fuzzer.replay();
  for (let index = 0; index < 4_600; index++) fuzzer.step(index);
  const { valid, accepted, refused } = fuzzer.counts;
  // The run says something: all types and versions, and inputs of both kinds.
  expect(valid.size).toBe(VERSIONS.reduce((sum, version) => sum + packetTypes(version).length, 0));
  expect(Math.min(...valid.values())).toBeGreaterThan(100);
  expect(accepted).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(500);
}, 60_000);
