// npm run captures: plays the scenes in terminals of 80 and of 200 columns, and writes what they show to docs/captures, in
// a light and in a dark palette. `-- sub` plays those whose names begin so.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PALETTES } from "./palettes.mjs";
import { PROMPT_IS_BACK, SCENES, TRACE } from "./scenes.mjs";
import { runsOf } from "./screen.mjs";
import { svgOf } from "./svg.mjs";
import { TmuxTerminal } from "./tmux.mjs";

const PETREL = fileURLToPath(new URL("../../../apps/cli/bin/petrel.js", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../../docs/captures/", import.meta.url));
/** The default one: commands look as people type them. */
const PORT = 1_883;
const SIZES = [
  { columns: 80, rows: 60 },
  { columns: 200, rows: 50 },
];

/** The last line is not the prompt alone. */
const SOMETHING_IS_TYPED = /(?:^|\n)(?!\$ *\n*$)[^\n]+\n*$/;

const only = process.argv.slice(2).find((word) => !word.startsWith("-")) ?? "";
const folder = await mkdtemp(join(tmpdir(), "petrel-captures-"));
const server = await startMosquitto();
try {
  await prepare();
  for (const scene of SCENES.filter(({ name }) => name.startsWith(only))) {
    for (const size of SIZES) {
      if (scene.widths?.includes(size.columns) ?? true) await picture(scene, size);
    }
  }
} finally {
  server.kill();
  await rm(folder, { recursive: true });
}

/** A command, a home without settings, and a trace to read. */
async function prepare() {
  await mkdir(PICTURES, { recursive: true });
  await mkdir(join(folder, "bin"));
  const command = join(folder, "bin", "petrel");
  await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${PETREL}" "$@"\n`);
  await chmod(command, 0o755);
  await writeFile(join(folder, "trace.pcap"), TRACE);
}

async function picture(scene, { columns, rows }) {
  const captured = await play(scene, { columns, rows });
  const runs = await runsOf(captured, columns);
  for (const [name, palette] of Object.entries(PALETTES)) {
    const file = join(PICTURES, `${scene.name}-${columns}-${name}.svg`);
    const title = `${scene.typed.at(-1)}, in ${columns} columns`;
    await writeFile(file, svgOf(runs, { columns, palette, title }));
  }
  console.log(`${scene.name}, ${columns} columns`);
}

async function play({ before = [], typed, ready, published = [], until }, { columns, rows }) {
  for (const args of before) await publish(args);
  const env = { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, HOME: folder, LANG: "C.UTF-8", TZ: "UTC" };
  const terminal = await TmuxTerminal.open({ columns, rows, env, folder });
  try {
    for (const [index, line] of typed.entries()) {
      if (index > 0) await terminal.shows(PROMPT_IS_BACK);
      await terminal.type(line);
      await terminal.shows(SOMETHING_IS_TYPED);
      await terminal.press("Enter");
    }
    if (ready !== undefined) await terminal.shows(ready);
    for (const args of published) await publish(args);
    await terminal.shows(until);
    return await terminal.capture();
  } finally {
    await terminal.press("C-c");
    await terminal.close();
  }
}

async function publish(args) {
  await promisify(execFile)(process.execPath, [PETREL, "pub", ...args]);
}

async function startMosquitto() {
  if (await answers()) throw new Error(`something listens on port ${PORT} already, which a server of ours needs`);
  const program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"].find(existsSync);
  const mosquitto = spawn(program ?? "mosquitto", ["-p", String(PORT)], { stdio: "ignore" });
  const gone = new Promise((_resolve, reject) => mosquitto.once("error", reject));
  while (!(await Promise.race([answers(), gone]))) await new Promise((resolve) => setTimeout(resolve, 50));
  return mosquitto;
}

function answers() {
  return new Promise((resolve) => {
    const socket = connect(PORT, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
