import { availableParallelism, cpus } from "node:os";
import type { EventLoopUtilization } from "node:perf_hooks";

/** A thread that takes one call at a time. */
export interface PooledWorker {
  /** Whether it can take another call. */
  readonly alive: boolean;
  /** The share of time that it was busy, since an earlier reading. See `performance.eventLoopUtilization`. */
  activity(since?: EventLoopUtilization): EventLoopUtilization;
  close(): Promise<void>;
}

/** A call, which may be queued. It calls `begun` once its worker has loaded and runs it. */
export type Job<W> = (worker: W, begun: () => void) => Promise<unknown>;

interface Waiting<W> {
  readonly job: Job<W>;
  readonly since: number;
  readonly settle: (run: Promise<unknown>) => void;
  readonly drop: (reason: unknown) => void;
}

const WORKERS_A_CORE = 3;
const TICK_MS = 100;
/** The assumed start time of a worker, until one has started. Milliseconds. */
const START_MS = 50;
/** Moving a worker to another function costs a cold start. So a worker moves only after this many start times. */
const STARTS_WAITED = 4;
/** If the workers use more than this share of the machine, it has no time left for another. */
const BUSY_MACHINE = 0.5;
/** A function with a worker may get another one if more than this share of the machine's time is left. */
const ROOM = 0.25;
/**
 * It may also get one if its workers are busy for less than this share of their time: then they wait for something else
 * than the machine.
 */
const WAITING = 0.05;
/** It may also get one if no call has ended for this many ticks. */
const STUCK_TICKS = 10;

export interface PoolOptions {
  /** The machine's cores by default. */
  readonly cores?: number;
  /** The maximum number of workers, as long as calls end. */
  readonly size?: number;
  /** The share of the machine's time, from 0 to 1, that was idle since the last call. */
  readonly idleShare?: () => number;
}

/**
 * The workers of all functions of a process: a few for each core. A worker belongs to one function, so that no function
 * sees the state of another. Warm workers are reused. At the maximum number of workers, calls queue.
 *
 * The function with the fewest running calls is served first; among equals, the one that has waited longest. So no
 * function can starve another. A worker moves at once to a function that has none. It moves to a function with fewer
 * workers once that has waited for longer than the move costs.
 *
 * A function with a worker gets another one if its calls queue, and the machine has time left, its workers only wait,
 * or no call ends for a second. Otherwise a second worker does no more work, and has to load and compile the function
 * once more.
 *
 * A call that waits for another call holds its worker. To prevent a deadlock, the pool adds a worker when calls are
 * queued, none has ended since the last tick, and the workers do not use up the machine. It goes on until a call ends.
 */
export class WorkerPool {
  private readonly lines = new Set<Line<PooledWorker>>();
  private readonly seen = new WeakMap<PooledWorker, EventLoopUtilization>();
  private starting = 0;
  /** The recent start time of a worker, in milliseconds. */
  private startMs = START_MS;
  /** When a worker last moved to a line that already had one. */
  private movedAt = -Infinity;
  private ended = 0;
  private endedAtTick = 0;
  /** How many workers are allowed beyond the maximum. */
  private extra = 0;
  /** The number of ticks without progress. */
  private stuckFor = 0;
  private ticker: NodeJS.Timeout | undefined;

  private readonly cores: number;
  private readonly size: number;
  private readonly idleShare: () => number;

  constructor(options: PoolOptions = {}) {
    const { cores = availableParallelism(), size = cores * WORKERS_A_CORE, idleShare = idleShareOfMachine() } = options;
    this.cores = cores;
    this.size = size;
    this.idleShare = idleShare;
  }

  /** The queue of one function's calls. */
  line<W extends PooledWorker>(start: () => W): Line<W> {
    const line = new Line(this, start);
    this.lines.add(line as unknown as Line<PooledWorker>);
    return line;
  }

  /** The number of workers. */
  get workers(): number {
    return this.all().reduce((sum, line) => sum + line.workers, 0);
  }

