import { readFileSync } from "node:fs";
import type { AddressInfo, Server, Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, test } from "vitest";
import { describeServer, makeCertificates, type Certificates } from "@petrel/servers";
import { createDialer } from "../../src/node/tcp.ts";
import { tls } from "../../src/node/tls.ts";
import { transportConformance } from "../../src/testing/index.ts";
import { tlsLink } from "../links.ts";

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const activeResources = (): string[] => process.getActiveResourcesInfo();

describeServer("openssl", () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterAll(() => certificates.remove());
  const read = (name: string): Buffer => readFileSync(certificates.file(name));

  // As a proxy of one's own may be: a stream, but no socket.
  describe("over a stream that is no socket", () => {
    const direct = createDialer();
    const open = () =>
      tlsLink({ cert: read("server.pem"), key: read("server.key") }, (server) =>
        tls({
          host: "localhost",
          port: portOf(server),
          ca: read("ca.pem"),
          dial: async (_target, signal) =>
            new Wrapped((await direct({ host: "127.0.0.1", port: portOf(server) }, signal)) as Socket),
        }),
      );
    for (const { name, run } of transportConformance(open, { activeResources })) test(name, run);
  });

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("%s", (maxVersion) => {
    const open = () =>
      tlsLink({ cert: read("server.pem"), key: read("server.key"), maxVersion }, (server) =>
        tls({ host: "127.0.0.1", port: portOf(server), ca: read("ca.pem") }),
      );
    for (const { name, run } of transportConformance(open, { activeResources })) test(name, run);
  });
});

/** All that a socket does, without being one. */
class Wrapped extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super(); // half-open, as the socket: what was written before the peer's end is still to go
    this.#socket = socket;
    socket.allowHalfOpen = true;
    socket.on("data", (bytes) => {
      if (!this.push(bytes)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.once("close", () => done(error));
    this.#socket.destroy();
    if (this.#socket.closed) done(error);
  }
}
