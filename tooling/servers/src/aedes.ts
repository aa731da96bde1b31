import { Aedes, type AedesOptions } from "aedes";
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface AedesServerOptions extends AedesOptions {
  /** Default: a free port. */
  readonly port?: number;
}

export interface AedesServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The broker itself, to look at its clients or to publish from the server's side. */
  readonly broker: Aedes;
  /** Cuts every connection and frees the port. */
  stop(): Promise<void>;
}

/** Starts an aedes broker in this process, on the loopback interface, for tests that need no installed server. */
export async function startAedes(options: AedesServerOptions = {}): Promise<AedesServer> {
  const { port: wantedPort = 0, ...brokerOptions } = options;
  const broker = await Aedes.createBroker(brokerOptions);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(wantedPort, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
    await new Promise<void>((resolve) => broker.close(resolve));
  };
  return { url: `mqtt://127.0.0.1:${port}`, port, broker, stop, [Symbol.asyncDispose]: stop };
}
