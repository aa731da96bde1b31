export { bundle } from "./bundle.ts";
export { type Chromium, startChromium } from "./browser.ts";
