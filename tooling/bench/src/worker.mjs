// Checks all cases or measures one, in this process, and sends what it finds to the parent.

import { CASES } from "./cases.mjs";
import { allocatedBytes, interleavedRounds, rate } from "./measure.mjs";
import { subjectsOf } from "./subjects.mjs";

/** Packets of every other case, and how long everyone works on them before a case is measured. */
const OTHERS = 500;
const OTHERS_MILLISECONDS = 10;

const { mode, name, rounds, milliseconds, excluded } = JSON.parse(process.argv[2]);

process.send(mode === "check" ? CASES.flatMap(problemsOf) : await measure(CASES.find((each) => each.name === name)));

function problemsOf({ name: title, ...rest }) {
  return subjectsOf(rest).subjects.flatMap(({ direction, who, how, problem }) => {
    const found = attempt(problem);
    return found === undefined ? [] : [{ name: title, direction, who, how, problem: found }];
  });
}

function attempt(check) {
  try {
    return check();
  } catch (error) {
    return `it throws ${String(error)}`;
  }
}

async function measure(measured) {
  // Everyone has worked on every case before one of them is measured: a process that speaks MQTT sees all packets, and
  // code which is fast only as long as it sees one kind should not look better here than it is there.
  for (const other of CASES) {
    for (const subject of admitted(other, OTHERS).subjects) rate(subject, OTHERS_MILLISECONDS);
  }
  const { subjects, bytesPerPacket } = admitted(measured);
  for (const subject of subjects) rate(subject, milliseconds * 3);
  const figures = mode === "time" ? interleavedRounds(subjects, rounds, milliseconds) : [];
  if (mode === "allocations") {
    for (const subject of subjects) figures.push({ allocatedBytes: await allocatedBytes(subject) });
  }
  const measurements = subjects.map(({ direction, who, how }, index) => ({ direction, who, how, ...figures[index] }));
  return { name, bytesPerPacket, measurements };
}

/** The subjects of a case without those that got it wrong. */
function admitted({ name: title, ...rest }, limit) {
  const { subjects, bytesPerPacket } = subjectsOf(rest, limit);
  const out = excluded.filter((each) => each.name === title);
  const isOut = ({ direction, who, how }) =>
    out.some((each) => each.direction === direction && each.who === who && each.how === how);
  return { subjects: subjects.filter((each) => !isOut(each)), bytesPerPacket };
}
