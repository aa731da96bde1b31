import { describePacket } from "@petrel/codec";
import type { Emitter } from "./emitter.ts";
import type { ClientEvents } from "./events.ts";
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
    (level: "warn" | "error") =>
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

/** Tells a logger that has `info` how connections come and go. The result ends that. */
export function logConnections(events: Emitter<ClientEvents>, logger: Logger): () => void {
  if (logger.info === undefined) return () => undefined;
  const tell = (text: string): void => logger.info!(`petrel: ${text}`);
  const removers = [
    events.on("connecting", ({ attempt }) => tell(`connecting, attempt ${attempt}`)),
    events.on("connected", ({ server, sessionPresent, connection: { clientIdentifier } }) =>
      tell(
        `connected${server === "" ? "" : ` to ${server}`} as "${clientIdentifier}", ${sessionPresent ? "session resumed" : "new session"}`,
      ),
    ),
    events.on("disconnected", ({ server, cause, willReconnectIn }) => {
      const next = willReconnectIn === undefined ? "" : `; next attempt in ${Math.round(willReconnectIn)} ms`;
      const from = `disconnected${server === "" ? "" : ` from ${server}`}`;
      tell(cause === undefined ? from : `${from}: ${cause.message}${next}`);
    }),
  ];
  return () => {
    for (const remove of removers) remove();
  };
}

/** Tells a logger that has `debug`, and is set to it, each packet. The result ends that. */
export function logPackets(events: Emitter<ClientEvents>, logger: Logger): () => void {
  if (logger.debug === undefined || logger.isLevelEnabled?.("debug") === false) return () => undefined;
  const stopSent = events.on("packetSent", (packet) => logger.debug!(`petrel: sent ${describePacket(packet)}`));
  const stopReceived = events.on("packetReceived", (packet) => {
    logger.debug!(`petrel: received ${describePacket(packet)}`);
  });
  return () => {
    stopSent();
    stopReceived();
  };
}
