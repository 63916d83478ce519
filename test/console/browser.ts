import { existsSync } from "node:fs";
import { join } from "node:path";
import * as axe from "axe-core";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { DevConsole } from "../../saga/cli/console";
import { CONSOLE_PATH } from "../../saga/console/server";
import { type CloudOptions, LocalCloud } from "../../saga/local/cloud";
import { evaluated } from "../evaluated";

/** The Chromium in $CHROMIUM, or Debian's. Undefined if there is none. */
export const CHROMIUM = [process.env["CHROMIUM"], "/usr/bin/chromium"].find(
  (path) => path !== undefined && existsSync(path),
);

/** Describes tests that need a browser. Without one, they are skipped. */
export function describeInBrowser(title: string, body: (this: Mocha.Suite) => void): void {
  if (CHROMIUM === undefined) describe.skip(`${title}: no Chromium`, body);
  else describe(title, body);
}

export interface Browsing {
  readonly cloud: LocalCloud;
  readonly dev: DevConsole;
  /** The console's address, with a slash at its end. */
  readonly url: string;
  /**
   * Opens the console in a new browser context.
   * @param at The hash of a view, such as `#/open`.
   */
  readonly open: (at?: string, options?: BrowserContextOptions) => Promise<Page>;
  /** Problems of the pages since the last call: errors, policy violations, requests to other servers. */
  readonly complaints: () => readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * Runs a program as `saga dev` does, and starts a browser.
 * @param path The program's path in the project.
 */
export async function browse(path = ".", options: CloudOptions = {}): Promise<Browsing> {
  const program = await evaluated(path);
  const dev = new DevConsole(join(__dirname, "../..", path));
  const cloud = await LocalCloud.start(program, { ...options, wire: { ...options.wire, site: dev.site } });
  const closing: (() => unknown)[] = [
    () => cloud.close(),
    () => {
      for (const { execution } of cloud.executions.running()) execution.stop();
    },
    () => {
      dev.close();
    },
  ];
  const close = async (): Promise<void> => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  };
  try {
    await dev.follow(cloud, program);
    const browser = await launch();
    closing.push(() => browser.close());
    const complaints: string[] = [];
    const origin = new URL(cloud.endpoint).origin;
    const url = `${cloud.endpoint}${CONSOLE_PATH}`;
    return {
      cloud,
      dev,
      url,
      open: async (at = "", of = {}) => {
        const context = await browser.newContext({ reducedMotion: "reduce", ...of });
        const page = await watched(context, origin, complaints);
        await page.goto(url + at);
        return page;
      },
      complaints: () => complaints.splice(0),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export function launch(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: CHROMIUM as string,
    // Chromium's sandbox does not work for root.
    args: [...(isRoot ? ["--no-sandbox"] : []), "--disable-dev-shm-usage", "--force-color-profile=srgb"],
  });
}

async function watched(context: BrowserContext, origin: string, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) {
      complaints.push(`request: ${request.url()}`);
    }
  });
  return page;
}

/** The serious findings of axe-core on a page, with their elements. */
export async function seriousFlaws(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { readonly axe: typeof axe }).axe.run({ exclude: [] } as object, {
      resultTypes: ["violations"],
    }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" … ")}`);
}
