import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { startInDirectory, type ServerInDirectory } from "./server-in-directory.ts";
import { ServerProcess } from "./server-process.ts";

/** Debian's program on the PATH runs it as another user, with files of the system; this is the one behind it. */
const FOLDERS = ["/usr/lib/rabbitmq/bin"];

export function rabbitMqAvailable(): boolean {
  return [findProgram("rabbitmq-server", FOLDERS), findProgram("epmd")].every((program) => program !== undefined);
}

/**
 * Starts a RabbitMQ with its MQTT plugin: before RabbitMQ 3.13 that speaks 3.1.1 and 3.1 only. Ready in some 10 s, of
 * which it waits 3 to 6 s for a cluster that never comes: share one.
 */
export function startRabbitMq(): Promise<ServerInDirectory> {
  return startInDirectory("rabbitmq", async (directory) => {
    const program = findProgram("rabbitmq-server", FOLDERS);
    const epmd = findProgram("epmd");
    if (program === undefined || epmd === undefined) {
      throw new Error("RabbitMQ is not installed; on Debian: apt-get install rabbitmq-server");
    }
    const [port, distributionPort, mapperPort] = [await freePort(), await freePort(), await freePort()];
    const file = (name: string): string => join(directory, name);
    await writeFile(file("enabled_plugins"), "[rabbitmq_mqtt].\n");
    await writeFile(file("rabbitmq.conf"), configuration(port));
    // Erlang would start its port mapper as a daemon, which nobody ends: so this one is there first.
    const mapper = new ServerProcess(epmd, ["-port", String(mapperPort), "-address", "127.0.0.1"]);
    const server = new ServerProcess(program, [], {
      HOME: directory, // for Erlang's cookie
      ERL_EPMD_PORT: String(mapperPort),
      ERL_EPMD_ADDRESS: "127.0.0.1",
      ERL_CRASH_DUMP_BYTES: "0",
      RABBITMQ_NODENAME: `petrel${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
      RABBITMQ_CONF_ENV_FILE: "/dev/null",
      RABBITMQ_CONFIG_FILE: file("rabbitmq.conf"),
      RABBITMQ_ENABLED_PLUGINS_FILE: file("enabled_plugins"),
      RABBITMQ_MNESIA_BASE: file("mnesia"),
      RABBITMQ_LOG_BASE: file("log"),
      RABBITMQ_PID_FILE: file("pid"),
      RABBITMQ_LOGS: "-",
      RUNNING_UNDER_SYSTEMD: "true", // then the script becomes the server, and our signals reach it
    });
    const end = async (): Promise<void> => {
      await server.end("SIGTERM");
      await mapper.end("SIGTERM");
    };
    try {
      await server.ready(/started MQTT TCP listener/, 60_000);
    } catch (error) {
      await end();
      throw error;
    }
    return { port, log: () => server.log, end };
  });
}

function configuration(port: number): string {
  return `
listeners.tcp = none
mqtt.listeners.tcp.1 = 127.0.0.1:${port}
mqtt.allow_anonymous = true
log.console = true
log.file = false
`;
}
