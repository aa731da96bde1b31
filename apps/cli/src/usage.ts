import type { CommanderError } from "commander";

/**
 * What commander says of a command line that it does not understand, in one line with what to try.
 *
 * @param command "pub", "bench pub"; empty if the words name none
 */
export function usageLine({ code, message }: CommanderError, command: string): string {
  const said = message
    .replace(/^error: /, "")
    // What follows the = of a misspelt option may be a secret.
    .replace(/^(unknown option '[^'=]*)=.*'/s, "$1'")
    .replace(/ argument missing$/, " needs a value")
    .trim()
    .replaceAll(/\s*\n\s*/g, " ");
  const hint = hintFor(code, said, command);
  return hint === undefined ? said : `${said.replace(/\.$/, "").replace(/ \(Did you mean [^)]*\)$/, "")}; ${hint}`;
}

function hintFor(code: string, said: string, command: string): string | undefined {
  const word = /'([^']*)'/.exec(said)?.[1] ?? "";
  switch (code) {
    case "commander.unknownCommand":
      if (command === "" && Object.hasOwn(COMMANDS, word)) return COMMANDS[word];
      return said.includes("Did you mean") ? undefined : `${`petrel ${command}`.trim()} --help lists the commands`;
    case "commander.unknownOption":
      return (
        optionHint(word, command) ??
        (said.includes("Did you mean") ? undefined : `petrel ${command} --help lists its options`)
      );
    case "commander.excessArguments":
      return `${Object.hasOwn(WORDS, command) ? WORDS[command] : "each of its values follows an option"}, and what has blanks needs quotes`;
    case "commander.invalidArgument":
    case "commander.optionMissingArgument":
      return command === "pub" && word.startsWith("-l,") ? "-l is the protocol here; lines are --lines" : undefined;
    default:
      return undefined;
  }
}

function optionHint(word: string, command: string): string | undefined {
  if (command === "") return word === "-v" ? "--version shows the version" : BEFORE_COMMAND;
  const known = [`${command} ${word}`, word].find((name) => Object.hasOwn(OPTIONS, name));
  return known === undefined ? undefined : OPTIONS[known];
}

const BEFORE_COMMAND = "options follow a command, as in petrel sub -t topic";

/** What others call their commands. */
const COMMANDS: Readonly<Record<string, string>> = {
  publish: "it is petrel pub",
  subscribe: "it is petrel sub",
  connect: "it is petrel conn",
  rr: "it is petrel request",
  test: "petrel probe finds out what a server supports",
  init: "petrel profile save keeps options under a name",
  ls: "petrel simulate --list lists the scenarios",
  check: "petrel --version is the version that runs",
};

const PROPERTIES = "properties have options of their own, as --content-type and --session-expiry-interval";
const PREFIX = "-i gives the whole client id, and without it the server makes one";
const SHARED_KEY = "TLS with a pre-shared key is not supported; --cert and --key are a client's certificate";
const IN_FLIGHT = "the server says how many messages may be in flight; --rcv-max limits what it sends";
const ENGINE = "keys come from files here: --cert and --key";

/** What other command lines have, and what does it here; with the command where it means that there alone. */
const OPTIONS: Readonly<Record<string, string>> = {
  "-A": "--bind is the address to connect from",
  "-c": "--no-clean keeps the session of -i",
  "--disable-clean-session": "--no-clean keeps the session of -i, with 5.0 for --session-expiry-interval",
  "-d": "--debug shows every packet",
  "-D": PROPERTIES,
  "--property": PROPERTIES,
  "-I": PREFIX,
  "--id-prefix": PREFIX,
  "-M": IN_FLIGHT,
  "--max-inflight": IN_FLIGHT,
  "-x": "--session-expiry-interval (-se) is how long the server keeps the session",
  "--nodelay": "it is always so: nothing waits for more to send",
  "--tls-version": "--tls-min-version is the oldest to accept, as in 1.2",
  "--tls-use-os-certs": "--ca takes a file or folder, as /etc/ssl/certs",
  "--psk": SHARED_KEY,
  "--psk-identity": SHARED_KEY,
  "--keyform": ENGINE,
  "--tls-engine": ENGINE,
  "--tls-engine-kpass-sha1": ENGINE,
  "-a": "-am is --auth-method",
  "sub -f": "--format says what to make of payloads, and -F how to print messages",
  "sub -n": "-C ends after so many messages",
  "sub -m": "sub only reads; petrel pub -m publishes",
  "sub -r": "sub only reads; -R leaves out what the server had kept",
  "sub -s": "sub only reads; petrel pub -s publishes what stdin has",
  "sub -o": "--file-write appends to a file, and --file-save makes one for each payload",
  "sub -J": "--output ndjson prints an object a line",
  "pub -C": "--repeat publishes it so often",
  "pub -v": "--debug shows every packet",
  "pub -E": "pub ends by itself when everything is acknowledged",
  "pub -W": "--connect-timeout is how long to wait for the server",
  "simulate -f": "the file needs no option: petrel simulate scenario.js",
  "bench pub --split": "each message of a benchmark is the same; petrel pub --lines publishes others",
};

/** What goes where, by command. */
const WORDS: Readonly<Record<string, string>> = {
  pub: "a topic follows -t, and a message -m",
  sub: "a topic filter follows -t",
  request: "a topic follows -t, and a message -m",
  record: "a topic filter follows -t, and a file -o",
  conn: "a URL follows -L, and a host -h",
};
