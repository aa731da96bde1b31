/** Something that the codec must not do, with the input that made it do so. */
export class Finding extends Error {
  name = "Finding";

  constructor(message, cause) {
    super(cause === undefined ? message : `${message}: ${String(cause?.stack ?? cause)}`, { cause });
  }

  /** Where it was found; the innermost place stays. */
  at(place) {
    this.place ??= place;
    return this;
  }

  in(index) {
    this.index ??= index;
    return this;
  }
}
