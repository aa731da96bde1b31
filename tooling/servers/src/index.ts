export { startAedes, type AedesServer, type AedesServerOptions } from "./aedes.ts";
export { describeServer } from "./describe-server.ts";
export { mosquittoAvailable, startMosquitto, type Mosquitto, type MosquittoOptions } from "./mosquitto.ts";
