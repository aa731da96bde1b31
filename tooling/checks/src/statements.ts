/** docs/mqtt-statements-*.md: which statement of the specification is proven by which test. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasTitle, testReferences, type TestReference } from "./test-titles.ts";

/** `MQTT-1.5.4-1`, or `MQTT-3.1.2-22 of 3.1.1`. */
const STATEMENT = /MQTT-\d+(?:\.\d+)+-\d+(?: of 3\.1\.1)?/g;

export interface StatementRow {
  readonly statement: string;
  readonly tests: readonly TestReference[];
  /** Whether the table says that something isn't proven, or that there is nothing to prove. */
  readonly explained: boolean;
}

/** The rows of the table. */
export function statementRows(markdown: string): StatementRow[] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| MQTT-"))
    .map((line) => {
      const [, statement = "", , proof = ""] = line.split("|").map((cell) => cell.trim());
      return { statement, tests: testReferences(proof), explained: /\*\*(?:open|cannot be violated):\*\*/.test(proof) };
    });
}

/** The statements that are named below a heading, in a list or a table. */
export function statementsBelow(markdown: string, heading: string): string[] {
  const [, section] = markdown.split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`there is no heading "${heading}"`);
  return [...section.split("\n## ")[0]!.matchAll(STATEMENT)].map(([statement]) => statement);
}

/** What is wrong with a table, in sentences. `elsewhere` are statements that another table answers for. */
export function statementProblems(
  rows: readonly StatementRow[],
  tests: string,
  sources: readonly string[],
  elsewhere: readonly string[] = [],
): string[] {
  const listed = new Set<string>();
  const problems: string[] = [];
  for (const { statement, tests: references, explained } of rows) {
    if (listed.has(statement)) problems.push(`${statement} is listed twice`);
    listed.add(statement);
    if (references.length === 0 && !explained) problems.push(`${statement} has neither a test nor an explanation`);
    for (const { file, title } of references) {
      if (!hasTitle(join(tests, file), title)) problems.push(`${statement}: there is no test “${title}” in ${file}`);
    }
  }
  for (const statement of elsewhere) listed.add(statement);
  for (const [statement, file] of sources.flatMap((folder) => [...quotedStatements(folder)])) {
    // An error that a connection of 3.1.1 ends with has that version's number.
    const isListed = listed.has(statement) || listed.has(`${statement} of 3.1.1`);
    if (!isListed) problems.push(`${statement} is quoted in ${file} and missing in the table`);
  }
  return problems;
}

/** How many numbered statements each section has; numbers that were given up are in brackets. */
const MQTT_5 = `1.5.4:3 1.5.5:1 1.5.7:1 2.1.3:1 2.2.1:6[1] 2.2.2:1 3.1.0:2 3.1.2:30 3.1.3:12 3.1.4:6 3.2.0:2 3.2.2:22 3.3.1:13
  3.3.2:20 3.3.4:10[5] 3.4.2:3 3.5.2:3 3.6.1:1 3.6.2:3 3.7.2:3 3.8.1:1 3.8.3:5 3.8.4:8 3.9.2:2 3.9.3:2 3.10.1:1 3.10.3:2
  3.10.4:6 3.11.2:2 3.11.3:2 3.12.4:1 3.14.0:1 3.14.1:1 3.14.2:4 3.14.4:3 3.15.1:1 3.15.2:3 4.1.0:2 4.2.0:1 4.3.1:1 4.3.2:5
  4.3.3:13 4.4.0:2 4.5.0:2 4.6.0:6 4.7.0:1 4.7.1:2 4.7.2:1 4.7.3:4 4.8.2:6[5] 4.9.0:3 4.12.0:7 4.12.1:2 4.13.1:1 4.13.2:1
  6.0.0:4`;
const MQTT_311 = `1.5.3:3 2.2.2:2 2.3.1:7 3.1.0:2 3.1.2:24 3.1.3:11 3.1.4:5 3.2.0:1 3.2.2:6 3.3.1:12 3.3.2:3 3.3.4:1 3.3.5:2 3.6.1:1
  3.8.1:1 3.8.3:4 3.8.4:6 3.9.3:2 3.10.1:1 3.10.3:2 3.10.4:6 3.12.4:1 3.14.1:1 3.14.4:3 4.1.0:2 4.3.1:1 4.3.2:2 4.3.3:2 4.4.0:1
  4.5.0:2 4.6.0:6 4.7.1:3 4.7.2:1 4.7.3:4 4.8.0:2 6.0.0:4 7.0.0:2 7.1.1:1 7.1.2:1`;

/** Every numbered statement of both specifications. */
export function allStatements(): string[] {
  return [...numbered(MQTT_5, ""), ...numbered(MQTT_311, " of 3.1.1")];
}

function numbered(sections: string, suffix: string): string[] {
  return [...sections.matchAll(/([\d.]+):(\d+)(?:\[(\d+)\])?/g)].flatMap(([, section, count, gap]) =>
    Array.from({ length: Number(count) }, (_, index) => index + 1)
      .filter((number) => number !== Number(gap))
      .map((number) => `MQTT-${section}-${number}${suffix}`),
  );
}

/** Every statement that the sources quote, and one file that does. */
function quotedStatements(folder: string): Map<string, string> {
  const quoted = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    for (const [statement] of readFileSync(join(folder, name), "utf8").matchAll(STATEMENT)) quoted.set(statement, name);
  }
  return quoted;
}
