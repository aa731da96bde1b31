import { connect, type Client } from "@petrel/client";
import { describeServer, startMosquitto, type Mosquitto } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { petrel, runPetrel } from "../support/petrel.ts";

describeServer("mosquitto", () => {
  let server: Mosquitto;
  let responder: Client;
  beforeAll(async () => {
    server = await startMosquitto();
    responder = await connect(server.url);
    await responder.respond("square", (request) => String(Number(request.text()) ** 2));
    await responder.respond("properties", ({ properties }) => JSON.stringify(properties));
    // Answers with the wrong correlation data, and then with the right one.
    await responder.subscribe("twice", (request) => {
      const { responseTopic = "", correlationData } = request.properties ?? {};
      responder.publish(responseTopic, "wrong", { qos: 1, properties: { correlationData: Buffer.from("other") } });
      responder.publish(responseTopic, "right", { qos: 1, properties: { correlationData } });
    });
    await responder.subscribe("deaf", () => undefined);
  });
  afterAll(async () => {
    await responder.disconnect();
    await server.stop();
  });
  const ask = (...args: string[]) => runPetrel(["request", "-L", server.url, ...args], "5");

  test("prints the reply", async () => {
    const [text, stdin, json] = await Promise.all([
      ask("-t", "square", "-m", "12"),
      ask("-t", "square", "-s", "-e", "my/answers", "-v"),
      ask("-t", "square", "-m", "3", "--output", "json", "-cd", "id", "-e", "mine"),
    ]);
    expect(text).toEqual({ status: 0, stdout: "144\n", stderr: "" });
    expect(stdin.stdout).toBe("my/answers 25\n");
    const reply = JSON.parse(json.stdout) as unknown;
    expect(reply).toMatchObject({ topic: "mine", payload: "9", properties: { correlationData: btoa("id") } });
  });

  test("sends the properties that were typed", async () => {
    const { stdout } = await ask("-t", "properties", "-n", "-ct", "text/plain", "-up", "a: b");
    expect(JSON.parse(stdout)).toMatchObject({ contentType: "text/plain", userProperties: [["a", "b"]] });
  });

  test("takes no reply whose correlation data is another's", async () => {
    expect(await ask("-t", "twice", "-n")).toMatchObject({ status: 0, stdout: "right\n" });
  });

  test("no reply in time is status 27, nobody who could reply status 5, Ctrl-C 130, an older version 2", async () => {
    await using waiting = petrel(["request", "-L", server.url, "--debug", "-t", "deaf", "-n"]);
    const [late, nobody, old] = await Promise.all([
      ask("-t", "deaf", "-n", "-W", "1"),
      ask("-t", "nobody", "-n"),
      ask("-t", "square", "-n", "-V", "3.1.1"),
      waiting.said(/PUBLISH/),
    ]);
    expect(late).toEqual({ status: 27, stdout: "", stderr: 'petrel: no reply to "deaf" within 1 s\n' });
    expect(nobody.status).toBe(5);
    expect(nobody.stderr).toMatch(/^petrel: nobody subscribes to "nobody"[^\n]*\n$/);
    expect(old.status).toBe(2);
    expect(old.stderr).toContain("request needs MQTT 5.0");
    expect((await waiting.signal("SIGINT").ended).status).toBe(130);
  });
});
