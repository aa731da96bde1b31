export { startAedes, type AedesServer, type AedesServerOptions } from "./aedes.ts";
export { makeCertificates, type Certificates } from "./certificates.ts";
export { startDns, type DnsServer, type DnsSrvRecord } from "./dns.ts";
export { startEjabberd } from "./ejabberd.ts";
export { describeServer } from "./describe-server.ts";
export {
  mosquittoAvailable,
  startMosquitto,
  type Mosquitto,
  type MosquittoOptions,
  type MosquittoTls,
} from "./mosquitto.ts";
export { startRabbitMq } from "./rabbitmq.ts";
export type { ServerInDirectory } from "./server-in-directory.ts";
export { makeScramPlugin, type ScramPlugin } from "./scram-plugin.ts";
export { freePort } from "./free-port.ts";
export { findProgram } from "./find-program.ts";
export {
  type Front,
  startHaproxy,
  startMicrosocks,
  startTinyproxy,
  type ProxyServer,
  type ProxyServerOptions,
} from "./proxies.ts";
