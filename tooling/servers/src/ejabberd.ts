import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { startInDirectory, type ServerInDirectory } from "./server-in-directory.ts";
import { ServerProcess } from "./server-process.ts";

export function ejabberdAvailable(): boolean {
  return [findProgram("erl"), findProgram("ejabberdctl")].every((program) => program !== undefined);
}

/**
 * Starts an ejabberd that is nothing but its module mod_mqtt: 3.1.1 and 5.0, everybody welcome who gives a user name and a
 * password. Ready in a second or two. `ejabberdctl` would run it as another user, with files of the system: so it is Erlang that runs it.
 */
export function startEjabberd(): Promise<ServerInDirectory> {
  return startInDirectory("ejabberd", async (directory) => {
    const erl = findProgram("erl");
    const control = findProgram("ejabberdctl");
    if (erl === undefined || control === undefined) {
      throw new Error("ejabberd is not installed; on Debian: apt-get install ejabberd");
    }
    const libraries = /^ERL_LIBS='([^']+)'/m.exec(readFileSync(control, "utf8"))?.[1];
    if (libraries === undefined) throw new Error(`${control} does not say where ejabberd's libraries are`);
    const port = await freePort();
    await writeFile(join(directory, "ejabberd.yml"), configuration(port));
    // Without a node name there is no distribution, so no port mapper that would outlive us.
    const args = ["-noinput", "-mnesia", "dir", JSON.stringify(join(directory, "mnesia")), "-s", "ejabberd"];
    const server = new ServerProcess(erl, args, {
      HOME: directory,
      ERL_LIBS: libraries,
      ERL_CRASH_DUMP_BYTES: "0",
      EJABBERD_CONFIG_PATH: join(directory, "ejabberd.yml"),
      EJABBERD_LOG_PATH: join(directory, "ejabberd.log"),
      SPOOL_DIR: directory,
    });
    await server.ready(/Start accepting TCP connections at \S+ for mod_mqtt/, 30_000);
    return { port, user: "anna:secret", log: () => server.log, end: () => server.end("SIGTERM") };
  });
}

function configuration(port: number): string {
  return `
hosts: [localhost]
loglevel: info
auth_method: [anonymous]
anonymous_protocol: both
listen:
  - { port: ${port}, ip: "127.0.0.1", module: mod_mqtt }
modules:
  mod_mqtt: { max_queue: unlimited }
`;
}
