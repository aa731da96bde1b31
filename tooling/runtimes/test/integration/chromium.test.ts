import { bundle, type Chromium, startChromium } from "@petrel/browser";
import { describeServer, startMosquitto } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setStage, startControl } from "../../src/stage.ts";
import { allPassed, type Outcomes } from "../../src/stories.ts";

/** On a machine that is busy with other things. */
const TIMEOUT_MS = 120_000;

describeServer(["mosquitto", "openssl", "chromium"], () => {
  let chromium: Chromium;
  beforeAll(async () => void (chromium = await startChromium()), TIMEOUT_MS);
  afterAll(() => chromium.close());

  test("the client does in a page of Chromium what it does everywhere", { timeout: TIMEOUT_MS }, async () => {
    await using stage = await setStage();
    const module = await bundle('export { main } from "../runtimes/src/stories.ts";');
    const setting = stage.inTrustingPages;
    expect(await chromium.run<Outcomes>(module, setting)).toEqual(allPassed(setting));
  });

  test("it can also speak to a server from a worker", { timeout: TIMEOUT_MS }, async () => {
    await using stage = await setStage();
    const setting = { ...stage.inPages, brief: true };
    const worker = await bundle(`
      import { main } from "../runtimes/src/stories.ts";
      onmessage = async ({ data }) => postMessage(await main(data));`);
    const page = `export const main = ({ worker, setting }) =>
      new Promise((resolve, reject) => {
        const url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
        const thread = new Worker(url);
        thread.onmessage = ({ data }) => resolve(data);
        thread.onerror = ({ message }) => reject(new Error(message));
        thread.postMessage(setting);
      });`;
    expect(await chromium.run<Outcomes>(page, { worker, setting })).toEqual(allPassed(setting));
  });

  test("when Chromium is online again, the client is too, without waiting", { timeout: TIMEOUT_MS }, async () => {
    await using server = await startMosquitto({ webSocket: true });
    await server.kill();
    const module = await bundle(`
      import { createClient } from "@petrel/client";
      export async function main({ url, restart }) {
        const hour = 3_600_000;
        const reconnect = { retryInitial: true, initialDelay: hour, maximumDelay: hour, jitter: "none" };
        const client = createClient(url, { reconnect });
        const waits = new Promise((resolve) => client.on("reconnecting", ({ delay }) => resolve(delay)));
        const connected = client.connect();
        const delay = await waits;
        await fetch(restart);
        await setOffline(true);
        await setOffline(false);
        await connected;

        const sends = new Promise((resolve) => client.on("packetSent", ({ type }) => resolve(type)));
        await setOffline(true);
        await setOffline(false);
        const sent = await sends;
        await client.disconnect();
        return { delay, sent };
      }`);
    const control = await startControl(() => server.restart());
    try {
      expect(await chromium.run(module, { url: server.webSocketUrl, restart: control.url })).toEqual({
        delay: 3_600_000,
        sent: "pingreq", // the connection it has may be one of the network before
      });
    } finally {
      control.close();
    }
  });
});
