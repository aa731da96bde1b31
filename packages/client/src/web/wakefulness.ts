import type { MqttClient } from "../client.ts";
import { type Clock, systemClock, type Timer } from "../clock.ts";

/** What of the DOM is needed, so that it can be read, and tested, without its types. */
interface Source {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** What a page, or a worker, tells of itself. A worker has no document. */
export interface Page {
  readonly window: Source;
  readonly document?: (Source & { readonly visibilityState: string }) | undefined;
}

/** A look at the wall clock, so often, in milliseconds. */
const TICK_MS = 30_000;
/** A tick that comes so much too late slept. Pages in the background get their timers only once a minute. */
const ASLEEP_MS = 75_000;

/**
 * Browsers say when the network is back, and when the page is looked at again; sleep they don't tell, but the wall
 * clock does. Then the client does not wait: for the next attempt, or for keep alive to find that nobody is there.
 *
 * Listens as long as the client wants to be connected, and leaves nothing behind.
 */
export function stayWakeful(client: MqttClient, clock: Clock = systemClock, page: Page | undefined = thisPage()): void {
  if (page === undefined) return;
  const { window, document } = page;
  let watching = false;
  let tick: Timer | undefined;

  const check = (): void => client.checkNow();
  const checkIfVisible = (): void => {
    if (document!.visibilityState === "visible") check();
  };
  const start = (): void => {
    if (watching) return;
    watching = true;
    window.addEventListener("online", check);
    window.addEventListener("pageshow", check); // from the back/forward cache, say
    document?.addEventListener("resume", check); // a frozen page goes on
    document?.addEventListener("visibilitychange", checkIfVisible);
    wait();
  };
  const stop = (): void => {
    watching = false;
    window.removeEventListener("online", check);
    window.removeEventListener("pageshow", check);
    document?.removeEventListener("resume", check);
    document?.removeEventListener("visibilitychange", checkIfVisible);
    tick?.clear();
  };
  // Timers don't count the time that a machine sleeps, in most browsers; the wall clock does.
  const wait = (): void => {
    const before = clock.wall();
    tick = clock.timer(clock.now() + TICK_MS, () => {
      if (clock.wall() - before > TICK_MS + ASLEEP_MS) check();
      if (watching) wait();
    });
  };

  client.on("connecting", start);
  client.on("disconnected", ({ willReconnectIn }) => {
    if (willReconnectIn === undefined) stop();
  });
  client.on("closed", stop);
}

function thisPage(): Page | undefined {
  const window = globalThis as unknown as Source & Pick<Page, "document">;
  return typeof window.addEventListener === "function" ? { window, document: window.document } : undefined;
}
