import { describe, test } from "vitest";
import { websocket } from "../../src/node/websocket.ts";
import { transportConformance } from "../../src/testing/index.ts";
import { webSocketLink } from "../websocket-links.ts";

const activeResources = (): string[] => process.getActiveResourcesInfo();

describe("WebSocket", () => {
  const open = () => webSocketLink((port) => websocket({ host: "127.0.0.1", port }));
  for (const { name, run } of transportConformance(open, { activeResources })) test(name, run);
});
