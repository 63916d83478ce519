/**
 * Compares the local cloud with other systems that run the same saga: `npm run bench:local`. For each system and each
 * number of orders at once, it prints how many orders end in a second (the median of the measured windows), the maximum
 * memory, the ratio to each peer, and every wrong outcome.
 *
 * `npm run bench:local -- --seconds 10 --at-once 50 --only local,dbos` measures only these systems, or longer.
 * `--short` only checks that everything works. `--json` stores the results in bench/results.json. `--clean` removes the
 * peers' packages, which are kept between runs, and measures nothing.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, hostname, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Asked, Column, Report } from "./column";
import { machine } from "../machine";
import { install, packagesOf, removeAll, Unavailable, versionsOf } from "../peers";
import { keep, type Row } from "../last-run";
import { median } from "../statistics";
import { versionOfPostgres } from "./postgres";
import { lookAt } from "./processes";
import type { Peer, System } from "./system";
import { SYSTEMS } from "./systems";

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    "at-once": { type: "string" },
    only: { type: "string", default: Object.keys(SYSTEMS).join() },
    short: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    clean: { type: "boolean", default: false },
  },
});
const SECONDS = Number(values.seconds ?? (values.short ? 1 : 2.5));
const AT_ONCE = (values["at-once"] ?? (values.short ? "50" : "1,50,200")).split(",").map(Number);
const LOOK_MS = 200;
/** The time that a column may take beyond its measurement, in milliseconds. */
const MOST_MS = 45_000;
const PEERS: readonly Peer[] = ["Restate", "DBOS"];

type Measured = Column & {
  /** The most memory that the process and its children held at once, in MB. */
  readonly memory: number;
};

type NotMeasured = { readonly unavailable: string } | { readonly failed: string };

// Other users may enter subfolders, but not list the folder: PostgreSQL may have to run as another user.
const runFolder = mkdtempSync(join(tmpdir(), "saga-bench-run-"));
chmodSync(runFolder, 0o711);
let underWay: number | undefined;

/** Ends processes that a column left, and removes everything that the columns wrote. */
function leaveNothing(): void {
  endGroup(underWay);
  rmSync(runFolder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The whole group has ended.
  }
}

process.on("exit", leaveNothing);
for (const [signal, status] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.on(signal, () => process.exit(status));
}

/** Measures one column in a process of its own. If that fails, returns the reason. */
async function measure(asked: Omit<Asked, "folder" | "seconds">): Promise<Measured | NotMeasured> {
  const folder = mkdtempSync(join(runFolder, `${asked.system}-`));
  chmodSync(folder, 0o711);
  const given: Asked = { ...asked, seconds: SECONDS, folder };
  const args = [
    "--no-deprecation",
    "-r",
    "ts-node/register/transpile-only",
    join(__dirname, "column.ts"),
    JSON.stringify(given),
  ];
  // A process group of its own, so that all its children can be ended with it. The functions' logs are discarded.
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit", "ipc"], detached: true });
  const pid = child.pid as number;
  underWay = pid;
  let memory = 0;
  const looks = setInterval(() => (memory = Math.max(memory, lookAt(pid).memory)), LOOK_MS);
  const late = setTimeout(
    () => {
      endGroup(pid);
    },
    MOST_MS + SECONDS * 1000,
  );
  let report: Report | undefined;
  child.on("message", (sent) => (report = sent as Report));
  const status = await new Promise((resolve) =>
    child.on("exit", (code, signal) => {
      resolve(code ?? signal);
    }),
  );
  clearInterval(looks);
  clearTimeout(late);
  endGroup(pid);
  underWay = undefined;
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  if (!report) return { failed: `it ended without a figure (${String(status)})` };
  return "unavailable" in report ? report : { ...report, memory };
}

function printHead(systems: readonly System[]): void {
  const [cpu] = cpus();
  console.log(
    `${hostname()}: ${cpus().length} × ${cpu?.model.trim() ?? "?"}, ${(totalmem() / 1e9).toFixed(0)} GB, ` +
      `Linux ${release()}, Node ${process.versions.node}; load ${loadavg()[0]?.toFixed(1) ?? "?"} before the first column`,
  );
  for (const peer of PEERS.filter((name) => systems.some(({ of }) => of === name))) {
    const postgres = peer === "DBOS" ? `, ${versionOfPostgres() ?? "no PostgreSQL"}` : "";
    console.log(`${peer}: ${versionsOf(peer)}${postgres}`);
  }
}

function printColumns(): void {
  console.log(
    `sagas/s: the median of ${SECONDS * 2} windows of half a second; first: the first orders, all at once, with nothing ` +
      "warm;\nCPU and memory: of the process and of the servers that it needs; vs: times as many sagas as the peer's\n",
  );
  console.log(
    "steps      outcome   at once  system        sagas/s  vs Restate  vs DBOS  first s  CPU ms/saga  most MB  wrong outcomes",
  );
}

