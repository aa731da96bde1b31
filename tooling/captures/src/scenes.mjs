import { captureOf } from "./pcap.mjs";

/**
 * What somebody does at the terminal and sees. Each has a terminal of its own.
 *
 * @typedef {object} Scene
 * @property {string} name of the picture
 * @property {readonly (readonly string[])[]} [before] published by others, retained: arguments of `petrel pub`
 * @property {readonly string[]} typed a line each; the next when the prompt is back
 * @property {RegExp} until the screen is worth a picture: what the last line shows
 * @property {RegExp} [ready] what is published afterwards would be missed before
 * @property {readonly (readonly string[])[]} [published] when it is ready
 * @property {readonly number[]} [widths] in columns; both, unless only one has something to show
 */

/** Below what a command has printed, if anything. */
export const PROMPT_IS_BACK = /\n\$ *\n*$/;

/** @type {readonly Scene[]} */
export const SCENES = [
  { name: "help", typed: ["petrel --help"], until: PROMPT_IS_BACK, widths: [80] },
  {
    name: "sub",
    before: [["-t", "kitchen/temperature", "-m", "21.5", "-q", "1", "-r"]],
    typed: ["petrel sub -t 'kitchen/#' -t 'alarms/+' -q 2 -v"],
    ready: /21\.5/,
    published: [
      ["-t", "kitchen/state", "-m", '{"light":true,"names":["Küche","台所"]}', "-q", "1"],
      [
        "-t",
        "alarms/smoke",
        "-m",
        "tested: all detectors of the ground floor answered within a second, batteries are good for another year",
        "-q",
        "2",
      ],
      ["-t", "alarms/door", "-n"],
      ["-t", "kitchen/hostile", "-m", "\u001b[2J\u001b]0;title\u0007 does nothing", "-q", "0"],
      ["-t", "kitchen/binary", "-m", "/wD+", "--format", "base64"],
    ],
    until: /binary .+/,
  },
  {
    name: "sub-forms",
    before: [
      ["-t", "kitchen/temperature", "-m", "21.5", "-q", "1", "-r"],
      ["-t", "kitchen/state", "-m", '{"light":true,"names":["Küche","台所"]}', "-q", "1", "-r"],
    ],
    typed: [
      "petrel sub -t 'kitchen/#' -q 1 -C 2 -F 'QoS %q, retained %r, %-20t %l bytes: %p'",
      "petrel sub -t kitchen/state -C 1 --output clean",
    ],
    until: PROMPT_IS_BACK,
    widths: [80],
  },
  {
    name: "pub",
    typed: ["petrel pub -t load -S 1KB -q 1 --repeat 5000 --rate 1500 --progress"],
    until: /2,\d\d\d of 5,000/,
  },
  {
    name: "pub-lines",
    typed: ["seq 1 100000 | petrel pub -t numbers -q 1 --lines --rate 1500 --progress"],
    until: /2,\d\d\d of/,
    widths: [80],
  },
  { name: "conn", typed: ["petrel conn -i kitchen"], until: /Ctrl-C disconnects/, widths: [80] },
  { name: "probe", typed: ["petrel probe mqtt://localhost"], until: PROMPT_IS_BACK, widths: [80] },
  { name: "broker", typed: ["petrel broker -p 1884 --ws-port 9001"], until: /Ctrl-C ends it/, widths: [80] },
  {
    name: "bench-running",
    typed: ["petrel bench pub -c 20 -im 5 -q 1 --duration 30"],
    until: /connected 20, sent [3-9],/,
  },
  { name: "bench", typed: ["petrel bench rtt -c 10 -im 20 -q 1 --duration 2"], until: PROMPT_IS_BACK },
  {
    name: "simulate",
    typed: ["petrel simulate --list", "petrel simulate --scenario factory -c 50"],
    until: /50 devices, \d\d+ messages/,
  },
  { name: "demo", typed: ["petrel demo"], until: PROMPT_IS_BACK, widths: [80] },
  { name: "decode", typed: ["petrel decode trace.pcap"], until: PROMPT_IS_BACK },
  {
    name: "decode-wrong",
    typed: ["echo 'c1 00 30 05 00 01 61 68 69' | petrel decode -V 3.1.1 --lenient"],
    until: PROMPT_IS_BACK,
    widths: [80],
  },
  {
    name: "errors",
    typed: [
      "petrel bnech",
      "petrel conn --onec",
      "petrel conn -h broker --url mqtt://broker",
      "petrel conn -p 9",
      "petrel sub -t 'kitchen/#/state'",
    ],
    until: PROMPT_IS_BACK,
  },
];

const text = (string) => new TextEncoder().encode(string);

/** What `petrel decode` reads. */
export const TRACE = captureOf([
  [
    "->",
    {
      type: "connect",
      clientIdentifier: "kitchen",
      keepAlive: 60,
      username: "anna",
      password: text("secret"),
      will: { topicName: "kitchen/state", payload: text("offline"), qos: 1, retain: true },
      properties: { sessionExpiryInterval: 3_600, receiveMaximum: 20 },
    },
  ],
  [
    "<-",
    {
      type: "connack",
      sessionPresent: false,
      reasonCode: 0,
      properties: { topicAliasMaximum: 10, receiveMaximum: 20 },
    },
  ],
  ["->", { type: "subscribe", packetIdentifier: 1, subscriptions: [{ topicFilter: "kitchen/#", qos: 1 }] }],
  ["<-", { type: "suback", packetIdentifier: 1, reasonCodes: [1] }],
  ["->", { type: "publish", topicName: "kitchen/temperature", payload: text("21.5"), qos: 2, packetIdentifier: 2 }],
  ["<-", { type: "pubrec", packetIdentifier: 2 }],
  ["->", { type: "pubrel", packetIdentifier: 2 }],
  ["<-", { type: "pubcomp", packetIdentifier: 2 }],
  ["->", { type: "disconnect" }],
]);
