/** What codec and session must not know: they take bytes and a time, and any runtime will do. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Names that only a runtime, a clock or a network has. The compiler and the linter stop them where they are used as
 * globals; this also finds those that a file declares for itself, and promises, which would make calls return too early.
 */
const FOREIGN =
  /\b(?:Atomics|Buffer|Date|EventEmitter|EventTarget|MessageChannel|Promise|Socket|WebSocket|XMLHttpRequest|async|await|clearImmediate|clearInterval|clearTimeout|console|crypto|fetch|global|globalThis|navigator|performance|process|queueMicrotask|require|self|setImmediate|setInterval|setTimeout|window)\b/g;
const IMPORT = /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g;
const COMMENT = /\/\*[^]*?\*\/|\/\/[^\n]*/g;
const TEXT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

/** What the sources in `folder` mention that is not theirs, in sentences. `packages` are the imports that are allowed. */
export function impurities(folder: string, packages: readonly string[]): string[] {
  const found: string[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const code = readFileSync(join(folder, name), "utf8").replaceAll(COMMENT, "");
    for (const [, from = ""] of code.matchAll(IMPORT)) {
      if (!from.startsWith(".") && !packages.includes(from)) found.push(`${name} imports ${from}`);
    }
    for (const [word] of code.replaceAll(TEXT, '""').matchAll(FOREIGN)) found.push(`${name} mentions ${word}`);
  }
  return found;
}
