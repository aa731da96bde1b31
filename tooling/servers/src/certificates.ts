import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The files that `certificates.sh` makes, in a directory of their own. */
export interface Certificates extends AsyncDisposable {
  readonly directory: string;
  /** The path of a file, such as `file("server.pem")`; the script tells what there is. */
  file(name: string): string;
  remove(): Promise<void>;
}

/** Makes certificates for TLS, good ones and bad ones, with openssl. It takes a third of a second. */
export async function makeCertificates(): Promise<Certificates> {
  const directory = await mkdtemp(join(tmpdir(), "petrel-certificates-"));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await promisify(execFile)(fileURLToPath(new URL("../certificates.sh", import.meta.url)), [directory]);
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory, file: (name) => join(directory, name), remove, [Symbol.asyncDispose]: remove };
}
