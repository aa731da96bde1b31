import { describeServer, startMosquitto } from "@petrel/servers";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { numbers, petrel, subscribed } from "../support/petrel.ts";

const RESTARTS = 3;
/** Lines written before each restart, and after the last. */
const PORTION = 1_500;
const COUNT = PORTION * (RESTARTS + 1);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "petrel-restarts-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/**
 * When more than that wait for their PUBCOMP, Mosquitto 2.0.11 saves them all, but after the
 * restart it takes those beyond the limit (20 by default) for new, and sends again what it has released already. No
 * receiver can tell those from new messages.
 */
const INFLIGHT = "max_inflight_messages 20000";

describeServer("mosquitto", () => {
  test.each([
    ["5.0", "1"],
    ["5.0", "2"],
    ["3.1.1", "1"],
    ["3.1.1", "2"],
  ])(`restarts ${RESTARTS} times in the middle, over %s at QoS %s, and nothing is lost`, async (version, qos) => {
    await using server = await startMosquitto({
      persistence: directory,
      config: ["max_queued_messages 0", "max_queued_bytes 0", INFLIGHT],
    });
    const session = ["-L", server.url, "-V", version, "-t", "numbers", "-q", qos, "--no-clean", "-rp", "50"];
    if (version === "5.0") session.push("-se", "300");
    await using sub = await subscribed([...session, "-i", "subscriber"]);
    await using pub = petrel(["pub", ...session, "-i", "publisher", "--lines"]);

    for (let restart = 0; restart < RESTARTS; restart++) {
      const first = restart * PORTION + 1;
      void pub.write(numbers(first + PORTION - 1, first));
      await sub.hasPrintedLine(String(first + 100)); // the others are anywhere on their way
      await server.restart();
    }
    pub.endInput(numbers(COUNT, COUNT - PORTION + 1));
    const published = await pub.ended;
    expect(published, published.stderr).toMatchObject({ status: 0, stdout: "" });
    expect(published.stderr.match(/connected again, the session goes on/g)).toHaveLength(RESTARTS);

    await sub.hasPrintedLine(String(COUNT));
    const { status, stdout } = await sub.signal("SIGINT").ended;
    expect(status).toBe(0);
    if (qos === "2") {
      expect(stdout).toBe(numbers(COUNT)); // exactly once, in order
    } else {
      const once = [...new Set(stdout.trimEnd().split("\n"))]; // at least once, the first ones in order
      expect(once.join("\n")).toBe(numbers(COUNT).trimEnd());
    }
  });
});
