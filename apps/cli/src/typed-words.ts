/** Options of the client, as they are typed here. */
const TYPED: Readonly<Record<string, string>> = {
  localAddress: "--bind",
  proxy: "--proxy",
  caFile: "--ca",
  caPath: "--ca",
  certFile: "--cert",
  keyFile: "--key",
  pfxFile: "--cert",
  "tls.ciphers": "--ciphers",
  "tls.servername": "--servername",
  "tls.alpnProtocols": "--alpn",
  "websocket.path": "--path",
  "websocket.headers": "--ws-headers",
};

/** What the client's sentences advise, as somebody at a prompt would do it. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/\b(give (?:it|that authority)) as ca\b/, "$1 with --ca"],
  [/\bsee servername and checkHostname\b/, "see --servername and --insecure-hostname"],
  [/\bsee cert and key\b/, "see --cert and --key"],
  [/\bcheck localAddress and localPort\b/, "check --bind"],
  [/^tls\.rejectUnauthorized is false:/, "--insecure:"],
];

/** A sentence of the client, with options named as they are typed. */
export function inTypedWords(sentence: string): string {
  const named = sentence
    .replace(/\boption ([\w.]+)(?= is )/, (whole, name: string) => TYPED[name] ?? whole)
    .replaceAll(/\b(?:caFile|caPath|certFile|keyFile|pfxFile)\b(?= )/g, (name) => TYPED[name]!);
  return ADVICE.reduce((text, [advice, typed]) => text.replace(advice, typed), named);
}
