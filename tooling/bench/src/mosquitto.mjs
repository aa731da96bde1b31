import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** A Mosquitto of Debian's on a free port. */
export async function startMosquitto() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const server = spawn("mosquitto", ["-p", String(port)], { stdio: ["ignore", "ignore", "pipe"] });
  await once(server, "spawn");
  for await (const line of createInterface(server.stderr)) if (line.includes("running")) break;
  return { port: String(port), end: () => server.kill() };
}
