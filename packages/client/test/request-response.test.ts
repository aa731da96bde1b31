import { ReasonCode } from "@petrel/codec";
import type { PublishPacket } from "@petrel/codec";
import { expect, test } from "vitest";
import { watch, World } from "./support/world.ts";

/** The requests that have come to the server. */
function requests(world: World): readonly PublishPacket[] {
  return world.server.takeReceived().filter((packet) => packet.type === "publish");
}

/** The server passes a reply on. */
async function reply(world: World, request: PublishPacket, payload: string): Promise<void> {
  const { responseTopic = "", correlationData } = request.properties ?? {};
  await world.send({ type: "publish", topicName: responseTopic, payload, properties: { correlationData } });
}

test("a request subscribes for its reply first, and gets the one with its correlation data", async () => {
  const world = await World.online();
  const answer = watch(world.client.request("light/kitchen", "on"));
  await world.settle();
  const [subscribe, request] = world.server.takeReceived();
  expect(subscribe).toMatchObject({ type: "subscribe" });
  if (subscribe?.type !== "subscribe" || request?.type !== "publish") return expect.unreachable();
  expect(request).toMatchObject({
    topicName: "light/kitchen",
    qos: 1,
    properties: { responseTopic: subscribe.subscriptions[0]!.topicFilter },
  });
  const strange = { correlationData: new Uint8Array([9]) };
  await world.send({
    type: "publish",
    topicName: request.properties!.responseTopic!,
    payload: "x",
    properties: strange,
  });
  expect(answer.state).toBe("pending");
  await reply(world, request, "done");
  expect(answer.value?.text()).toBe("done");
  await reply(world, request, "done twice"); // too late for anybody
  expect([world.events, world.clock.pendingTimers]).toEqual([[], 1]); // keep alive's
});

test("many requests share one subscription, and their replies may come in any order", async () => {
  const world = await World.online();
  const answers = ["1", "2", "3"].map((payload) => watch(world.client.request("square", payload)));
  await world.settle();
  const received = world.server.takeReceived();
  expect(received.map(({ type }) => type)).toEqual(["subscribe", "publish", "publish", "publish"]);
  for (const request of received.toReversed()) {
    if (request.type === "publish") await reply(world, request, `for ${new TextDecoder().decode(request.payload)}`);
  }
  expect(answers.map(({ value }) => value?.text())).toEqual(["for 1", "for 2", "for 3"]);
});

test("the response topic begins as the server wishes", async () => {
  const world = new World({ requestResponseInformation: true });
  world.server.accept({ responseInformation: "answers/me/" });
  void world.client.connect();
  await world.settle();
  void world.client.request("a", "").catch(() => undefined);
  await world.settle();
  expect(requests(world)[0]?.properties?.responseTopic).toMatch(/^answers\/me\/[0-9a-f]{16}$/);
});

test("a response topic and correlation data of one's own", async () => {
  const world = await World.online();
  const correlationData = new Uint8Array([1, 2]);
  const options = {
    responseTopic: "mine",
    properties: { correlationData, contentType: "text/plain" },
    qos: 0,
  } as const;
  const answer = watch(world.client.request("a", "", options));
  const same = watch(world.client.request("a", "", options));
  await world.settle();
  const [request] = requests(world);
  expect(request).toMatchObject({ qos: 0, properties: { ...options.properties, responseTopic: "mine" } });
  expect(same.error).toMatchObject({ code: "PETREL_OPTION", option: "properties.correlationData" });
  await reply(world, request!, "yes");
  expect(answer.value?.text()).toBe("yes");
});

test("no reply in time is a TimeoutError, an abort an AbortedError; both leave nothing behind", async () => {
  const world = await World.online({ keepAlive: 0 });
  const late = watch(world.client.request("a", "", { timeout: 500 }));
  const controller = new AbortController();
  const aborted = watch(world.client.request("a", "", { signal: controller.signal }));
  await world.elapse(499);
  expect([late.state, aborted.state]).toEqual(["pending", "pending"]);
  controller.abort();
  await world.elapse(1);
  expect(late.error).toMatchObject({ code: "PETREL_TIMEOUT", message: 'no reply to "a" within 500 ms' });
  expect(aborted.error).toMatchObject({ code: "PETREL_ABORTED" });
  expect(world.clock.pendingTimers).toBe(0);
});

