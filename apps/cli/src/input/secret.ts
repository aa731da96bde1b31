import { CommandError, ExitCode, UsageError } from "../exit-codes.ts";

/** Asks on the terminal for what nobody shall see. Throws UsageError where there is no terminal. */
export async function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new UsageError(
      "-P without a value asks on a terminal, and stdin is none; try --password-file or PETREL_PASSWORD",
    );
  }
  stdin.setRawMode(true); // first: who sees the question may type
  stderr.write(question);
  let secret = "";
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const key of String(chunk)) {
        if (key === "\r" || key === "\n" || key === "\u0004") return secret;
        if (key === "\u0003") throw new CommandError("interrupted", ExitCode.interrupted);
        if (key === "\u007f" || key === "\b") secret = secret.slice(0, -1);
        else if (key === "\u0015") secret = "";
        else secret += key;
      }
    }
    return secret;
  } finally {
    stdin.setRawMode(false).pause();
    stdin.unref();
    stderr.write("\n");
  }
}
