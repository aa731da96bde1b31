/** Typed events: a map from the event's name to what its listeners are given. */
export abstract class Emitter<Events extends object> {
  /** Made with the first listener: an idle client shall be small. */
  #listeners: Map<keyof Events, Set<(event: never) => void>> | undefined;

  /** What becomes of an error that a listener throws: it must not stop the other listeners, nor the protocol. */
  protected abstract onListenerError(error: unknown, name: keyof Events): void;

  /** Adds a listener; the result removes it. One that is added twice is called once. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const all = (this.#listeners ??= new Map<keyof Events, Set<(event: never) => void>>());
    let listeners = all.get(name);
    if (listeners === undefined) all.set(name, (listeners = new Set()));
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  has(name: keyof Events): boolean {
    return (this.#listeners?.get(name)?.size ?? 0) > 0;
  }

  /** Calls those who listen now, in the order in which they were added. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = this.#listeners?.get(name);
    if (listeners === undefined || listeners.size === 0) return;
    for (const listener of [...listeners]) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        this.onListenerError(error, name);
      }
    }
  }
}
