import { columnsOf } from "./columns.ts";
import { withoutControls } from "./control-characters.ts";
import { wrapped } from "./wrapping.ts";

/** Colours a cell that has its width already. */
type Paint = (cell: string, column: number) => string;

interface TableForm {
  readonly paint?: Paint | undefined;
  /** Characters in a line: what does not fit of the last cell goes to lines of its own. */
  readonly width?: number;
}

/** Rows of two columns and more, each as wide as its widest cell; the last one as long as it is. */
export function table(rows: readonly (readonly string[])[], { paint, width = Infinity }: TableForm = {}): string {
  const cleaned = rows.map((row) => row.map(withoutControls));
  const widths: number[] = [];
  for (const row of cleaned) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  }
  return cleaned
    .map((row) => {
      const last = row.findLastIndex((cell) => cell !== "");
      const indent = widths.slice(0, last).reduce((sum, one) => sum + one + 2, 0);
      const lines = last < 1 ? [row[last] ?? ""] : wrapped(row[last]!, width - indent);
      const cells = row
        .slice(0, last)
        .map((cell, column) => cell.padEnd(widths[column]!))
        .concat(lines[0]!);
      const first = cells.map((cell, column) => (paint === undefined ? cell : paint(cell, column))).join("  ");
      return [first, ...lines.slice(1).map((line) => " ".repeat(indent) + line), ""].join("\n");
    })
    .join("");
}

/** A table on stdout, as wide as the terminal. */
export function writeTable(rows: readonly (readonly string[])[], paint?: Paint): void {
  process.stdout.write(table(rows, { paint, width: columnsOf(process.stdout) }));
}
