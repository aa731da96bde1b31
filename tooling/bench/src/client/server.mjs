// A server that does as little as one can do: it answers what has to be answered and makes no packet twice. What is
// measured beside it is the client. Prints its port; ends when its standard input does.
//
// A PUBLISH to `go/QOS/COUNT`, or a SUBSCRIBE to it, asks for COUNT messages to `bench/topic`.

import { createServer } from "node:net";

const PAYLOAD = Buffer.alloc(40, "x");
const TOPIC = Buffer.from("bench/topic");
/** QoS 1 messages in a block. A block is sent again when all of it is acknowledged, and its neighbours meanwhile. */
const BLOCK = 250;
/** Blocks in flight at once, so that no client's way of acknowledging leaves the connection idle. */
const BLOCKS = 8;

function publish(qos, packetIdentifier) {
  const identifier = qos === 0 ? [] : [packetIdentifier >> 8, packetIdentifier & 255];
  const body = [0, TOPIC.length, ...TOPIC, ...identifier, 0, ...PAYLOAD];
  return Buffer.from([0x30 | (qos << 1), body.length, ...body]);
}

const QOS_0 = Buffer.concat(Array.from({ length: 1_000 }, () => publish(0)));
const QOS_1 = Array.from({ length: BLOCKS }, (_, block) =>
  Buffer.concat(Array.from({ length: BLOCK }, (__, index) => publish(1, block * BLOCK + index + 1))),
);

function serve(socket) {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  let rest = Buffer.alloc(0);
  let wanted = 0;
  const unacknowledged = Array.from({ length: BLOCKS }, () => 0);

  const sendQoS0 = () => {
    while (wanted > 0) {
      wanted -= 1_000;
      if (!socket.write(QOS_0)) {
        socket.once("drain", sendQoS0);
        return;
      }
    }
  };
  const sendBlock = (block) => {
    if (wanted <= 0) return;
    wanted -= BLOCK;
    unacknowledged[block] = BLOCK;
    socket.write(QOS_1[block]);
  };
  const start = (qos, count) => {
    wanted = count;
    if (qos === 0) sendQoS0();
    else for (let block = 0; block < BLOCKS; block++) sendBlock(block);
  };

  socket.on("data", (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const answers = [];
    let position = 0;
    for (;;) {
      const header = remainingLength(bytes, position + 1);
      if (header === undefined || header.start + header.length > bytes.length) break;
      const at = header.start;
      const type = bytes[position] >> 4;
      const qos = (bytes[position] >> 1) & 3;
      if (type === 1) answers.push(0x20, 3, 0, 0, 0);
      else if (type === 6) answers.push(0x70, 2, bytes[at], bytes[at + 1]);
      else if (type === 8) {
        const order = /go\/(\d)\/(\d+)/.exec(bytes.toString("latin1", at, at + header.length));
        if (order === null) answers.push(0x90, 4, bytes[at], bytes[at + 1], 0, 1);
        else answers.push(0x90, 5, bytes[at], bytes[at + 1], 0, 1, 1); // the order, and the topic of the messages
        if (order !== null) setImmediate(start, Number(order[1]), Number(order[2])); // after the answer
      } else if (type === 12) answers.push(0xd0, 0);
      else if (type === 4) {
        const block = Math.floor((bytes.readUInt16BE(at) - 1) / BLOCK);
        if (--unacknowledged[block] === 0) sendBlock(block);
      } else if (type === 3) {
        const end = at + 2 + bytes.readUInt16BE(at);
        if (qos > 0) answers.push(qos === 1 ? 0x40 : 0x50, 2, bytes[end], bytes[end + 1]);
        else if (bytes[at + 2] === 0x67) {
          const order = /^go\/(\d)\/(\d+)$/.exec(bytes.toString("latin1", at + 2, end));
          if (order !== null) start(Number(order[1]), Number(order[2]));
        }
      }
      position = at + header.length;
    }
    rest = bytes.subarray(position);
    if (answers.length > 0) socket.write(Buffer.from(answers));
  });
}

function remainingLength(bytes, position) {
  let length = 0;
  for (let shift = 0; position < bytes.length; shift += 7) {
    const byte = bytes[position++];
    length |= (byte & 127) << shift;
    if (byte < 128) return { length, start: position };
  }
  return undefined;
}

const server = createServer(serve).listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit());
