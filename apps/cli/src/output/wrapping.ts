/** Lines that are narrower than this are left to the terminal. */
const NARROWEST = 20;

/** Lines of at most so many characters, if words allow it. What is parted by two spaces belongs together. */
export function wrapped(text: string, width: number): readonly string[] {
  if (text.length <= width || width < NARROWEST) return [text];
  const space = text.includes("  ") ? "  " : " ";
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(space)) {
    if (line !== undefined && line.length + space.length + word.length > width) {
      lines.push(line);
      line = undefined;
    }
    line = line === undefined ? word : `${line}${space}${word}`;
  }
  return [...lines, line ?? ""];
}

/** What follows `head` in its line goes on below, so far to the right, where so many columns are not enough for it. */
export function hanging(head: string, text: string, { columns, indent }: { columns: number; indent: number }): string {
  if (head.length + text.length <= columns) return text;
  const [first = "", ...others] = wrapped(text, columns - head.length);
  if (others.length === 0) return text;
  const rest = text.slice(first.length).trimStart();
  return [first, ...wrapped(rest, columns - indent).map((line) => " ".repeat(indent) + line)].join("\n");
}