  /** Gives queued calls to free workers. */
  assign(): void {
    while (this.assignOne());
    const queued = this.queued().length > 0;
    if (!queued) this.shrink();
    if (queued && !this.ticker) {
      this.idleShare();
      this.ticker = setInterval(this.tick, TICK_MS).unref();
    }
    if (!queued && this.ticker) {
      clearInterval(this.ticker);
      this.ticker = undefined;
      this.endedAtTick = -1;
    }
  }

  /** Called by a line when a worker starts. The returned function is called when the worker has loaded. */
  onStart(): () => void {
    this.starting++;
    const since = performance.now();
    let loads = true;
    return () => {
      if (!loads) return;
      loads = false;
      this.starting--;
      this.startMs = (this.startMs + performance.now() - since) / 2;
    };
  }

  onEnd(): void {
    this.ended++;
    this.assign();
  }

  remove(line: object): void {
    this.lines.delete(line as Line<PooledWorker>);
    this.assign();
  }

  private all(): readonly Line<PooledWorker>[] {
    return [...this.lines];
  }

  private queued(): Line<PooledWorker>[] {
    return this.all().filter(({ waits }) => waits > 0);
  }

  private assignOne(): boolean {
    const queued = this.queued().sort((a, b) => a.busy - b.busy || a.waitsSince - b.waitsSince);
    for (const line of queued) {
      const from = line.isIdle ? line : this.sourceFor(line);
      if (!from) continue;
      if (from !== line) from.endIdle();
      line.begin();
      return true;
    }
    return false;
  }

  /**
   * The source of a worker for a line without an idle one: the line itself, if it may start a worker, or a line that
   * gives one up.
   */
  private sourceFor(line: Line<PooledWorker>): Line<PooledWorker> | undefined {
    // Threads that load at the same time slow each other down.
    if (this.starting >= this.cores) return undefined;
    if (this.workers < this.size + this.extra) {
      return line.workers < line.mostWorkers ? line : undefined;
    }
    const now = performance.now();
    const patience = STARTS_WAITED * this.startMs;
    const mayTake = (other: Line<PooledWorker>): boolean => {
      if (other === line || !other.isIdle) return false;
      const [waited, rested] = [now - line.waitsSince > patience, now - other.idleSince > patience];
      if (line.workers === 0) return other.workers > 1 || rested || waited;
      const spare = other.workers > line.workers + 1 || (rested && other.waits === 0);
      return waited && spare && now - this.movedAt > patience;
    };
    const [source] = this.all()
      .filter(mayTake)
      .sort((a, b) => b.workers - a.workers || a.idleSince - b.idleSince);
    if (source && line.workers > 0) this.movedAt = now;
    return source;
  }

  /** Ends idle workers beyond the maximum. */
  private shrink(): void {
    this.extra = 0;
    while (this.workers > this.size) {
      const [idle] = this.all()
        .filter(({ isIdle }) => isIdle)
        .sort((a, b) => a.idleSince - b.idleSince);
      if (!idle) return;
      idle.endIdle();
    }
  }

  private readonly tick = (): void => {
    const shares = new Map(this.all().map((line) => [line, line.underWay().map((worker) => this.shareOf(worker))]));
    const atWork = [...shares.values()].flat().reduce((sum, share) => sum + share, 0);
    const moves = this.ended !== this.endedAtTick || this.starting > 0;
    this.endedAtTick = this.ended;
    const isStuck = !moves && atWork < this.cores * BUSY_MACHINE;
    this.stuckFor = isStuck ? this.stuckFor + 1 : 0;
    const hasRoom = this.idleShare() > ROOM || this.stuckFor >= STUCK_TICKS;
    for (const [line, each] of shares) {
      const mayGrow = line.waits > 0 && (hasRoom || each.every((share) => share < WAITING));
      line.mostWorkers = Math.max(1, mayGrow ? line.workers * 2 : line.workers);
    }
    if (isStuck && this.workers >= this.size + this.extra) this.extra++;
    this.assign();
  };

