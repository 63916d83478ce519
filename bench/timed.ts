import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a command and all its child processes take. */
export interface Timed {
  /** In milliseconds. */
  readonly wall: number;
  /** User and system time, in milliseconds. */
  readonly processor: number;
  /** The peak memory of the largest Node process, in MiB. */
  readonly memory: number;
  readonly stdout: string;
}

/**
 * Runs a command to its end.
 * @throws if it fails, with its output
 */
export function timed(command: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Timed {
  const folder = mkdtempSync(join(tmpdir(), "timed-"));
  try {
    // The shell's times include all child processes that have ended.
    const script = `TIMEFORMAT='%R %U %S'; time "$@" > "$TIMED/stdout" 2> "$TIMED/stderr"`;
    const { status, stderr } = spawnSync("bash", ["-c", script, "bash", ...command], {
      cwd,
      encoding: "utf8",
      env: {
        ...process.env,
        ...env,
        LC_ALL: "C",
        TIMED: folder,
        NODE_OPTIONS: `--require ${join(__dirname, "usage.cjs")}`,
      },
    });
    const printed = (stream: string): string => readFileSync(join(folder, stream), "utf8");
    if (status !== 0) {
      throw new Error(
        `${command.join(" ")} ends with ${String(status)}: ${(printed("stderr") || printed("stdout")).slice(-2000)}`,
      );
    }
    const [wall = NaN, user = NaN, system = NaN] = stderr.trim().split(/\s+/).slice(-3).map(Number);
    const peaks = readdirSync(folder).filter((name) => name.endsWith(".peak"));
    return {
      wall: wall * 1000,
      processor: (user + system) * 1000,
      memory: Math.max(...peaks.map((name) => Number(printed(name)))) / 1024,
      stdout: printed("stdout"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