test("when the server knows of nobody who listens, the request fails at once", async () => {
  const world = await World.online({ keepAlive: 0 });
  world.server.automatic = false;
  const answer = watch(world.client.request("nobody/home", "", { qos: 1 }));
  await world.settle();
  const packetIdentifier = 1;
  await world.send({ type: "suback", packetIdentifier, reasonCodes: [1] });
  await world.send({ type: "puback", packetIdentifier, reasonCode: ReasonCode.noMatchingSubscribers });
  expect(answer.error).toMatchObject({ code: "PETREL_NO_RESPONDER" });
  expect(answer.error?.message).toContain('nobody subscribes to "nobody/home"');
  expect(world.clock.pendingTimers).toBe(0);
});

test("a request that can't be sent, or whose replies are refused, fails with the reason; the next one tries anew", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const refused = watch(world.client.request("a", ""));
  await world.settle();
  await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [ReasonCode.notAuthorized] });
  expect(refused.error).toMatchObject({ code: "PETREL_SUBSCRIBE_REJECTED" });
  world.server.automatic = true;
  const misused = watch(world.client.request("a/+", ""));
  const negative = watch(world.client.request("a", "", { timeout: -1 }));
  await world.settle();
  expect([misused.error, negative.error]).toMatchObject([{ name: "EncodeError" }, { option: "timeout" }]);
  const fine = watch(world.client.request("a", ""));
  await world.settle();
  await reply(world, requests(world).at(-1)!, "yes");
  expect(fine.value?.text()).toBe("yes");
});

test("requestMany gives all replies until the time is up", async () => {
  const world = await World.online({ keepAlive: 0 });
  const heard: string[] = [];
  const all = (async () => {
    for await (const message of world.client.requestMany("who/is/there", "", { timeout: 1_000 }))
      heard.push(message.text());
    return "ended";
  })();
  await world.settle();
  const [request] = requests(world);
  await reply(world, request!, "anna");
  await world.elapse(900);
  await reply(world, request!, "bert");
  expect(heard).toEqual(["anna", "bert"]);
  await world.elapse(100);
  expect(await all).toBe("ended");
  expect(world.clock.pendingTimers).toBe(0);
});

test("leaving the loop ends a requestMany", async () => {
  const world = await World.online({ keepAlive: 0 });
  const first = (async () => {
    for await (const message of world.client.requestMany("a", "")) return message.text();
    return undefined;
  })();
  await world.settle();
  await reply(world, requests(world)[0]!, "anna");
  expect([await first, world.clock.pendingTimers]).toEqual(["anna", 0]);
});

test("respond answers at the request's QoS, with its correlation data, to its response topic", async () => {
  const world = await World.online();
  const responding = watch(world.client.respond("square", (message) => String(Number(message.text()) ** 2)));
  await world.settle();
  expect(responding.state).toBe("resolved");
  world.server.takeReceived();
  const properties = { responseTopic: "back", correlationData: new Uint8Array([7]) };
  await world.send({ type: "publish", topicName: "square", payload: "12", qos: 1, packetIdentifier: 5, properties });
  const [answer] = requests(world);
  expect(answer).toMatchObject({ topicName: "back", qos: 1, properties: { correlationData: new Uint8Array([7]) } });
  expect(new TextDecoder().decode(answer!.payload)).toBe("144");
});

