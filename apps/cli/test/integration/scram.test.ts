import { connect, scramSha256 } from "@petrel/client";
import { describeServer, makeScramPlugin, type Mosquitto, type ScramPlugin, startMosquitto } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runPetrel } from "../support/petrel.ts";

describeServer(["mosquitto", "gcc", "mosquitto-dev", "libmosquitto-dev", "libgsasl-dev"], () => {
  let plugin: ScramPlugin;
  let server: Mosquitto;
  beforeAll(async () => {
    plugin = await makeScramPlugin();
    server = await startMosquitto({ config: [...plugin.config("anna", "gehéim"), "log_type all"] });
  });
  afterAll(async () => {
    await server.stop();
    await plugin[Symbol.asyncDispose]();
  });
  const conn = (...args: string[]): ReturnType<typeof runPetrel> =>
    runPetrel(["conn", "--once", "-L", server.url, ...args]);

  test.each(["SCRAM-SHA-1", "SCRAM-SHA-256"])(
    "%s of GNU SASL and ours agree, and the password is not sent",
    async (method) => {
      const { status, stderr } = await conn("-am", method, "-u", "anna", "-P", "gehéim", "--debug");
      expect(status).toBe(0);
      expect(stderr).toMatch(/-> CONNECT .*\n.*<- AUTH .*\n.*-> AUTH .*\n.*<- CONNACK success/);
      expect(stderr).not.toContain("password");
      expect(server.log()).toContain("u'anna'");
    },
  );

  test.each([
    ["a wrong password", "anna", "geheim"],
    ["nobody that it knows", "otto", "gehéim"],
  ])("%s is refused with status 4", async (_what, user, password) => {
    expect(await conn("-am", "SCRAM-SHA-256", "-u", user, "-P", password)).toEqual({
      status: 4,
      stdout: "",
      stderr: "petrel: the server refused the connection: not authorized (0x87); check -u and -P\n",
    });
  });

  test("a method that it has not is refused with status 4", async () => {
    const { status, stderr } = await conn("-am", "SCRAM-SHA-512", "-u", "anna", "-P", "gehéim");
    expect(stderr).toBe("petrel: the server refused the connection: bad authentication method (0x8c)\n");
    expect(status).toBe(4);
  });

  test("a client authenticates again on its connection", async () => {
    await using client = await connect(server.url, { authentication: scramSha256("anna", "gehéim") });
    await client.reauthenticate();
    await client.publish("a", "still here", { qos: 1 });
  });
});
