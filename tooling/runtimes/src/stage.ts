import { type Certificates, makeCertificates, startMosquitto } from "@petrel/servers";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Setting } from "./stories.ts";

/** The servers of the stories: Mosquitto, and one more that restarts it for whoever can't start processes. */
export interface Stage extends AsyncDisposable {
  /** For runtimes that speak everything. */
  readonly everywhere: Setting;
  /** For pages: over WebSockets. */
  readonly inPages: Setting;
  /** For pages that trust every certificate. */
  readonly inTrustingPages: Setting;
}

export async function setStage(): Promise<Stage> {
  const persistence = await mkdtemp(join(tmpdir(), "petrel-stories-"));
  const certificates: Certificates = await makeCertificates();
  const tls = { cert: certificates.file("server.pem"), key: certificates.file("server.key") };
  const [plain, secure] = await Promise.all([
    startMosquitto({ webSocket: true, persistence, config: ["set_tcp_nodelay true"] }),
    startMosquitto({ webSocket: true, tls }),
  ]);
  const control = await startControl(() => plain.restart());
  const webSocketUrl = plain.webSocketUrl!;
  return {
    everywhere: {
      urls: [plain.url, secure.url, webSocketUrl, secure.webSocketUrl!],
      ca: await readFile(certificates.file("ca.pem"), "utf8"),
      restart: control.url,
    },
    inPages: { urls: [webSocketUrl], restart: control.url },
    inTrustingPages: { urls: [webSocketUrl, secure.webSocketUrl!], restart: control.url },
    [Symbol.asyncDispose]: async () => {
      control.close();
      await Promise.all([plain.stop(), secure.stop(), certificates.remove()]);
      await rm(persistence, { recursive: true, force: true });
    },
  };
}

/** Runs `restart` when its URL is fetched, also by a page of another origin. */
export async function startControl(restart: () => Promise<void>): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((_, response) => {
    response.setHeader("access-control-allow-origin", "*");
    restart().then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/restart`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
