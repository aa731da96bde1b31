import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { ServerProcess } from "./server-process.ts";

export interface ProxyServerOptions {
  /** Only who gives this may use it. */
  readonly username?: string;
  readonly password?: string;
}

/** A proxy on the loopback interface. */
export interface ProxyServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** What it has printed. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts microsocks, a SOCKS 5 proxy. */
export function startMicrosocks({ username, password }: ProxyServerOptions = {}): Promise<ProxyServer> {
  return startProxy("microsocks", (port) => [
    ...["-i", "127.0.0.1", "-p", String(port)],
    ...(username === undefined ? [] : ["-u", username, "-P", password ?? ""]),
  ]);
}

/** Starts tinyproxy, an HTTP proxy that connects to any port, and to no host below `refused.test`. */
export async function startTinyproxy({ username, password }: ProxyServerOptions = {}): Promise<ProxyServer> {
  const directory = await mkdtemp(join(tmpdir(), "petrel-tinyproxy-"));
  const configuration = join(directory, "tinyproxy.conf");
  const filter = join(directory, "filter");
  await writeFile(filter, "refused\\.test$\n");
  const removeDirectory = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const proxy = await startProxy("tinyproxy", async (port) => {
      const lines = [
        ...[`Port ${port}`, "Listen 127.0.0.1", "Timeout 600", "MaxClients 100", "LogLevel Info"],
        ...[`Filter "${filter}"`, "FilterExtended On"],
        ...(username === undefined ? [] : [`BasicAuth ${username} ${password}`]),
      ];
      await writeFile(configuration, `${lines.join("\n")}\n`);
      return ["-d", "-c", configuration];
    });
    const stop = async (): Promise<void> => {
      await proxy.stop();
      await removeDirectory();
    };
    return { ...proxy, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await removeDirectory();
    throw error;
  }
}

/** What {@link startHaproxy} stands in front of, and with which certificate. */
export interface FrontOptions {
  /** The path of the certificate and of its key, in PEM. */
  readonly cert: string;
  readonly key: string;
  /** Where MQTT is spoken, and where over WebSockets, on the loopback. */
  readonly port: number;
  readonly webSocketPort: number;
}

/** A server's front: it speaks TLS for it. */
export interface Front extends AsyncDisposable {
  /** `mqtts://…` and `wss://…` */
  readonly url: string;
  readonly webSocketUrl: string;
}

/** Starts haproxy in front of a server that speaks no TLS itself. WebSockets it takes for HTTP, and looks into. */
export async function startHaproxy({ cert, key, port, webSocketPort }: FrontOptions): Promise<Front> {
  const directory = await mkdtemp(join(tmpdir(), "petrel-haproxy-"));
  const removeDirectory = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const both = join(directory, "both.pem");
    await writeFile(both, (await readFile(cert, "utf8")) + (await readFile(key, "utf8")), { mode: 0o600 });
    const webSocketFront = await freePort();
    const proxy = await startProxy("haproxy", async (mqttFront) => {
      const lines = [
        ...["global", "maxconn 200"],
        ...[
          "defaults",
          "timeout connect 5s",
          "timeout client 60s",
          "timeout server 60s",
          "timeout tunnel 60s",
          "retries 0",
        ],
        ...["listen mqtt", "mode tcp", `bind 127.0.0.1:${mqttFront} ssl crt ${both}`, `server s 127.0.0.1:${port}`],
        ...["listen websockets", "mode http", `bind 127.0.0.1:${webSocketFront} ssl crt ${both}`],
        `server s 127.0.0.1:${webSocketPort}`,
      ];
      await writeFile(join(directory, "haproxy.cfg"), `${lines.join("\n")}\n`);
      return ["-db", "-f", join(directory, "haproxy.cfg")];
    });
    return {
      url: `mqtts://127.0.0.1:${proxy.port}`,
      webSocketUrl: `wss://127.0.0.1:${webSocketFront}`,
      [Symbol.asyncDispose]: async () => {
        await proxy.stop();
        await removeDirectory();
      },
    };
  } catch (error) {
    await removeDirectory();
    throw error;
  }
}

async function startProxy(
  name: string,
  argumentsFor: (port: number) => readonly string[] | Promise<readonly string[]>,
): Promise<ProxyServer> {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`${name} is not installed; on Debian: apt-get install ${name}`);
  const port = await freePort();
  const server = new ServerProcess(program, await argumentsFor(port));
  const stop = (): Promise<void> => server.end("SIGTERM");
  try {
    await untilItListens(port);
  } catch (error) {
    await stop();
    throw new Error(`${name} does not listen. Its output:\n${server.log}`, { cause: error });
  }
  return { host: "127.0.0.1", port, log: () => server.log, stop, [Symbol.asyncDispose]: stop };
}

/** These say nothing when they are ready, so they are tried: 200 times, 50 ms apart. */
async function untilItListens(port: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch (error) {
      if (attempt === 200) throw error;
      await setTimeout(50);
    } finally {
      socket.destroy();
    }
  }
}
