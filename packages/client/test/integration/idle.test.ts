import { describeServer, startMosquitto } from "@petrel/servers";
import { expect, test } from "vitest";
import { type Client, connect } from "../../src/node/index.ts";
import { look } from "../support/remains.ts";

/** Bytes of heap. It is 8,600; with functions between its parts, instead of interfaces, it was 14,200. */
const MOST = 11_000;

describeServer("mosquitto", () => {
  test("an idle client is small, for a gateway may be thousands of them", async () => {
    await using server = await startMosquitto({ config: ["connection_messages false"] });
    const clients: Client[] = [];
    const connectSome = async (): Promise<void> => {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => connect(server.url)))));
    };
    try {
      await connectSome(); // the code is loaded before the count begins
      const before = await look();
      for (let turn = 0; turn < 4; turn++) await connectSome();
      const after = await look();
      expect((after.heap - before.heap) / 200).toBeLessThan(MOST);
    } finally {
      await Promise.all(clients.map((client) => client.disconnect()));
    }
  }, 20_000);
});
