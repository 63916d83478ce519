// Prints the coverage of each folder of saga/, from c8's report.
import { readFileSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";

const ROOT = join(__dirname, "..");
const FOLDER = join(ROOT, "node_modules/.cache/coverage");

const KINDS = ["lines", "branches", "functions"] as const;
type Counts = Readonly<Record<(typeof KINDS)[number], { readonly total: number; readonly covered: number }>>;

const folderOf = (file: string): string => {
  const [, folder, ...rest] = relative(ROOT, file).split(sep);
  return rest.length === 0 ? "saga" : `saga/${folder as string}`;
};

const { total, ...files } = JSON.parse(readFileSync(join(FOLDER, "coverage-summary.json"), "utf8")) as Readonly<
  Record<string, Counts>
>;
const folders = new Map<string, Counts[]>();
for (const [file, counts] of Object.entries(files)) {
  folders.set(folderOf(file), [...(folders.get(folderOf(file)) ?? []), counts]);
}
const row = (name: string, counts: readonly Counts[]): string => {
  const shares = KINDS.map((kind) => {
    const [covered, all] = (["covered", "total"] as const).map((of) =>
      counts.reduce((sum, each) => sum + each[kind][of], 0),
    ) as [number, number];
    return `${(all === 0 ? 100 : (100 * covered) / all).toFixed(1)} %`.padStart(10);
  });
  return name.padEnd(18) + shares.join("");
};
console.log(`\n${"covered".padEnd(18)}${KINDS.map((kind) => kind.padStart(10)).join("")}`);
for (const name of [...folders.keys()].sort()) console.log(row(name, folders.get(name) ?? []));
console.log(row("all", [total as Counts]));
// What the processes have written takes more than a gigabyte.
rmSync(join(FOLDER, "processes"), { recursive: true, force: true });
