export { FaultLink, type FaultLinkOptions } from "./fault-link.ts";
export { ManualClock } from "./manual-clock.ts";
export {
  type AcceptOptions,
  type DirectPeer,
  type Link,
  ScriptedServer,
  type ScriptedServerOptions,
} from "./scripted-server.ts";
