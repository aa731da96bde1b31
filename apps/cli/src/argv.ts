/**
 * MQTTX has short options of several letters (`-se 60`), which a POSIX parser takes for several options of one letter.
 * Here they are written out before the command line is parsed.
 */
const LONG_NAMES: Readonly<Record<string, string>> = {
  "-se": "--session-expiry-interval",
  "-rp": "--reconnect-period",
  "-Cup": "--conn-user-properties",
  "-wh": "--ws-headers",
  "-ct": "--content-type",
  "-cd": "--correlation-data",
  "-up": "--user-properties",
  "-im": "--message-interval",
  "-am": "--auth-method",
  "-Wt": "--will-topic",
  "-Wm": "--will-message",
  "-Wq": "--will-qos",
  "-Wr": "--will-retain",
  "-Wd": "--will-delay-interval",
  "-Wpf": "--will-payload-format-indicator",
  "-We": "--will-message-expiry-interval",
  "-Wct": "--will-content-type",
  "-Wrt": "--will-response-topic",
  "-Wcd": "--will-correlation-data",
  "-Wup": "--will-user-properties",
  "-pf": "--payload-format-indicator",
  "-ta": "--topic-alias",
  "-rt": "--response-topic",
  "-si": "--subscription-identifier",
  "-nl": "--no_local",
  "--no-local": "--no_local",
  "-rap": "--retain-as-published",
  "-rh": "--retain-handling",
  "-Pp": "--protobuf-path",
  "-Pmn": "--protobuf-message-name",
  "-Ap": "--avsc-path",
  "--output-mode": "--output",
};

/** What is known of a command's options. */
export interface KnownOptions {
  /** Whether it is the name of one, long or short. */
  has(word: string): boolean;
  /** Whether a value follows it. */
  takesValue(word: string): boolean;
}

/**
 * Everything after `--`, and every value that follows an option, stays as it was typed: `-m -se` sends "-se". A `-P`
 * without a value, at the end or before another option, asks for one.
 */
export function expandShortOptions(argv: readonly string[], options: KnownOptions): readonly string[] {
  const expanded: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const typed = argv[index]!;
    if (typed === "--") return [...expanded, ...argv.slice(index)];
    const word = Object.hasOwn(LONG_NAMES, typed) ? LONG_NAMES[typed]! : typed;
    const next = argv[index + 1];
    if ((word === "-P" || word === "--password") && options.has("--ask-password")) {
      if (next === undefined || Object.hasOwn(LONG_NAMES, next) || options.has(next)) {
        expanded.push("--ask-password");
        continue;
      }
    }
    expanded.push(word);
    if (options.takesValue(word) && index + 1 < argv.length) expanded.push(argv[++index]!);
  }
  return expanded;
}
