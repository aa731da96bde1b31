/**
 * MQTTX has short options of several letters (`-se 60`), which a POSIX parser takes for several options of one letter.
 * Here they are written out before the command line is parsed.
 */
const LONG_NAMES: Readonly<Record<string, string>> = {
  "-se": "--session-expiry-interval",
  "-rp": "--reconnect-period",
  "-Cup": "--conn-user-properties",
  "-wh": "--ws-headers",
  "-Wt": "--will-topic",
  "-Wm": "--will-message",
  "-Wq": "--will-qos",
  "-Wr": "--will-retain",
  "-Wd": "--will-delay-interval",
};

/** Everything after `--`, and every value that follows an option, stays as it was typed: `-m -se` sends "-se". */
export function expandShortOptions(
  argv: readonly string[],
  takesValue: (option: string) => boolean,
): readonly string[] {
  const expanded: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const typed = argv[index]!;
    if (typed === "--") return [...expanded, ...argv.slice(index)];
    const word = Object.hasOwn(LONG_NAMES, typed) ? LONG_NAMES[typed]! : typed;
    expanded.push(word);
    if (takesValue(word) && index + 1 < argv.length) expanded.push(argv[++index]!);
  }
  return expanded;
}
