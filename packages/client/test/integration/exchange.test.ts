import { describeServer, startAedes, startMosquitto } from "@petrel/servers";
import { afterAll, beforeAll, describe } from "vitest";
import { exchange } from "../support/exchange.ts";

interface Server extends AsyncDisposable {
  readonly url: string;
}

describe("aedes", () => exchangeWith(startAedes));
describeServer("mosquitto", () => exchangeWith(() => startMosquitto({ config: ["max_queued_messages 0"] })));

function exchangeWith(start: () => Promise<Server>): void {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });
  exchange(() => server);
}
