export {
  transportConformance,
  type ConformanceCase,
  type ConformanceLink,
  type ConformanceOptions,
  type OpenLink,
} from "./conformance.ts";
export type { TransportCapability } from "./workbench.ts";
