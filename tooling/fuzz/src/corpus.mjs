// corpus/TYPE.VERSION.hex: inputs worth keeping, one a line, each with what becomes of it behind a "#".

import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { fromHex, toHex } from "./hex.mjs";

const folder = new URL("../corpus/", import.meta.url);

export const ACCEPTED = "accepted";

export function readCorpus() {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".hex"))
    .sort()
    .flatMap((name) => {
      const [type, version] = name.split(".");
      return readFileSync(new URL(name, folder), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
          const [digits, shape] = line.split(" # ");
          return {
            name,
            type,
            version: version === "any" ? undefined : Number(version),
            bytes: fromHex(digits),
            shape,
          };
        });
    });
}

/** What an input is kept for: no two of them have the same. */
export function keyOf({ type, version, shape }) {
  return `${type}.${version ?? "any"} ${shape}`;
}

export function save({ type, version, shape, bytes }) {
  appendFileSync(new URL(`${type}.${version ?? "any"}.hex`, folder), `${toHex(bytes)} # ${shape}\n`);
}
