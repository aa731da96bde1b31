// Measures all subjects in this process, and sends the figures to the parent.

import { allocatedBytes, interleavedRounds, rate } from "../measure.mjs";
import { subject, SUBJECTS } from "./subjects.mjs";

const { mode, rounds, milliseconds } = JSON.parse(process.argv[2]);
const subjects = SUBJECTS.map(subject);
for (const each of subjects) rate(each, milliseconds * 3);

if (mode === "time") {
  process.send(interleavedRounds(subjects, rounds, milliseconds));
} else {
  const found = [];
  for (const each of subjects) found.push({ allocatedBytes: await allocatedBytes(each) });
  process.send(found);
}
