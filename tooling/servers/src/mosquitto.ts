import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { ServerProcess } from "./server-process.ts";

export interface MosquittoOptions {
  /** Further lines of mosquitto.conf, such as `max_queued_messages 0`. */
  readonly config?: readonly string[];
  /** A directory to keep sessions and messages in. Without it a restart forgets them. */
  readonly persistence?: string;
  /** User names and their passwords. With them, nobody connects anonymously. */
  readonly users?: Readonly<Record<string, string>>;
  /** Default: a free port. */
  readonly port?: number;
  /** Speaks TLS, with the certificate and the key in these files. */
  readonly tls?: MosquittoTls;
  /** Listens on a Unix socket, and on no port. */
  readonly unix?: boolean;
  /** Listens for WebSockets too, on a further port; with TLS if that is given. */
  readonly webSocket?: boolean;
}

export interface MosquittoTls {
  readonly cert: string;
  readonly key: string;
  /** The authorities whose clients are let in. With it, clients without a certificate are not. */
  readonly clientCa?: string;
}

export interface Mosquitto extends AsyncDisposable {
  readonly url: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** With `webSocket`: where it listens for them, as `ws://…` or `wss://…`. */
  readonly webSocketUrl: string | undefined;
  /** With `webSocket`; otherwise 0. */
  readonly webSocketPort: number;
  /** Ends it as an operator would, which saves persistent sessions, and removes its temporary files. */
  stop(): Promise<void>;
  /** Ends it, by default without a chance to save anything. `restart` brings it back. */
  kill(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts it again on the same port with the same configuration; ends it politely first if it runs. */
  restart(): Promise<void>;
  /** Everything it has printed, over all restarts. */
  log(): string;
}

export function mosquittoAvailable(): boolean {
  return findProgram("mosquitto") !== undefined;
}

/** Starts a Mosquitto of our own: loopback only, in a temporary directory, ended with this process at the latest. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const program = findProgram("mosquitto");
  if (program === undefined) throw new Error("mosquitto is not installed; on Debian: apt-get install mosquitto");
  const directory = await mkdtemp(join(tmpdir(), "petrel-mosquitto-"));
  try {
    const { address, server } = await startOnFreePort(program, directory, options);
    return new RunningMosquitto(program, directory, address, options, server);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Where it listens, in the words of `net.connect`. */
type ListenAddress =
  | { readonly host: string; readonly port: number; readonly path?: undefined; readonly webSocketPort?: number }
  | { readonly path: string; readonly port?: undefined; readonly webSocketPort?: number };

function urlOf(address: ListenAddress, { tls }: MosquittoOptions): string {
  if (address.path !== undefined) return `mqtt+unix://${address.path}`;
  return `${tls === undefined ? "mqtt" : "mqtts"}://${address.host}:${address.port}`;
}

class RunningMosquitto implements Mosquitto {
  readonly port: number;
  readonly url: string;
  readonly webSocketPort: number;
  readonly webSocketUrl: string | undefined;
  readonly #program: string;
  readonly #directory: string;
  readonly #address: ListenAddress;
  #server: ServerProcess;
  #earlierLog = "";

  constructor(
    program: string,
    directory: string,
    address: ListenAddress,
    options: MosquittoOptions,
    server: ServerProcess,
  ) {
    this.#program = program;
    this.#directory = directory;
    this.#address = address;
    this.#server = server;
    this.port = address.port ?? 0;
    this.url = urlOf(address, options);
    const { webSocketPort } = address;
    this.webSocketPort = webSocketPort ?? 0;
    if (webSocketPort !== undefined) {
      this.webSocketUrl = `${options.tls === undefined ? "ws" : "wss"}://127.0.0.1:${webSocketPort}`;
    }
  }

  async stop(): Promise<void> {
    await this.#server.end("SIGTERM");
    await rm(this.#directory, { recursive: true, force: true });
  }

  async kill(signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): Promise<void> {
    await this.#server.end(signal);
  }

  async restart(): Promise<void> {
    await this.#server.end("SIGTERM");
    this.#earlierLog += this.#server.log;
    this.#server = await start(this.#program, this.#directory, this.#address);
  }

  log(): string {
    return this.#earlierLog + this.#server.log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function startOnFreePort(
  program: string,
  directory: string,
  options: MosquittoOptions,
): Promise<{ address: ListenAddress; server: ServerProcess }> {
  for (let attempt = 1; ; attempt++) {
    const webSocket = options.webSocket === true ? { webSocketPort: await freePort() } : {};
    const address: ListenAddress =
      options.unix === true
        ? { path: join(directory, "mosquitto.sock"), ...webSocket }
        : { host: "127.0.0.1", port: options.port ?? (await freePort()), ...webSocket };
    await writeConfiguration(directory, address, options);
    try {
      return { address, server: await start(program, directory, address) };
    } catch (error) {
      const portWasTaken = /address already in use/i.test(String(error));
      if (!portWasTaken || options.port !== undefined || attempt === 5) throw error;
    }
  }
}

async function start(program: string, directory: string, address: ListenAddress): Promise<ServerProcess> {
  const server = new ServerProcess(program, ["-c", join(directory, "mosquitto.conf")]);
  await server.ready(/mosquitto version \S+ running/);
  await answers(address);
  return server;
}

/**
 * Waits until the server closes a connection that we ended: then its main loop is running. Being connected proves
 * less, since the kernel accepts first, and a SIGTERM that arrives before the main loop is lost.
 */
async function answers(address: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(address, () => socket.end());
    socket.once("error", reject);
    socket.once("close", () => resolve());
    socket.resume();
  });
}

async function writeConfiguration(directory: string, address: ListenAddress, options: MosquittoOptions): Promise<void> {
  const { config = [], persistence, tls, users } = options;
  const listener = address.path === undefined ? `${address.port} ${address.host}` : `0 ${address.path}`;
  const lines = [`listener ${listener}`, "log_dest stderr", ...tlsLines(tls)];
  // As root it would become user mosquitto, who may not write into our directories.
  if (process.getuid?.() === 0) lines.push("user root");
  // It appends the file's name to the location as it is: the slash is ours to add.
  if (persistence !== undefined) lines.push("persistence true", `persistence_location ${persistence}/`);
  if (users === undefined) {
    lines.push("allow_anonymous true");
  } else {
    lines.push("allow_anonymous false", `password_file ${await writePasswords(directory, users)}`);
  }
  lines.push(...config);
  if (address.webSocketPort !== undefined) {
    lines.push(`listener ${address.webSocketPort} 127.0.0.1`, "protocol websockets", ...tlsLines(tls));
  }
  await writeFile(join(directory, "mosquitto.conf"), [...lines, ""].join("\n"));
}

/** For the listener above them. */
function tlsLines(tls: MosquittoTls | undefined): string[] {
  if (tls === undefined) return [];
  const lines = [`certfile ${tls.cert}`, `keyfile ${tls.key}`];
  if (tls.clientCa !== undefined) lines.push(`cafile ${tls.clientCa}`, "require_certificate true");
  return lines;
}

async function writePasswords(directory: string, users: Readonly<Record<string, string>>): Promise<string> {
  const file = join(directory, "passwords");
  const lines = Object.entries(users).map(([name, password]) => `${name}:${password}\n`);
  await writeFile(file, lines.join(""), { mode: 0o600 });
  await promisify(execFile)(findProgram("mosquitto_passwd") ?? "mosquitto_passwd", ["-U", file]); // hashes them in place
  return file;
}
