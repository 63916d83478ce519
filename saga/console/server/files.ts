import { createRequire } from "node:module";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Refusal } from "./refusal";

/** What the page is made of. */
export const FILES: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "app.css": "text/css; charset=utf-8",
};

/** By their names. */
export type BuiltPage = Readonly<Record<string, Uint8Array>>;

export interface PageFile {
  readonly type: string;
  readonly content: Uint8Array;
  /** By which a browser that has it asks whether it is another one by now. */
  readonly tag: string;
}

const FOLDER = join(__dirname, "..");

/**
 * The page's files: as the package has them; or, in a checkout, where nothing is built ahead, built now.
 */
export class PageFiles {
  private built: Promise<BuiltPage> | undefined;

  async get(name: string): Promise<PageFile | undefined> {
    if (!Object.hasOwn(FILES, name)) return undefined;
    const content = (await this.all())[name];
    if (!content) return undefined;
    const tag = `"${createHash("sha256").update(content).digest("base64url")}"`;
    return { type: FILES[name] as string, content, tag };
  }

  private async all(): Promise<BuiltPage> {
    this.built ??= extname(__filename) === ".ts" ? buildNow() : readBuilt();
    try {
      return await this.built;
    } catch (error) {
      // What was wrong with it may be mended by the next request.
      this.built = undefined;
      throw new Refusal(500, "PageNotBuilt", `the page can't be built: ${(error as Error).message}`);
    }
  }
}

async function readBuilt(): Promise<BuiltPage> {
  const names = Object.keys(FILES).filter((name) => existsSync(join(FOLDER, name)));
  const files = names.map(async (name) => [name, await readFile(join(FOLDER, name))] as const);
  return Object.fromEntries(await Promise.all(files));
}

/** What builds it is no part of the package. */
function buildNow(): Promise<BuiltPage> {
  const { buildPage } = createRequire(__filename)("../build") as { buildPage: () => Promise<{ files: BuiltPage }> };
  return buildPage().then(({ files }) => files);
}
