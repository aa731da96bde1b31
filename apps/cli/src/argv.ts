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
  "-so": "--save-options",
  "-lo": "--load-options",
};

/** What mosquitto's clients and MQTTX call options that are here, too, where no option of the command has that name. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  "--hostname": "--host",
  "--id": "--client-id",
  "--pw": "--password",
  "--protocol-version": "--mqtt-version",
  "--cafile": "--ca",
  "--capath": "--ca",
  "--tls-alpn": "--alpn",
  "--will-payload": "--will-message",
  "-M": "--lines",
  "--multiline": "--lines",
  "-lm": "--lines",
  "--line-mode": "--lines",
  "--stdin-line": "--lines",
  "--stdin-file": "--stdin",
  "--file-read": "--file",
  "-sc": "--scenario",
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
    const word = nameHere(typed, options);
    const next = argv[index + 1];
    if ((word === "-P" || word === "--password") && options.has("--ask-password")) {
      if (next === undefined || nameHere(next, options) !== next || options.has(next)) {
        expanded.push("--ask-password");
        continue;
      }
    }
    expanded.push(word);
    if (options.takesValue(word) && index + 1 < argv.length) expanded.push(argv[++index]!);
  }
  return expanded;
}

/** The option's name here; a value that follows its `=` stays with it. */
function nameHere(typed: string, options: KnownOptions): string {
  if (Object.hasOwn(LONG_NAMES, typed)) return LONG_NAMES[typed]!;
  const [name = ""] = typed.split("=", 1);
  if (!Object.hasOwn(OTHER_NAMES, name) || options.has(name)) return typed;
  const here = OTHER_NAMES[name]!;
  return options.has(here) ? `${here}${typed.slice(name.length)}` : typed;
}
