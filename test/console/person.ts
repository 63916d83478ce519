import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SFNClient } from "@aws-sdk/client-sfn";
import type { Browser, Page } from "playwright-core";

const ROOT = join(__dirname, "../..");

/** A program that runs under `saga dev`, as a person has it. */
export interface Dev {
  /** Of the console. */
  readonly url: string;
  readonly sfn: SFNClient;
  readonly machines: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

export async function startDev(...args: readonly string[]): Promise<Dev> {
  const command = [
    "-r",
    "ts-node/register/transpile-only",
    "saga/cli/main.ts",
    "dev",
    "--port",
    "0",
    "--json",
    ...args,
  ];
  const child = spawn("node", command, { cwd: ROOT, env: { ...process.env, NO_COLOR: "1", INIT_CWD: ROOT } });
  const errors: string[] = [];
  child.stderr.on("data", (data: Buffer) => errors.push(data.toString()));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), once(child, "exit").then(() => [undefined])])) as [string?];
  if (line === undefined) throw new Error(`saga dev has ended: ${errors.join("")}`);
  const { endpoint, region, machines } = JSON.parse(line) as { endpoint: string; region: string } & Pick<
    Dev,
    "machines"
  >;
  const sfn = new SFNClient({ endpoint, region, credentials: { accessKeyId: "local", secretAccessKey: "local" } });
  return {
    url: `${endpoint}/console/`,
    sfn,
    machines,
    async close() {
      sfn.destroy();
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** A page of the console in front of a person. */
export class Person {
  private constructor(
    readonly page: Page,
    /** What the browser has complained about: an error of a script, or of the content security policy. */
    readonly complaints: readonly string[],
    /** Requests that the page has made. */
    readonly requests: readonly { readonly url: string; readonly method: string; readonly body: string }[],
  ) {}

  static async at(browser: Browser, url: string, theme: "light" | "dark" = "light"): Promise<Person> {
    const page = await browser.newPage({ viewport: { width: 1180, height: 860 }, colorScheme: theme });
    page.setDefaultTimeout(30_000);
    const complaints: string[] = [];
    const requests: Person["requests"][number][] = [];
    page.on("pageerror", (error) => complaints.push(String(error.stack)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("request", (request) => {
      requests.push({ url: request.url(), method: request.method(), body: request.postData() ?? "" });
    });
    await page.goto(url);
    return new Person(page, complaints, requests);
  }

  press(name: string | RegExp): Promise<void> {
    return this.page
      .getByRole("button", { name, exact: typeof name === "string" })
      .first()
      .click();
  }

  /** Starts a saga from its page: an example that is at hand, with another order's id. */
  async start(example: string, id: string): Promise<void> {
    await this.press(example);
    const field = this.page.getByLabel("Input", { exact: true });
    const input = JSON.parse(await field.inputValue()) as object;
    await field.fill(JSON.stringify({ ...input, order_id: id }, null, 2));
    await this.page.getByLabel("Name (optional)").fill(`order-${id}`);
    await this.press("Start");
    await this.page.getByRole("heading", { level: 1, name: `order-${id}` }).waitFor();
  }

  /** Waits until the graph shows states so. */
  async seesGraph(looks: Readonly<Record<string, string>>): Promise<void> {
    await this.sees(`the graph with ${JSON.stringify(looks)}`, async () => {
      const shown = await this.graph();
      return Object.entries(looks).every(([node, look]) => shown[node] === look) ? undefined : JSON.stringify(shown);
    });
  }

  /** How the states of the graph stand, by their names, as a screen reader has them. */
  async graph(): Promise<Readonly<Record<string, string>>> {
    const labels = await this.page
      .locator("svg g[data-node]")
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute("aria-label") ?? ""));
    return Object.fromEntries(
      labels.map((label) => {
        const [name = "", look = ""] = label.replace(/^↩ /, "").split(", ");
        return [name, look] as const;
      }),
    );
  }

  /** The ledger's lines: a step, and what stands of its effect. */
  async ledger(): Promise<Readonly<Record<string, string>>> {
    const rows = await this.page
      .locator("table.ledger tbody tr")
      .evaluateAll((lines) => lines.map((line) => [...line.children].map((cell) => cell.textContent)));
    return Object.fromEntries(rows.map(([step = "", effect = ""]) => [step, effect.replace(/\d+$/, "")]));
  }

  async seesLedger(ledger: Readonly<Record<string, string>>): Promise<void> {
    await this.sees(`the ledger ${JSON.stringify(ledger)}`, async () => {
      const shown = await this.ledger();
      return JSON.stringify(shown) === JSON.stringify(ledger) ? undefined : JSON.stringify(shown);
    });
  }

  async seesText(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** Moves the scrubber with the keyboard. */
  async goBackTo(event: number): Promise<void> {
    const slider = this.page.getByRole("slider", { name: "Event" });
    await slider.focus();
    await slider.press("Home");
    for (let at = 1; at < event; at++) await slider.press("ArrowRight");
  }

  /** @param look What is seen instead; undefined once it is so. */
  private async sees(what: string, look: () => Promise<string | undefined>): Promise<void> {
    const end = Date.now() + 30_000;
    for (;;) {
      const instead = await look();
      if (instead === undefined) return;
      if (Date.now() > end) throw new Error(`nobody sees ${what}: it is ${instead}`);
      await this.page.waitForTimeout(50);
    }
  }
}

/** Where `npm run screenshots` writes the pictures of the docs; a test that is merely run writes none. */
const PICTURES = join(ROOT, "docs/images");
const writesPictures = process.argv.includes("--screenshots");

/** Takes a picture of what is seen, in both themes. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (!writesPictures) return;
  mkdirSync(PICTURES, { recursive: true });
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(PICTURES, `${name}-${theme}.png`), fullPage: true, caret: "hide" });
  }
  await page.emulateMedia({ colorScheme: "light" });
}
