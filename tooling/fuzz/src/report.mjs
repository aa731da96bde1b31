// What a run has come to, as lines.

import { VERSIONS } from "./generate.mjs";
import { toHex } from "./hex.mjs";

export function countLines({ counts }, differential) {
  const types = [...new Set([...counts.valid.keys()].map((key) => key.split(" ")[0]))];
  const lines = [
    row(
      "valid packets",
      VERSIONS.map((version) => `v${version}`),
    ),
  ];
  for (const type of types)
    lines.push(
      row(
        type,
        VERSIONS.map((version) => counts.valid.get(`${type} ${version}`) ?? "-"),
      ),
    );
  lines.push("", "other inputs", ...list(counts.kinds));
  lines.push("", `of these: ${counts.accepted} accepted, ${counts.refused} refused, ${counts.incomplete} incomplete`);
  lines.push("", "refused by the first packet, for", ...list(counts.errors));
  if (differential !== undefined) lines.push("", "against mqtt-packet", ...list(differential.counts));
  return [...lines, ""];
}

function row(title, cells) {
  return title.padEnd(14) + cells.map((cell) => String(cell).padStart(10)).join("");
}

function list(map) {
  const rows = [...map].sort(([, one], [, other]) => other - one);
  return rows.map(([key, count]) => `${String(count).padStart(10)}  ${key}`);
}

export function findingLines(error, seed) {
  const { place, index, message } = error;
  const where = `FAILED (seed ${seed}, case ${index ?? "of the corpus"}, version ${place?.version ?? "unknown"})`;
  return [where, message, place === undefined ? String(error.stack) : toHex(place.bytes)];
}
