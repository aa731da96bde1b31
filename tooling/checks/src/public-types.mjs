// Picks what a package's users can see out of its built declaration files: everything in the entries, and from the
// files behind them each declaration that is mentioned in what was already picked.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The public declarations of the package in `folder` as one text, file by file.
 *
 * @param {string} folder
 * @param {string[]} entryFiles declaration files, relative to the folder
 */
export function publicTypes(folder, entryFiles) {
  const files = new Map(); // path → its statements
  const entries = withAllOf(folder, entryFiles);
  for (const entry of entries) readWithImports(folder, entry, files);

  const mentioned = new Set(entries.flatMap((entry) => files.get(entry)).flatMap(({ words }) => [...words]));
  const isPublic = (file, { name }) => entries.includes(file) || mentioned.has(name);
  for (let before = -1; before !== mentioned.size;) {
    before = mentioned.size;
    for (const [file, statements] of files) {
      for (const statement of statements) {
        if (isPublic(file, statement)) for (const word of statement.words) mentioned.add(word);
      }
    }
  }

  const sections = [...files].map(([file, statements]) => {
    const texts = statements.filter((statement) => isPublic(file, statement)).map(({ text }) => text);
    return texts.length === 0 ? "" : `// ${file}\n\n${texts.join("\n")}\n`;
  });
  return sections.filter((section) => section !== "").join("\n");
}

/** The entries, and the files of which they export everything. */
function withAllOf(folder, files) {
  const all = new Set();
  const add = (file) => {
    if (all.has(file)) return;
    all.add(file);
    const text = readFileSync(join(folder, file), "utf8");
    for (const [, specifier] of text.matchAll(/^export \* from "(\.[^"]+)"/gm)) add(declarationFile(file, specifier));
  };
  for (const file of files) add(file);
  return [...all];
}

/** Where `file` finds `specifier`. */
function declarationFile(file, specifier) {
  return join(dirname(file), specifier.replace(/\.(ts|js)$/, ".d.ts"));
}

function readWithImports(folder, file, files) {
  if (files.has(file)) return;
  const text = readFileSync(join(folder, file), "utf8").replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "");
  files.set(file, splitStatements(text));
  for (const [, specifier] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
    readWithImports(folder, declarationFile(file, specifier), files);
  }
}

/** Cuts a declaration file where a line begins a new statement. The comments above a statement belong to it. */
function splitStatements(text) {
  const starts = /^(?=export |declare |import |interface |type |class |const |function )/m;
  // Comments at the very end of a piece; one before a member of a union is followed by it.
  const trailing = /(?:^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)*(?![\s\S])/m;
  const statements = [];
  let comment = "";
  for (const piece of text.split(starts)) {
    const [next] = trailing.exec(piece);
    const code = piece.slice(0, piece.length - next.length);
    const words = new Set(code.replaceAll(/\/\*[\s\S]*?\*\//g, "").match(/[\w$]+/g));
    const declared = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|const|let|function) ([\w$]+)/;
    statements.push({ name: declared.exec(code)?.[1], text: (comment + code).trimEnd(), words });
    comment = next;
  }
  return statements.filter((statement) => statement.text !== "");
}
