// MQTT in a loop that is not Petrel's. Once in each turn the loop reads, writes, looks at its clock and acts, as a game or
// a simulation does; who knows paho's loop_read, loop_write and loop_misc finds them here. The bytes go over the pipes of
// a child process: any program that speaks MQTT on its standard input and output will do.
//
//   node loop.mjs                                           with server.mjs
//   node loop.mjs ssh gateway nc localhost 1883             with a server that only ssh reaches

import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { decodeUtf8 } from "@petrel/codec";
import { MqttSession } from "@petrel/session";

const ownServer = [process.execPath, fileURLToPath(new URL("server.mjs", import.meta.url))];
const [program, ...args] = process.argv.length > 2 ? process.argv.slice(2) : ownServer;
const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
child.stdin.on("error", () => {}); // its end is seen below
let writable = true;
child.stdin.on("drain", () => (writable = true));

const session = new MqttSession({ clientIdentifier: "foreign-loop", keepAlive: 1 });
const now = () => performance.now();

/** Bytes that have come. */
function loopRead() {
  for (let bytes = child.stdout.read(); bytes !== null; bytes = child.stdout.read()) {
    session.handleBytes(new Uint8Array(bytes), now());
  }
  if (child.stdout.readableEnded && session.phase !== "offline") session.handleClose(now());
}

/** Bytes that want to go, as long as the pipe takes them. */
function loopWrite() {
  while (writable) {
    const bytes = session.takeOutput(now());
    if (bytes === undefined) break;
    writable = child.stdin.write(bytes);
  }
  if (session.phase === "disconnecting" && writable) {
    session.handleClose(now());
    child.stdin.end();
  }
}

/** Deadlines that have come. */
function loopMisc() {
  const deadline = session.nextTimeout();
  if (deadline !== undefined && deadline <= now()) session.handleTimeout(now());
}

/** What this program is about: it counts down to lift-off, and listens to itself. */
function act(event) {
  switch (event.type) {
    case "connected":
      session.subscribe({ subscriptions: [{ topicFilter: "countdown", qos: 2 }] }, "the subscription", now());
      return;
    case "subscribed":
      for (const [qos, payload] of ["three", "two", "one"].entries()) {
        session.publish({ topicName: "countdown", payload, qos }, payload, now());
      }
      return;
    case "published":
      console.log(`said ${event.context}`);
      return;
    case "message":
      console.log(`heard ${decodeUtf8(event.packet.payload)} at QoS ${event.packet.qos}`);
      if (event.delivery !== undefined) session.acknowledge(event.delivery);
      if (decodeUtf8(event.packet.payload) === "one") session.ping("lift-off", now());
      return;
    case "pinged":
      console.log(event.context);
      session.disconnect({}, now());
      return;
    case "failed":
      console.error(`${event.context}: ${event.error.message}`);
      process.exitCode = 1;
      return;
    case "disconnected":
      console.log(event.error === undefined ? "goodbye" : event.error.message);
      if (event.error !== undefined) process.exitCode = 1;
  }
}

session.handleOpen(now());
while (session.phase !== "offline") {
  loopRead();
  loopWrite();
  loopMisc();
  for (const event of session.takeEvents()) act(event);
  await setTimeout(5); // the rest of a turn: another would draw a frame
}
