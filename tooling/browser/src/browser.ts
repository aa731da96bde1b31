import { findProgram } from "@petrel/servers";
import { type Browser, chromium, type Page } from "playwright-core";

/** A Chromium without a window, for one test file: starting it takes longer than what runs in it. */
export async function startChromium(): Promise<Chromium> {
  const executablePath = findProgram("chromium");
  if (executablePath === undefined) throw new Error("chromium is not installed; on Debian: apt-get install chromium");
  // Without a sandbox it starts in containers, too. It loads nothing but our own scripts.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  return new Chromium(browser);
}

export class Chromium {
  readonly #browser: Browser;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /**
   * Runs a module in a page of its own and resolves with what its function `main` returns, which JSON can express.
   * Rejects with what it throws, and with anything that the page reports on the way.
   *
   * The module may call `setOffline(true)`: its page then has no network, and is told so.
   */
  run<Result>(module: string, argument?: unknown): Promise<Result> {
    return this.#inPage(async (page) => {
      await page.exposeFunction("setOffline", (offline: boolean) => page.context().setOffline(offline));
      // As text: a function would be what the test runner has made of it.
      return page.evaluate<Result>(
        `(async () => {
          const url = URL.createObjectURL(new Blob([${JSON.stringify(module)}], { type: "text/javascript" }));
          const { main } = await import(url);
          return main(${JSON.stringify(argument)});
        })()`,
      );
    });
  }

  /** As {@link run}, for a page at a URL whose scripts have put `main` in its `window`. */
  visit<Result>(url: string, argument?: unknown): Promise<Result> {
    return this.#inPage(async (page) => {
      await page.goto(url);
      return page.evaluate<Result>(`window.main(${JSON.stringify(argument)})`);
    });
  }

  async #inPage<Result>(use: (page: Page) => Promise<Result>): Promise<Result> {
    const page = await this.#browser.newPage({ ignoreHTTPSErrors: true }); // our servers' authority is nobody's
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    try {
      const result = await use(page);
      if (complaints.length > 0)
        throw new Error(`the page reported: ${complaints.join("; ")}; main returned ${JSON.stringify(result)}`);
      return result;
    } finally {
      await page.close();
    }
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}
