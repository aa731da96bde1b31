/** docs/mqtt-statements-codec.md: which statement of the specification is proven by which test of the codec. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** `MQTT-1.5.4-1`, or `MQTT-3.1.2-22 of 3.1.1`. */
const STATEMENT = /MQTT-\d+(?:\.\d+)+-\d+(?: of 3\.1\.1)?/g;

interface TestReference {
  readonly file: string;
  /** As it is written in the source: with `${…}` and `%j`, if it has these. */
  readonly title: string;
}

export interface StatementRow {
  readonly statement: string;
  readonly tests: readonly TestReference[];
  /** Whether the table says that something isn't proven. */
  readonly open: boolean;
}

/** The rows of the table. */
export function statementRows(markdown: string): StatementRow[] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| MQTT-"))
    .map((line) => {
      const [, statement = "", , proof = ""] = line.split("|").map((cell) => cell.trim());
      const tests = [...proof.matchAll(/`([^`]+)` “([^”]+)”/g)].map(([, file = "", title = ""]) => ({ file, title }));
      return { statement, tests, open: proof.includes("**open:**") };
    });
}

/** What is wrong with the table, in sentences. */
export function statementProblems(rows: readonly StatementRow[], tests: string, sources: string): string[] {
  const listed = new Set<string>();
  const problems: string[] = [];
  for (const { statement, tests: references, open } of rows) {
    if (listed.has(statement)) problems.push(`${statement} is listed twice`);
    listed.add(statement);
    if (references.length === 0 && !open) problems.push(`${statement} has neither a test nor an open point`);
    for (const { file, title } of references) {
      if (!hasTitle(join(tests, file), title)) problems.push(`${statement}: there is no test “${title}” in ${file}`);
    }
  }
  for (const [statement, file] of quotedStatements(sources)) {
    if (!listed.has(statement)) problems.push(`${statement} is quoted in ${file} and missing in the table`);
  }
  return problems;
}

/** Whether a source has the title as a whole string, behind `title:`, `test(` or the list of a `test.each`. */
function hasTitle(file: string, title: string): boolean {
  if (!existsSync(file)) return false;
  const escaped = title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`(?:title:|[([])\\s*(["'\`])${escaped}\\1`).test(readFileSync(file, "utf8"));
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