  /** The share of the time since the last tick that a worker was busy, from 0 to 1. */
  private shareOf(worker: PooledWorker): number {
    const now = worker.activity();
    const before = this.seen.get(worker);
    this.seen.set(worker, now);
    return before ? worker.activity(before).utilization : 1;
  }
}

/** The calls of one function, and its workers. */
export class Line<W extends PooledWorker> {
  private readonly queue: Waiting<W>[] = [];
  private readonly idle: { readonly worker: W; readonly since: number }[] = [];
  private readonly running = new Set<W>();
  private readonly ending = new Set<Promise<void>>();
  private closed: Error | undefined;
  /** The number of workers that it may have. The pool sets it. */
  mostWorkers = 1;

  constructor(
    private readonly pool: WorkerPool,
    private readonly start: () => W,
  ) {}

  /**
   * Runs a job as soon as a worker is free.
   * @param signal Removes a job from the queue if it has not begun.
   */
  run<T>(job: (worker: W, begun: () => void) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(signal?.reason);
      };
      const waiting: Waiting<W> = {
        job,
        since: performance.now(),
        settle: (run) => {
          signal?.removeEventListener("abort", leave);
          resolve(run as Promise<T>);
        },
        drop: reject,
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.queue.push(waiting);
      this.pool.assign();
    });
  }

  get waits(): number {
    return this.queue.length;
  }

  /** The time at which the first queued call came. */
  get waitsSince(): number {
    return this.queue[0]?.since ?? Infinity;
  }

  get busy(): number {
    return this.running.size;
  }

  get workers(): number {
    return this.running.size + this.idle.length;
  }

  get isIdle(): boolean {
    // An idle worker may have died.
    while (this.idle.length > 0 && !this.idle.at(-1)?.worker.alive) this.idle.pop();
    return this.idle.length > 0;
  }

  /** The time at which the longest idle worker became idle. */
  get idleSince(): number {
    return this.idle[0]?.since ?? Infinity;
  }

  underWay(): readonly W[] {
    return [...this.running];
  }

  /** Runs the first queued call, on the most recently used worker or on a new one. */
  begin(): void {
    const waiting = this.queue.shift();
    if (!waiting) return;
    const warm = this.isIdle ? this.idle.pop()?.worker : undefined;
    const begun = warm ? () => {} : this.pool.onStart();
    let worker: W;
    try {
      worker = warm ?? this.start();
    } catch (error) {
      begun();
      waiting.drop(error);
      return;
    }
    this.running.add(worker);
    const run = waiting.job(worker, () => {
      begun();
      if (!warm) this.pool.assign();
    });
    waiting.settle(
      run.finally(() => {
        begun();
        this.running.delete(worker);
        if (worker.alive && !this.closed) this.idle.push({ worker, since: performance.now() });
        this.pool.onEnd();
      }),
    );
  }

  /** Ends the worker that has been idle longest. */
  endIdle(): void {
    const worker = this.idle.shift()?.worker;
    if (!worker) return;
    const ending: Promise<void> = worker.close().finally(() => this.ending.delete(ending));
    this.ending.add(ending);
  }

  /** Ends all workers. Running and queued calls fail. */
  async close(reason: Error): Promise<void> {
    this.closed = reason;
    for (const { drop } of this.queue.splice(0)) drop(reason);
    while (this.idle.length > 0) this.endIdle();
    await Promise.all([...this.running].map((worker) => worker.close()));
    await Promise.all(this.ending);
    this.pool.remove(this);
  }
}

/** Measures the idle share of all cores, whichever process uses them. */
function idleShareOfMachine(): () => number {
  let before = { idle: 0, all: 0 };
  return () => {
    const times = cpus().map((each) => each.times);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
    const now = { idle: sum(times.map(({ idle }) => idle)), all: sum(times.map((each) => sum(Object.values(each)))) };
    // Some systems report no times of their cores.
    const share = now.all > before.all ? (now.idle - before.idle) / (now.all - before.all) : 1;
    before = now;
    return share;
  };
}

/** The pool of this process. There is only one, because there is only one machine. */
export const machinePool = new WorkerPool();
