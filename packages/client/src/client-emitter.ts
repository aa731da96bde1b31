import { Emitter } from "./emitter.ts";
import { toError } from "./errors.ts";
import type { ClientEvents } from "./events.ts";
import { consoleLogger, logConnections, logPackets, safeLogger } from "./logger.ts";
import type { Logger } from "./options.ts";

/** Tells a client's listeners what happens. What nobody listens for and somebody has to know goes to the logger. */
export class ClientEmitter extends Emitter<ClientEvents> {
  #logger: Logger = consoleLogger;
  #stopLogging: (() => void) | undefined;

  useLogger(logger: Logger): void {
    this.#stopLogging?.();
    this.#stopLogging = undefined;
    if (logger.info !== undefined || logger.debug !== undefined) {
      const stops = [logConnections(this, logger), logPackets(this, logger)];
      this.#stopLogging = () => {
        for (const stop of stops) stop();
      };
    }
    this.#logger = safeLogger(logger);
  }

  warn(text: string): void {
    this.#logger.warn(`petrel: ${text}`);
  }

  /** A failure that no promise tells anybody. */
  reportError(error: Error): void {
    if (this.has("error")) this.emit("error", error);
    else this.#logger.error(`petrel: ${error.message}`);
  }

  protected override onListenerError(error: unknown, name: keyof ClientEvents): void {
    const failure = toError(error);
    if (name === "error") this.#logger.error(`petrel: an "error" listener threw: ${failure.message}`);
    else this.reportError(failure);
  }
}
