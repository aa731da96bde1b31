import { describeServer, startMicrosocks, startMosquitto } from "@petrel/servers";
import { expect, test } from "vitest";
import { runPetrel, subscribed } from "../support/petrel.ts";

describeServer(["mosquitto", "microsocks"], () => {
  test("a message goes from pub to sub over WebSocket, one of them through a proxy", async () => {
    await using mosquitto = await startMosquitto({ webSocket: true });
    await using proxy = await startMicrosocks({ username: "anna", password: "s3cret" });
    const place = ["-l", "ws", "-h", "127.0.0.1", "-p", String(mosquitto.webSocketPort), "--path", "/any"];
    const through = (password: string) => ["--proxy", `socks5h://anna:${password}@127.0.0.1:${proxy.port}`];
    const sub = await subscribed([...place, "-wh", "X-Name: petrel", "-t", "a", "-C", "1"]);
    await using _sub = sub;
    const pub = await runPetrel(["pub", ...place, ...through("s3cret"), "-t", "a", "-m", "over WebSocket", "-q", "2"]);
    expect(pub).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(await sub.ended).toMatchObject({ status: 0, stdout: "over WebSocket\n" });

    expect(await runPetrel(["pub", ...place, ...through("wr0ng"), "-t", "a", "-m", "x"])).toEqual({
      status: 3,
      stdout: "",
      stderr: `petrel: the proxy 127.0.0.1:${proxy.port} does not accept this user name and password; check both\n`,
    });
  });
});
