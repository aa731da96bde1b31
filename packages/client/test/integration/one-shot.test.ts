import { describeServer, startMosquitto } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, publishOnce, subscribeEach, subscribeOnce } from "../../src/node/index.ts";

describeServer("mosquitto", () => {
  let server: Awaited<ReturnType<typeof startMosquitto>>;
  beforeAll(async () => {
    server = await startMosquitto();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test("publishOnce publishes one message or several, and says how each went", async () => {
    await using client = await connect(server.url);
    const heard = await client.subscribe("once/#", { qos: 2 });
    const single = await publishOnce(server.url, { topic: "once/1", payload: 21.5, qos: 1 });
    const several = await publishOnce(
      server.url,
      [
        { topic: "once/2", payload: "b", qos: 1 },
        { topic: "once/3", qos: 1 },
      ],
      { version: "3.1.1" },
    );
    expect([single.length, several.length]).toEqual([1, 2]);
    const messages = [await heard.next(), await heard.next(), await heard.next()];
    expect(messages.map((message) => [message?.topic, message?.text()])).toEqual([
      ["once/1", "21.5"],
      ["once/2", "b"],
      ["once/3", ""],
    ]);
  });

  test("publishOnce fails as connecting and publishing do, and leaves nothing open", async () => {
    await expect(publishOnce("mqtt://127.0.0.1:1", { topic: "a" })).rejects.toMatchObject({
      code: "PETREL_TRANSPORT_REFUSED",
    });
    await expect(publishOnce(server.url, { topic: "a/+" })).rejects.toMatchObject({ name: "EncodeError" });
  });

  test("subscribeOnce gives the first message, or a list of so many; retained ones can be skipped", async () => {
    await publishOnce(server.url, { topic: "kept", payload: "old", qos: 1, retain: true });
    expect((await subscribeOnce(server.url, "kept")).text()).toBe("old");
    const fresh = subscribeOnce(server.url, "kept", { count: 2, skipRetained: true, subscribe: { qos: 1 } });
    const publishing = setInterval(() => void publishOnce(server.url, { topic: "kept", payload: "new", qos: 1 }), 100);
    const messages = await fresh;
    clearInterval(publishing);
    expect(messages.map((message) => message.text())).toEqual(["new", "new"]);
  });

  test("subscribeOnce gives up when its time is over, or it is told to", async () => {
    await expect(subscribeOnce(server.url, "silence", { timeout: 50 })).rejects.toMatchObject({
      code: "PETREL_TIMEOUT",
      message: "no message within 50 ms",
    });
    const controller = new AbortController();
    const waiting = subscribeOnce(server.url, "silence", { signal: controller.signal, count: 3 });
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await expect(waiting).rejects.toMatchObject({ code: "PETREL_ABORTED" });
    await expect(subscribeOnce(server.url, "silence", { count: 0 })).rejects.toMatchObject({ option: "count" });
  });

  test("subscribeEach hands out messages until it is aborted, or the handler fails", async () => {
    await using client = await connect(server.url);
    const controller = new AbortController();
    const heard: string[] = [];
    const each = subscribeEach(
      server.url,
      "each",
      (message) => {
        heard.push(message.text());
        if (heard.length === 2) controller.abort();
      },
      { signal: controller.signal },
    );
    const publishing = setInterval(() => void client.publish("each", "x"), 20);
    await each;
    expect(heard.slice(0, 2)).toEqual(["x", "x"]);
    const failing = subscribeEach(server.url, "each", () => Promise.reject(new Error("no more")));
    await expect(failing).rejects.toThrow("no more");
    clearInterval(publishing);
  });
});
