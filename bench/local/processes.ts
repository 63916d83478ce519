import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { Unavailable } from "../peers";

/** A process and its descendants. */
export interface Tree {
  /** The memory that they hold, in MB. Shared memory counts once, as far as Linux reports it. */
  readonly memory: number;
  /** The processor milliseconds that they have used, including those of ended children. */
  readonly cpu: number;
}

const PAGE = 4096;
/** Linux counts processor time in hundredths of a second, on all platforms of Node. */
const TICK_MS = 10;

export function lookAt(root: number): Tree {
  const parents = new Map<number, number>();
  const fields = new Map<number, readonly string[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = read(`/proc/${pid}/stat`);
    if (stat === undefined) continue;
    const own = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    parents.set(pid, Number(own[1]));
    fields.set(pid, own);
  }
  const within = (pid: number | undefined): boolean =>
    pid === root || (pid !== undefined && pid > 1 && within(parents.get(pid)));
  let [memory, cpu] = [0, 0];
  for (const [pid, own] of fields) {
    if (!within(pid)) continue;
    // The resident set size would count PostgreSQL's shared buffers once for each of its processes.
    const shares = /^Pss: +(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1];
    memory += shares === undefined ? Number(own[21]) * PAGE : Number(shares) * 1024;
    for (const ticks of own.slice(11, 15)) cpu += Number(ticks) * TICK_MS;
  }
  return { memory: memory / 1e6, cpu };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The process has ended meanwhile, or belongs to another user.
    return undefined;
  }
}

/** A server of a peer. It ends with this process. */
export interface ServerProcess {
  /** @throws Unavailable if the server has ended or is not ready in time, with its output */
  until(ready: () => boolean | Promise<boolean>): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

const START_MS = 30_000;

export function startServer(command: string, args: readonly string[], options: SpawnOptions): ServerProcess {
  const child: ChildProcess = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-2_000)));
  }
  let ended: string | undefined;
  child.on("error", (error) => (ended = error.message));
  child.on("exit", (code, signal) => (ended ??= `exit status ${String(code ?? signal)}`));
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  return {
    async until(ready) {
      const latest = Date.now() + START_MS;
      const isReady = async () => ready();
      while (!(await isReady().catch(() => false))) {
        if (ended !== undefined) throw new Unavailable(`${command}: ${ended}: ${said}`);
        if (Date.now() > latest) throw new Unavailable(`${command} is not ready after ${START_MS / 1000} s: ${said}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async end(signal) {
      process.off("exit", kill);
      if (ended !== undefined) return;
      const exit = once(child, "exit");
      child.kill(signal);
      const late = setTimeout(kill, 5_000);
      await exit;
      clearTimeout(late);
    },
  };
}

/** A port of the loopback interface that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
