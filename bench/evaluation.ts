/**
 * Measures the evaluation of the order program, part by part, and the start of an order: `npm run bench:evaluation`. The
 * program imports the built package, in a folder of its own, as after an installation. The printed medians are of as many
 * processes as the argument says (default: 5).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DIST, programFolder } from "./evaluation/program-folder";
import { machine } from "./machine";
import { median } from "./statistics";

const ORDER = JSON.stringify({ order_id: "9", total: 3 });

interface Part {
  readonly part: string;
  /** In milliseconds. */
  readonly wall: number;
  readonly processor: number;
}

function once(folder: string, mode: "parts" | "whole"): { readonly parts: readonly Part[]; readonly peak: number } {
  const script = join(__dirname, "evaluation", "once.cjs");
  const out = execFileSync(process.execPath, [script, DIST, folder, mode], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(out) as { readonly parts: readonly Part[]; readonly peak: number };
}

/** What a command and all its child processes take. */
function command(folder: string, args: readonly string[]): Part & { readonly peak: number } {
  const script = `
    const { spawnSync } = require("node:child_process");
    const started = performance.now();
    spawnSync(process.execPath, ${JSON.stringify([join(DIST, "cli/main.js"), ...args])}, { stdio: "ignore" });
    const wall = performance.now() - started;
    const children = require("node:fs").readFileSync("/proc/self/stat", "utf8").replace(/.*\\) /, "").split(" ");
    // The times of children that have ended, in hundredths of a second.
    process.stdout.write(JSON.stringify({ wall, processor: (Number(children[13]) + Number(children[14])) * 10 }));`;
  const { stdout } = spawnSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" });
  return { part: "", peak: 0, ...(JSON.parse(stdout) as Pick<Part, "wall" | "processor">) };
}

const row = (name: string, all: readonly Pick<Part, "wall" | "processor">[], more = ""): string =>
  [
    name.padEnd(54),
    median(all.map(({ wall }) => wall))
      .toFixed(0)
      .padStart(8),
    median(all.map(({ processor }) => processor))
      .toFixed(0)
      .padStart(11),
    more,
  ]
    .join("  ")
    .trimEnd();

function main(): void {
  if (!existsSync(DIST)) throw new Error("there is no dist/: npm run build first");
  const runs = Math.max(1, Number(process.argv[2] ?? 5));
  const times = <T>(run: () => T): readonly T[] => Array.from({ length: runs }, run);
  const folder = programFolder();
  const cache = join(folder, "node_modules/.cache");
  try {
    console.log(`${machine()}; medians of ${runs}`);
    console.log(`${"".padEnd(54)}      wall    processor`);
    console.log(`${"".padEnd(54)}        ms           ms`);
    const untranspiled = times(() => {
      rmSync(cache, { recursive: true, force: true });
      return once(folder, "whole");
    });
    const parts = times(() => once(folder, "parts").parts);
    for (const [at, { part }] of (parts[0] as readonly Part[]).entries()) {
      console.log(
        row(
          part,
          parts.map((each) => each[at] as Part),
        ),
      );
    }
    const whole = times(() => once(folder, "whole"));
    const peak = (all: readonly { readonly peak: number }[]): string =>
      `${(median(all.map((each) => each.peak)) / 1024).toFixed(0)} MiB at most`;
    const first = (all: readonly { readonly parts: readonly Part[] }[]): readonly Part[] =>
      all.map((each) => each.parts[0] as Part);
    console.log(row("an evaluation, in all", first(whole), peak(whole)));
    console.log(row("the same, where nothing has been transpiled before", first(untranspiled), peak(untranspiled)));
    if (!existsSync("/proc/self/stat")) return;
    console.log(
      row(
        "saga start, of an order",
        times(() => command(folder, ["start", ORDER])),
      ),
    );
    console.log(
      row(
        "saga --help",
        times(() => command(folder, ["--help"])),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main();
