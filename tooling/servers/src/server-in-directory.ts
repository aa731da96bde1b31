import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server on the loopback interface, with all its files in a temporary directory of its own. */
export interface ServerInDirectory extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Everything it has printed. */
  log(): string;
  /** Ends it, and removes its files. */
  stop(): Promise<void>;
}

/** What was started in the directory. */
interface Started {
  readonly port: number;
  /** `name:password`, for the URL. */
  readonly user?: string;
  readonly log: () => string;
  readonly end: () => Promise<void>;
}

/** Makes the directory and starts a server in it; one that does not start leaves nothing. */
export async function startInDirectory(
  name: string,
  start: (directory: string) => Promise<Started>,
): Promise<ServerInDirectory> {
  const directory = await mkdtemp(join(tmpdir(), `petrel-${name}-`));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const { port, user, log, end } = await start(directory);
    const stop = async (): Promise<void> => {
      await end();
      await remove();
    };
    const url = `mqtt://${user === undefined ? "" : `${user}@`}127.0.0.1:${port}`;
    return { url, port, log, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
