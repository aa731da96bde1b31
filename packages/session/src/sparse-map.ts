const NOTHING: ReadonlyMap<never, never> = /* @__PURE__ */ new Map<never, never>();

/** A Map that is there while it has items: an empty one takes 200 bytes, and an idle client shall be small. */
export class SparseMap<Key, Value> {
  #map: Map<Key, Value> | undefined;

  get size(): number {
    return this.#map?.size ?? 0;
  }

  get(key: Key): Value | undefined {
    return this.#map?.get(key);
  }

  set(key: Key, value: Value): void {
    this.#map ??= new Map();
    this.#map.set(key, value);
  }

  /** Returns whether it was there. */
  delete(key: Key): boolean {
    const wasThere = this.#map?.delete(key) === true;
    if (wasThere && this.#map?.size === 0) this.#map = undefined;
    return wasThere;
  }

  clear(): void {
    this.#map = undefined;
  }

  keys(): IterableIterator<Key> {
    return (this.#map ?? NOTHING).keys();
  }

  values(): IterableIterator<Value> {
    return (this.#map ?? NOTHING).values();
  }

  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return (this.#map ?? NOTHING).entries();
  }
}
