/** Rows of two columns and more, each as wide as its widest cell; the last one as long as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  }
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join("  "),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

export function writeTable(rows: readonly (readonly string[])[]): void {
  process.stdout.write(table(rows));
}
