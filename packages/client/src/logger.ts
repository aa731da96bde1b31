import type { Logger } from "./options.ts";

declare const console: { warn(...values: readonly unknown[]): void; error(...values: readonly unknown[]): void };

/** What nobody listens for should still be seen. */
export const consoleLogger: Logger = {
  warn: (message, ...details) => console.warn(message, ...details),
  error: (message, ...details) => console.error(message, ...details),
};
