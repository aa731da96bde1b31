/** One fenced block of a README that is marked `runnable`, and what it has to print. */
export interface Example {
  readonly language: "ts" | "sh";
  readonly code: string;
  /** The line of the README where the block begins. */
  readonly line: number;
  /** The `text` block right below it, if there is one. */
  readonly output: string | undefined;
}

interface Block {
  readonly info: string;
  readonly text: string;
  readonly first: number;
  readonly last: number;
}

export function findExamples(markdown: string): Example[] {
  const lines = markdown.split(/\r?\n/);
  const blocks = findBlocks(lines);
  return blocks.flatMap((block, index) => {
    const language = /^(ts|sh) runnable$/.exec(block.info)?.[1] as Example["language"] | undefined;
    if (language === undefined) return [];
    const next = blocks[index + 1];
    const output = next?.info === "text" && onlyBlankBetween(lines, block, next) ? next.text : undefined;
    return [{ language, code: block.text, line: block.first + 1, output }];
  });
}

function findBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (let first = 0; first < lines.length; first++) {
    const info = /^```(.*)$/.exec(lines[first] ?? "")?.[1]?.trim();
    if (info === undefined) continue;
    const last = lines.indexOf("```", first + 1);
    if (last === -1) throw new Error(`the code block that begins in line ${first + 1} has no end`);
    blocks.push({ info, text: lines.slice(first + 1, last).join("\n"), first, last });
    first = last;
  }
  return blocks;
}

function onlyBlankBetween(lines: readonly string[], block: Block, next: Block): boolean {
  return lines.slice(block.last + 1, next.first).every((line) => line.trim() === "");
}
