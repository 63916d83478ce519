import { createRequire } from "node:module";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Refusal } from "./refusal";

/** The page's files, with their content types. */
const FILES: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "app.css": "text/css; charset=utf-8",
};

/** The content of each file, by name. */
export type BuiltPage = Readonly<Record<string, Uint8Array>>;

export interface PageFile {
  readonly type: string;
  readonly content: Uint8Array;
  /** The ETag, with which a browser asks whether the file has changed. */
  readonly tag: string;
}

const FOLDER = join(__dirname, "..");

/** The page's files: built ahead in the package, and built on the first request in a checkout. */
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
      // The next request tries again, since somebody may have repaired the sources.
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

/** The build is not part of the package, so it is loaded only in a checkout. */
function buildNow(): Promise<BuiltPage> {
  const { buildPage } = createRequire(__filename)("../build") as { buildPage: () => Promise<{ files: BuiltPage }> };
  return buildPage().then(({ files }) => files);
}
