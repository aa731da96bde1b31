/** Topics that are remembered. */
const MOST = 1_024;
/** Longer ones are not: together they could hold 64 MB. */
const LONGEST = 1_024;
/** Topics that never come again should not pay for those that do: after so many unknown ones in a row … */
const UNKNOWN_UNTIL_REST = 64;
/** … so many are not looked up. What they cost is a fourth then (measured). */
const REST = 512;

/** What was found out about the topics that came last: many come again and again. */
export class RecentTopics<Value> {
  /** Made with the first: an idle client shall be small. */
  #values: Map<string, Value> | undefined;
  #unknownInARow = 0;
  #resting = 0;

  get(topicName: string): Value | undefined {
    if (this.#resting > 0) {
      this.#resting--;
      return undefined;
    }
    const value = this.#values?.get(topicName);
    if (value !== undefined) this.#unknownInARow = 0;
    return value;
  }

  /** For a topic that {@link RecentTopics.get} has just not found. */
  set(topicName: string, value: Value): void {
    if (this.#resting > 0 || topicName.length > LONGEST) return;
    if (++this.#unknownInARow === UNKNOWN_UNTIL_REST) {
      this.#unknownInARow = 0;
      this.#resting = REST;
    }
    const values = (this.#values ??= new Map<string, Value>());
    if (values.size === MOST) values.clear();
    values.set(topicName, value);
  }

  /** What was found out holds no longer. */
  clear(): void {
    this.#values?.clear();
  }
}
