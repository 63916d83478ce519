/**
 * Measures this project beside others: `npm run bench`. Each part prints its table and saves it in results.json, from which
 * `npm run docs` makes the figures on the pages.
 *
 * `npm run bench -- --only evaluation,price` runs some parts. `--runs 9` measures longer. `--short` only checks that all
 * parts work, and saves nothing. `--clean` removes the peers' packages, which are kept between runs, and measures nothing.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { evaluation } from "./evaluation/part";
import { DIST } from "./evaluation/program-folder";
import { growth } from "./growth/part";
import { interpreter } from "./interpreter/part";
import { machine } from "./machine";
import { removeAll } from "./peers";
import { price } from "./price/part";
import { keep, type Measured, print } from "./last-run";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    runs: { type: "string", default: "7" },
    short: { type: "boolean", default: false },
    clean: { type: "boolean", default: false },
  },
});
const RUNS = values.short ? 1 : Number(values.runs);

const PARTS: Readonly<Record<string, (runs: number, short: boolean) => Measured | Promise<Measured>>> = {
  evaluation,
  growth,
  interpreter,
  price,
};

/** A part with its own script, which saves its results. */
const LOCAL = "local";

async function main(): Promise<number> {
  if (values.clean) {
    removeAll();
    return 0;
  }
  const all = [...Object.keys(PARTS), LOCAL];
  const wanted = values.only?.split(",") ?? all;
  const unknown = wanted.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`--only: there is no '${unknown}', there are ${all.join(", ")}`);
  if (!existsSync(DIST)) throw new Error("there is no dist/: npm run build first");
  console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1) ?? "?"}`);
  for (const [name, measure] of Object.entries(PARTS)) {
    if (!wanted.includes(name)) continue;
    console.log(`\n${name}`);
    const started = performance.now();
    const measured = await measure(RUNS, values.short);
    const seconds = (performance.now() - started) / 1000;
    console.log(print(measured.rows));
    for (const [peer, why] of Object.entries(measured.leftOut ?? {})) console.log(`${peer} is left out: ${why}`);
    console.log(`${seconds.toFixed(0)} s; load ${loadavg()[0]?.toFixed(1) ?? "?"}`);
    if (values.short) continue;
    const date = new Date().toISOString().slice(0, 10);
    keep(name, { machine: machine(), date, command: `npm run bench -- --only ${name}`, seconds, ...measured });
  }
  if (!wanted.includes(LOCAL)) return 0;
  console.log(`\n${LOCAL}`);
  const args = ["-r", "ts-node/register/transpile-only", join(__dirname, "local/main.ts")];
  const { status } = spawnSync(
    process.execPath,
    [...args, ...(values.short ? ["--short"] : ["--json", "--at-once", "50"])],
    { stdio: "inherit" },
  );
  return status ?? 1;
}

void main().then((code) => (process.exitCode = code));
