import { describeServer, findProgram } from "@petrel/servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { petrel, runPetrel, Running } from "../support/petrel.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "petrel-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, stdout, stderr } = await runPetrel(["completion", shell]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    await writeFile(join(folder, shell), stdout);
  }
  await writeFile(join(folder, "capture.pcap"), "");
  await using saved = petrel(["profile", "save", "home"], { XDG_CONFIG_HOME: folder });
  expect((await saved.endInput().ended).status).toBe(0);
});
afterAll(() => rm(folder, { recursive: true }));

/** What is typed before the tab, and what the command line is then. FOLDER stands for one with a file in it. */
const COMPLETED: readonly (readonly [typed: string, completed: string])[] = [
  ["petrel simu", "simulate"],
  ["petrel bench rt", "bench rtt"],
  ["petrel bench rtt --work", "bench rtt --workers"],
  ["petrel conn --output j", "conn --output json"],
  ["petrel pub -l wss", "pub -l wss"],
  ["petrel decode FOLDER/cap", "decode FOLDER/capture.pcap"],
  ["petrel decode FOLDER/capture.pcap --inp", "decode FOLDER/capture.pcap --input"],
  ["petrel pub -f FOLDER/cap", "pub -f FOLDER/capture.pcap"],
  ["petrel sub --profile ho", "sub --profile home"],
];

const inFolder = (text: string): string => text.replaceAll("FOLDER", folder);

/** Types in an interactive shell, in which petrel prints what it is called with, or the profile that there is. */
async function typeIn(shell: string, setup: string): Promise<void> {
  await using terminal = new Running(findProgram("script")!, ["-qec", shell, "/dev/null"], { TERM: "dumb", PS1: "" });
  const stub = `petrel() { if [ "$1 $2" = "profile list" ]; then echo home; else printf '<%s>\\n' "$*"; fi; }`;
  await writeFile(join(folder, "setup"), `${stub}\n${setup}\necho RE"ADY"\n`);
  await terminal.write(`. ${join(folder, "setup")}\n`);
  await terminal.printed(/READY/);
  for (const [typed, completed] of COMPLETED) {
    await terminal.write(`${inFolder(typed)}\t\n`);
    await terminal.printed(new RegExp(`<${inFolder(completed)}>`));
  }
}

test("bash completes commands, options, values and files", async () => {
  await typeIn("bash --norc --noprofile -i", `. ${join(folder, "bash")}`);
});

describeServer("zsh", () => {
  test("completes commands, options, values and files", async () => {
    await typeIn("zsh -f -i", `autoload -U compinit && compinit -u -D\n. ${join(folder, "zsh")}`);
  });
});

describeServer("fish", () => {
  const complete = async (typed: string): Promise<readonly string[]> => {
    const line = `source ${join(folder, "fish")}; function petrel; echo home; end; complete -C '${inFolder(typed)}'`;
    await using fish = new Running("fish", ["--no-config", "-c", line]);
    const { status, stdout, stderr } = await fish.endInput().ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout.split("\n").map((one) => one.split("\t", 1)[0]!);
  };

  test.each(COMPLETED)("completes %s to %s", async (typed, completed) => {
    const last = inFolder(completed).split(" ").at(-1);
    if (typed.endsWith(" wss")) expect(await complete("petrel pub -l ")).toContain(last);
    else expect((await complete(typed)).filter((one) => one !== "")).toEqual([last]);
  });

  test("offers the options of the command that is typed, and no other's", async () => {
    expect(await complete("petrel bench pub --li")).toEqual(["--limit", ""]);
    expect(await complete("petrel pub --li")).toEqual(["--lines", ""]);
  });
});

describe("another shell", () => {
  test("is status 2", async () => {
    expect(await runPetrel(["completion", "cmd"])).toEqual({
      status: 2,
      stdout: "",
      stderr: 'petrel: "cmd" is no shell that is known here; there are bash, zsh, fish\n',
    });
  });
});
