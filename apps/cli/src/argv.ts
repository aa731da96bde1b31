/**
 * MQTTX has short options of several letters (`-se 60`), which a POSIX parser takes for several options of one letter.
 * Here they are written out before the command line is parsed.
 */
const LONG_NAMES: Readonly<Record<string, string>> = {
  "-se": "--session-expiry-interval",
  "-rp": "--reconnect-period",
  "-Cup": "--conn-user-properties",
  "-Wt": "--will-topic",
  "-Wm": "--will-message",
  "-Wq": "--will-qos",
  "-Wr": "--will-retain",
  "-Wd": "--will-delay-interval",
};

/** Everything after `--`, and every value that follows an option, stays as it was typed. */
export function expandShortOptions(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return argv.map((word, index) => (end !== -1 && index > end ? word : (LONG_NAMES[word] ?? word)));
}
