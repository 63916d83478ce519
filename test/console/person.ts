import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { seriousFlaws } from "./browser";

/** A person who uses a page of the console. */
export class Person {
  /** The page's requests. */
  readonly requests: { readonly method: string; readonly body: string }[] = [];

  constructor(readonly page: Page) {
    page.setDefaultTimeout(30_000);
    page.on("request", (request) => {
      this.requests.push({ method: request.method(), body: request.postData() ?? "" });
    });
  }

  press(name: string | RegExp): Promise<void> {
    return this.page
      .getByRole("button", { name, exact: typeof name === "string" })
      .first()
      .click();
  }

  /** Starts a saga from its page, with an example's input and another order id. */
  async start(example: string, id: string): Promise<void> {
    await this.press(example);
    const field = this.page.getByLabel("Input", { exact: true });
    const input = JSON.parse(await field.inputValue()) as object;
    await field.fill(JSON.stringify({ ...input, order_id: id }, null, 2));
    await this.page.getByLabel("Name (optional)").fill(`order-${id}`);
    await this.press("Start");
    await this.page.getByRole("heading", { level: 1, name: `order-${id}` }).waitFor();
  }

  /** Waits until the graph shows these looks. */
  async seesGraph(looks: Readonly<Record<string, string>>): Promise<void> {
    await this.sees(`the graph with ${JSON.stringify(looks)}`, async () => {
      const shown = await this.graph();
      return Object.entries(looks).every(([node, look]) => shown[node] === look) ? undefined : JSON.stringify(shown);
    });
  }

  /** The looks of the graph's states, from their accessible names. */
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

  /** The ledger: the status of each step's effect. */
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

  /** Selects an event with the keyboard. */
  async goBackTo(event: number): Promise<void> {
    const slider = this.page.getByRole("slider", { name: "Event" });
    await slider.focus();
    await slider.press("Home");
    for (let at = 1; at < event; at++) await slider.press("ArrowRight");
  }

  /** Checks accessibility: axe-core in both themes, and no horizontal scrolling at 320 pixels. */
  async findsNothingInTheWay(): Promise<void> {
    for (const colorScheme of ["dark", "light"] as const) {
      await this.page.emulateMedia({ colorScheme });
      expect(await seriousFlaws(this.page), colorScheme).to.deep.equal([]);
    }
    const { width, height } = this.page.viewportSize() as { width: number; height: number };
    // 1,280 pixels at 400 % are as wide.
    await this.page.setViewportSize({ width: 320, height });
    await this.sees("all of it without scrolling sideways", async () => {
      const wide = await this.page.evaluate<number>("document.documentElement.scrollWidth");
      return wide === 320 ? undefined : `${wide} pixels wide`;
    });
    await this.page.setViewportSize({ width, height });
  }

  /** @param look Returns what is seen instead, and undefined on success. */
  private async sees(what: string, look: () => Promise<string | undefined>): Promise<void> {
    const end = Date.now() + 30_000;
    for (;;) {
      const instead = await look();
      if (instead === undefined) return;
      if (Date.now() > end) throw new Error(`expected ${what}, but saw ${instead}`);
      await this.page.waitForTimeout(50);
    }
  }
}

/** The folder of the docs' pictures. Only `npm run screenshots` writes them. */
const PICTURES = join(__dirname, "../../docs/images");
const writesPictures = process.argv.includes("--screenshots");

/** Takes a picture of the page. */
export async function takePicture(
  page: Page,
  name: string,
  themes: readonly ("light" | "dark")[] = ["light"],
): Promise<void> {
  if (!writesPictures) return;
  mkdirSync(PICTURES, { recursive: true });
  const view = page.viewportSize() as { width: number; height: number };
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    await page.mouse.move(0, 0);
    await page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)");
    const path = join(PICTURES, `console-${name}-${colorScheme}.png`);
    await page.screenshot({
      path,
      caret: "hide",
      fullPage: true,
      clip: { x: 0, y: 0, width: view.width, height: 1030 },
    });
  }
  await page.emulateMedia({ colorScheme: "light" });
}
