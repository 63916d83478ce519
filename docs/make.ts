/** Writes the pages and the pictures that are made from the code: `npm run docs`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { configurationPage } from "./configuration";
import { numbersPage, readmePage } from "./numbers";
import { PICTURES } from "./pictures";

const PAGES: Readonly<Record<string, () => string>> = {
  "configuration.md": configurationPage,
  "numbers.md": numbersPage,
  "../README.md": readmePage,
};

/** A page's text, as Prettier leaves it. */
export async function page(name: string): Promise<string> {
  const make = PAGES[name];
  if (!make) throw new Error(`no page is called ${name}; there are ${Object.keys(PAGES).join(", ")}`);
  return format(make(), { ...(await resolveConfig(__filename)), parser: "markdown" });
}

export const pages = Object.keys(PAGES);

async function main(): Promise<void> {
  for (const name of pages) writeFileSync(join(__dirname, name), await page(name));
  mkdirSync(join(__dirname, "images"), { recursive: true });
  for (const [name, draw] of Object.entries(PICTURES)) writeFileSync(join(__dirname, "images", name), draw());
}

if (require.main === module) void main();