interface Asks {
  readonly names: readonly string[];
  readonly fails: boolean;
  readonly atOnce: number;
}

/** The results of all measurements. */
interface Kept {
  readonly rows: Row[];
  /** The systems that are left out, with the reason. */
  readonly leftOut: Map<string, string>;
}

/** Measures all systems with the same steps and orders, one after the other. Returns how many outcomes were wrong. */
async function compare({ names, fails, atOnce }: Asks, { rows, leftOut }: Kept): Promise<number> {
  const rateOf = new Map<string, number>();
  let wrong = 0;
  for (const name of names) {
    const system = SYSTEMS[name] as System;
    if (leftOut.has(system.of) || !(system.atOnce ?? AT_ONCE).includes(atOnce)) continue;
    const measured = await measure({ system: name, fails, atOnce });
    if ("unavailable" in measured) {
      leaveOut(system.of, measured.unavailable, leftOut);
      continue;
    }
    const title = [
      system.steps.padEnd(9),
      (fails ? "fails" : "succeeds").padEnd(8),
      String(atOnce).padStart(7),
      system.title.padEnd(12),
    ].join("  ");
    if ("failed" in measured) {
      console.log(`${title}  ${measured.failed}`);
      wrong++;
      continue;
    }
    const rate = median(measured.rates);
    const figures = {
      "sagas/s": rate,
      ...Object.fromEntries(
        PEERS.flatMap((peer) => {
          const other = rateOf.get(peer);
          return system.of !== "this" || !other ? [] : [[`times ${peer}`, rate / other]];
        }),
      ),
      "first s": measured.first / 1000,
      "CPU ms/saga": measured.cpu,
      MB: measured.memory,
    };
    rows.push({
      name: `${system.title}, ${system.steps}, ${fails ? "fails" : "succeeds"}, ${atOnce} at once`,
      figures,
    });
    rateOf.set(system.of, rate);
    const versus = (peer: Peer): string => {
      const other = rateOf.get(peer);
      return system.of !== "this" || !other ? "" : `${(rate / other).toFixed(1)}×`;
    };
    const others = Object.entries(measured.wrong).map(
      ([outcome, count]) => `${count} of ${measured.orders} ${outcome}`,
    );
    wrong += others.length;
    console.log(
      [
        title,
        rate.toFixed(0).padStart(7),
        versus("Restate").padStart(10),
        versus("DBOS").padStart(7),
        (measured.first / 1000).toFixed(2).padStart(7),
        measured.cpu.toFixed(1).padStart(11),
        measured.memory.toFixed(0).padStart(7),
        others.join(", ") || "none",
      ].join("  "),
    );
  }
  return wrong;
}

function leaveOut(whose: string, why: string, leftOut: Map<string, string>): void {
  leftOut.set(whose, why.trim().replaceAll(/\s*\n\s*/g, " "));
  console.log(`${whose} is left out: ${leftOut.get(whose) as string}`);
}

async function main(): Promise<void> {
  if (values.clean) {
    removeAll();
    return;
  }
  const names = values.only.split(",");
  const unknown = names.find((name) => !(name in SYSTEMS));
  if (unknown !== undefined) {
    throw new Error(`--only: there is no '${unknown}', there are ${Object.keys(SYSTEMS).join(", ")}`);
  }
  const chosen = Object.keys(SYSTEMS).filter((name) => names.includes(name));
  printHead(chosen.map((name) => SYSTEMS[name] as System));
  const started = performance.now();
  const leftOut = new Map<string, string>();
  const rows: Row[] = [];
  const held = PEERS.filter((name) => chosen.some((system) => SYSTEMS[system]?.of === name));
  for (const peer of held) {
    await install(peer).catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
      leaveOut(peer, error.message, leftOut);
    });
  }
  printColumns();
  let wrong = 0;
  for (const steps of ["functions", "stand-ins"] as const) {
    const alike = chosen.filter((name) => SYSTEMS[name]?.steps === steps);
    for (const fails of [false, true]) {
      for (const atOnce of AT_ONCE) wrong += await compare({ names: alike, fails, atOnce }, { rows, leftOut });
    }
  }
  console.log(
    `\n${((performance.now() - started) / 1000).toFixed(0)} s; load ${loadavg()[0]?.toFixed(1) ?? "?"} after it`,
  );
  if (wrong > 0) {
    process.exitCode = 1;
    return;
  }
  if (!values.json) return;
  keep("local", {
    machine: machine(),
    date: new Date().toISOString().slice(0, 10),
    command: ["npm run bench:local --", ...process.argv.slice(2)].join(" "),
    seconds: (performance.now() - started) / 1000,
    peers: Object.assign({}, ...held.filter((peer) => !leftOut.has(peer)).map(packagesOf)) as Record<string, string>,
    leftOut: Object.fromEntries(leftOut),
    rows,
  });
}

void main();