test("a responder that throws is an error event, and the next request is answered; a message that wants no reply gets none", async () => {
  const world = await World.online();
  const responding = watch(
    world.client.respond("a", async (message) => {
      if (message.text() === "bad") throw new Error("no idea");
      return { payload: "fine", properties: { contentType: "text/plain" } };
    }),
  );
  await world.settle();
  expect(responding.state).toBe("resolved");
  world.server.takeReceived();
  const send = (payload: string, properties?: { readonly responseTopic: string }) =>
    world.send({ type: "publish", topicName: "a", payload, properties });
  await send("bad", { responseTopic: "back" });
  await send("told only");
  await send("good", { responseTopic: "back" });
  expect(requests(world)).toMatchObject([{ topicName: "back", properties: { contentType: "text/plain" } }]);
  expect(world.eventsOf("error").map(({ message }) => message)).toEqual(['the handler for "a" failed: no idea']);
});

test("what waits for a reply fails when the client is closed; it works again after", async () => {
  const world = await World.online();
  const waiting = watch(world.client.request("a", ""));
  await world.settle();
  void world.client.disconnect();
  await world.settle();
  expect(waiting.error).toMatchObject({ code: "PETREL_CLIENT_CLOSED" });
  void world.client.connect();
  await world.settle();
  world.server.takeReceived();
  const again = watch(world.client.request("a", ""));
  await world.settle();
  expect(world.received()[0]).toMatch(/^subscribe petrel\/response\//);
  expect(again.state).toBe("pending");
});

test("3.x has no request and response, and says so", async () => {
  const world = await World.online311();
  const request = watch(world.client.request("a", ""));
  await world.settle();
  expect(request.error).toMatchObject({
    code: "PETREL_OPTION",
    message: 'option version is "3.1.1"; request() needs MQTT 5.0',
  });
  expect(() => world.client.respond("a", () => "")).toThrow("respond() needs MQTT 5.0");
});

test("ping tells the round trip", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const ping = watch(world.client.ping());
  await world.elapse(25);
  expect(world.received()).toEqual(["pingreq"]);
  await world.send({ type: "pingresp" });
  expect(ping.value).toBe(25);
});

test("a ping without a connection, or without an answer, fails", async () => {
  const world = await World.online({ timeouts: { pingResponse: 5_000 } });
  world.server.automatic = false;
  const unanswered = watch(world.client.ping());
  await world.elapse(5_000);
  expect(unanswered.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "PINGRESP" });
  const offline = watch(world.client.ping());
  await world.settle();
  expect(offline.error).toMatchObject({ code: "PETREL_NOT_CONNECTED" });
});

test("reconnect ends the connection politely and makes another one at once", async () => {
  const world = await World.online();
  const again = watch(world.client.reconnect());
  await world.settle();
  expect([again.state, world.client.state, world.server.connections]).toEqual(["resolved", "online", 2]);
  expect(world.eventNames).toEqual(["disconnected", "connecting", "connected"]);
  expect(world.eventsOf("disconnected")).toMatchObject([{ by: "client", cause: undefined }]);
});

test("reconnect cuts a wait short, and connects a client that is closed", async () => {
  const world = await World.online({ reconnect: { initialDelay: 60_000, jitter: "none" } });
  await world.lose();
  expect(world.client.state).toBe("reconnecting");
  const again = watch(world.client.reconnect());
  await world.settle();
  expect([again.state, world.client.state]).toEqual(["resolved", "online"]);
  void world.client.disconnect();
  await world.settle();
  void world.client.reconnect();
  await world.settle();
  expect([world.client.state, world.server.connections]).toEqual(["online", 3]);
});

test("a response topic that was unsubscribed is subscribed again for the next request", async () => {
  const world = await World.online();
  const options = { responseTopic: "replies", timeout: 1_000 };
  const late = watch(world.client.request("square", "1", options));
  await world.elapse(1_000);
  expect(late.error).toMatchObject({ code: "PETREL_TIMEOUT" });
  await Promise.all([world.client.unsubscribe("replies"), world.settle()]);
  world.server.takeReceived();
  const answer = watch(world.client.request("square", "2", options));
  await world.settle();
  const [subscribe, request] = world.server.takeReceived();
  expect(subscribe).toMatchObject({ type: "subscribe", subscriptions: [{ topicFilter: "replies" }] });
  if (request?.type !== "publish") return expect.unreachable();
  await reply(world, request, "4");
  expect(answer.value?.text()).toBe("4");
});
