import type { Logger } from "./options.ts";

declare const console: { warn(...values: readonly unknown[]): void; error(...values: readonly unknown[]): void };

/** What nobody listens for should still be seen. */
export const consoleLogger: Logger = {
  warn: (message, ...details) => console.warn(message, ...details),
  error: (message, ...details) => console.error(message, ...details),
};

/** The application's logger, which can't stop the protocol: where it throws, the console gets the message. */
export function safeLogger(logger: Logger): Logger {
  if (logger === consoleLogger) return logger;
  const safely =
    (level: keyof Logger) =>
    (message: string, ...details: readonly unknown[]): void => {
      try {
        logger[level](message, ...details);
      } catch (error) {
        consoleLogger[level](message, ...details);
        consoleLogger.error("petrel: the logger threw", error);
      }
    };
  return { warn: safely("warn"), error: safely("error") };
}
