/** docs/reliability.md, docs/security.md and docs/migrating.md: which promise is kept by which test. */

import { join } from "node:path";
import { hasTitle, testReferences, type TestReference } from "./test-titles.ts";

export interface PromiseRow {
  /** The table's heading. */
  readonly section: string;
  readonly cells: readonly string[];
}

/** The rows of all tables of a page, without their heads. */
export function tableRows(markdown: string): PromiseRow[] {
  const rows: PromiseRow[] = [];
  let section = "";
  let inBody = false;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("## ")) section = line.slice(3);
    if (!line.startsWith("|")) inBody = false;
    else if (/^\|[ |-]+\|$/.test(line)) inBody = true;
    else if (inBody)
      rows.push({
        section,
        cells: line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim()),
      });
  }
  return rows;
}

/** What is wrong with a page whose tables end with a column of tests, in sentences. Files are below `root`. */
export function promiseProblems(markdown: string, root: string): string[] {
  return tableRows(markdown).flatMap(({ section, cells }) => {
    const row = `${section}, “${cells[0]}”`;
    const proof = cells.at(-1) ?? "";
    const references = testReferences(proof);
    if (references.length === 0 && !proof.includes("**not here:**"))
      return [`${row} has neither a test nor an explanation`];
    return references
      .filter(isMissing(root))
      .map(({ file, title }) => `${row}: there is no test “${title}” in ${file}`);
  });
}

function isMissing(root: string): (reference: TestReference) => boolean {
  return ({ file, title }) => !hasTitle(join(root, file), title);
}

/** Rows of a page about other libraries that no test of the same name, `there → here`, proves. */
export function unprovenMappings(markdown: string, files: readonly string[]): string[] {
  return tableRows(markdown)
    .map(({ cells }) => cells.slice(0, 2).join(" → ").replaceAll("`", ""))
    .filter((title) => !files.some((file) => hasTitle(file, title)));
}
