import { Aedes } from "aedes";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { CommandError, ExitCode } from "./exit-codes.ts";

/** A broker in this process, in memory, for development. */
export interface EmbeddedBroker extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

/** @param port 0: any free one */
export async function startBroker(host: string, port: number): Promise<EmbeddedBroker> {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    broker.handle(socket);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    broker.close(); // its timers would keep the process alive
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
  const actual = (server.address() as AddressInfo).port;
  return {
    url: `mqtt://${host.includes(":") ? `[${host}]` : host}:${actual}`,
    port: actual,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): CommandError {
  const why = error.code === "EADDRINUSE" ? "something else listens there already; try another --port" : error.message;
  return new CommandError(`the broker cannot listen on ${host}:${port}: ${why}`, ExitCode.network, { cause: error });
}
