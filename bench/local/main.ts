/**
 * What the local cloud does in a second: `npm run bench:local`. Prints, for each system and so many orders at once, how
 * many of them end in a second (the median of the seconds measured), with how much memory at most, and every outcome that
 * is not the right one.
 *
 * `npm run bench:local -- --seconds 10 --at-once 50 --systems local,stand-ins` measures part of it, or longer.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Column } from "./column";
import { SYSTEMS } from "./systems";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "8" },
    "at-once": { type: "string", default: "1,50,200" },
    systems: { type: "string", default: Object.keys(SYSTEMS).join() },
  },
});

interface Measured extends Column {
  /** The most that the process and its children held at once, in MB. */
  readonly memory: number;
}

/** Measures one column in a process of its own. */
async function measure(system: string, outcome: string, atOnce: number): Promise<Measured> {
  const args = ["-r", "ts-node/register/transpile-only", join(__dirname, "column.ts"), system, outcome, String(atOnce)];
  const child = spawn(process.execPath, [...args, values.seconds], { stdio: ["ignore", "pipe", "inherit"] });
  let memory = 0;
  const looks = setInterval(() => {
    memory = Math.max(memory, residentMegabytes(child.pid as number));
  }, 50);
  let printed = "";
  child.stdout.on("data", (text: Buffer) => (printed += text.toString()));
  const status = await new Promise((resolve) => child.on("exit", resolve));
  clearInterval(looks);
  if (status !== 0) throw new Error(`${system}, ${outcome}, ${atOnce} at once: exit status ${String(status)}`);
  return { ...(JSON.parse(printed.trim().split("\n").at(-1) as string) as Column), memory };
}

/** What a process and all that descend from it hold of the machine's memory; what they share counts once for each. */
function residentMegabytes(root: number): number {
  const parents = new Map<number, number>();
  const pages = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(pid, Number(fields[1]));
      pages.set(pid, Number(fields[21]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const within = (pid: number | undefined): boolean =>
    pid === root || (pid !== undefined && pid > 1 && within(parents.get(pid)));
  const all = [...pages].filter(([pid]) => within(pid)).reduce((sum, [, count]) => sum + count, 0);
  return (all * 4096) / 1e6;
}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

async function main(): Promise<void> {
  const [cpu] = cpus();
  console.log(
    `${cpus().length} × ${cpu?.model.trim() ?? "?"}, ${(totalmem() / 1e9).toFixed(0)} GB, Linux ${release()}, ` +
      `Node ${process.versions.node}; load ${loadavg()[0]?.toFixed(1) ?? "?"} before the first column`,
  );
  console.log("sagas a second: the median second; first: the first orders, all at once, with nothing warm\n");
  console.log(
    "system                      outcome    at once  sagas/s   first s  CPU ms/saga  most MB  wrong outcomes",
  );
  let wrong = 0;
  for (const system of values.systems.split(",")) {
    for (const outcome of ["succeeds", "fails"]) {
      for (const atOnce of values["at-once"].split(",").map(Number)) {
        const measured = await measure(system, outcome, atOnce);
        const title = `${(SYSTEMS[system]?.title ?? system).padEnd(26)}  ${outcome.padEnd(9)}  ${String(atOnce).padStart(7)}`;
        if (measured.unavailable !== undefined) {
          console.log(`${title}  left out: ${measured.unavailable}`);
          continue;
        }
        const { first, rates, cpu: cost, memory, orders } = measured;
        const others = Object.entries(measured.wrong).map(([name, count]) => `${count} of ${orders} ${name}`);
        wrong += others.length;
        console.log(
          [
            title,
            median(rates).toFixed(0).padStart(7),
            (first / 1000).toFixed(2).padStart(8),
            cost.toFixed(1).padStart(11),
            memory.toFixed(0).padStart(7),
            others.join(", ") || "none",
          ].join("  "),
        );
      }
    }
  }
  if (wrong > 0) process.exitCode = 1;
}

void main();
