/** Colours a cell that has its width already. */
type Paint = (cell: string, column: number) => string;

/** Rows of two columns and more, each as wide as its widest cell; the last one as long as it is. */
export function table(rows: readonly (readonly string[])[], paint: Paint = (cell) => cell): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  }
  return rows
    .map((row) => {
      const last = row.findLastIndex((cell) => cell !== "");
      const cells = row
        .slice(0, last + 1)
        .map((cell, column) => paint(column === last ? cell : cell.padEnd(widths[column]!), column));
      return `${cells.join("  ")}\n`;
    })
    .join("");
}

export function writeTable(rows: readonly (readonly string[])[], paint?: Paint): void {
  process.stdout.write(table(rows, paint));
}
