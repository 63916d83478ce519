// Builds the page: for the package, and in a checkout on the first request. The package does not contain this file.
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build } from "esbuild";
import type { BuiltPage } from "./server/files";

const ROOT = join(__dirname, "../..");

export interface Built {
  readonly files: BuiltPage;
  /** The compressed size of the files that a browser loads, in bytes. */
  readonly compressed: number;
}

/** Builds the page: one script and one style sheet, without anything from elsewhere. */
export async function buildPage(): Promise<Built> {
  const { outputFiles, metafile } = await build({
    entryPoints: { app: join(__dirname, "page/main.tsx") },
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "none",
    outdir: "out",
    logLevel: "silent",
  });
  const written = (extension: string): Uint8Array =>
    outputFiles.find(({ path }) => path.endsWith(extension))?.contents ?? new Uint8Array();
  const notice = Buffer.from(`/*! ${licences(Object.keys(metafile.inputs)).replaceAll("*/", "* /")}*/\n`);
  const files: BuiltPage = {
    "index.html": readFileSync(join(__dirname, "index.html")),
    "app.js": Buffer.concat([notice, written(".js")]),
    "app.css": written(".css"),
  };
  const sizes = await Promise.all(Object.values(files).map(async (content) => (await promisify(gzip)(content)).length));
  return { files, compressed: sizes.reduce((sum, size) => sum + size, 0) };
}

/** The licences of the bundled packages. They must be shipped with the code. */
function licences(inputs: readonly string[]): string {
  const packages = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(packages)]
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as {
        readonly name: string;
        readonly version: string;
      };
      const file = ["LICENSE", "LICENSE.md", "LICENSE.txt"].find((each) => existsSync(join(ROOT, folder, each)));
      if (file === undefined) throw new Error(`${name} has no licence file to ship with the page`);
      return `${name} ${version}\n${readFileSync(join(ROOT, folder, file), "utf8").trim()}\n\n`;
    })
    .join("");
}

/**
 * Writes the page into a folder.
 * @returns a line with its size
 */
async function writePage(folder: string): Promise<string> {
  const { files, compressed } = await buildPage();
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return `${relative(process.cwd(), folder)}: ${(compressed / 1024).toFixed(1)} KB compressed`;
}

if (require.main === module) {
  const [folder = join(ROOT, "dist/console")] = process.argv.slice(2);
  void writePage(folder).then((said) => {
    console.log(said);
  });
}
