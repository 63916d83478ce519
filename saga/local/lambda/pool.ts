import { availableParallelism, cpus } from "node:os";
import type { EventLoopUtilization } from "node:perf_hooks";

/** A thread that takes one call at a time. */
export interface PooledWorker {
  /** Whether it can take one more call. */
  readonly alive: boolean;
  /** How much of the time since another look it has been at work; compare `performance.eventLoopUtilization`. */
  activity(since?: EventLoopUtilization): EventLoopUtilization;
  close(): Promise<void>;
}

/** A call that may wait for its turn. `begun` tells that its worker has loaded and runs it. */
export type Job<W> = (worker: W, begun: () => void) => Promise<unknown>;

interface Waiting<W> {
  readonly job: Job<W>;
  readonly since: number;
  readonly settle: (run: Promise<unknown>) => void;
  readonly drop: (reason: unknown) => void;
}

const WORKERS_A_CORE = 3;
const TICK_MS = 100;
/** What a worker has cost to start as long as none has, in milliseconds. */
const START_MS = 50;
/** A worker that goes to another function costs a cold start: so it goes no more often than after so many times that. */
const STARTS_WAITED = 4;
/** Workers that are at work for more than this share of the machine's time leave nothing for one more. */
const BUSY_MACHINE = 0.5;
/** Of the machine's time this share must be left for a function that has a worker to get another; or */
const ROOM = 0.25;
/** its workers must be at work for less than this share of theirs: then they wait for something else than the machine. */
const WAITING = 0.05;
/** After so many ticks in which no call has ended it gets another one all the same. */
const STUCK_TICKS = 10;

export interface PoolOptions {
  /** What the machine has, if nothing is said. */
  readonly cores?: number;
  /** How many workers there may be, as long as calls end. */
  readonly size?: number;
  /** How much of the machine's time, from 0 to 1, nobody has used since this was asked last. */
  readonly idleShare?: () => number;
}

/**
 * The workers of all functions of a process: a few for each core. A worker belongs to one function, since nothing of one
 * may be seen by another; a warm one is used again; and where there are as many as there may be, calls wait.
 *
 * The function that has the fewest calls under way is served first; among equals, whoever has waited longest. So none keeps
 * another from running. A worker goes to a function that has none at once, and to others that have fewer once they have
 * waited for longer than that costs.
 *
 * A function that has a worker gets another one where its calls queue, and the machine has time left, its workers do nothing
 * but wait, or no call ends for a second. Otherwise two workers do no more than one, and each has to load the function, and to have it compiled,
 * for itself.
 *
 * Calls that wait for other calls hold their workers. Where calls queue, none ends, and the workers do not use up the
 * machine, there is one worker more, until something moves: so a call that another one waits for always gets to run.
 */
export class WorkerPool {
  private readonly lines = new Set<Line<PooledWorker>>();
  private readonly seen = new WeakMap<PooledWorker, EventLoopUtilization>();
  private starting = 0;
  /** What a worker costs to start, in milliseconds, as of late. */
  private startMs = START_MS;
  /** When a worker went to a line that had one already. */
  private movedAt = -Infinity;
  private ended = 0;
  private endedAtTick = 0;
  /** How many workers there may be beyond the bound. */
  private extra = 0;
  /** For how many ticks nothing has moved. */
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

  /** What the calls of one function stand in. */
  line<W extends PooledWorker>(start: () => W): Line<W> {
    const line = new Line(this, start);
    this.lines.add(line as unknown as Line<PooledWorker>);
    return line;
  }

  /** How many workers there are. */
  get workers(): number {
    return this.all().reduce((sum, line) => sum + line.workers, 0);
  }

  /** Gives work to whoever is free. */
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

  /** Called by a line: a worker of it starts, and until the function that comes back is called it loads. */
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

  /** Where a line that has no idle worker gets one: the line itself where there is room for another, or another line. */
  private sourceFor(line: Line<PooledWorker>): Line<PooledWorker> | undefined {
    // Threads that load at once, all of them, take long.
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

  /** Ends what is beyond the bound and rests. */
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

  /** Of the time since the last tick, how much a worker was at work: from 0 to 1. */
  private shareOf(worker: PooledWorker): number {
    const now = worker.activity();
    const before = this.seen.get(worker);
    this.seen.set(worker, now);
    return before ? worker.activity(before).utilization : 1;
  }
}

/** The calls of one function, and the workers that are its own. */
export class Line<W extends PooledWorker> {
  private readonly queue: Waiting<W>[] = [];
  private readonly idle: { readonly worker: W; readonly since: number }[] = [];
  private readonly running = new Set<W>();
  private readonly ending = new Set<Promise<void>>();
  private closed: Error | undefined;
  /** With how many workers it is content until the pool says otherwise. */
  mostWorkers = 1;

  constructor(
    private readonly pool: WorkerPool,
    private readonly start: () => W,
  ) {}

  /**
   * Runs a job as soon as there is a worker for it.
   * @param signal Takes a job that has not begun out of the queue.
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

  /** Since when the first in the queue waits. */
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
    // One that has died while it rested is none.
    while (this.idle.length > 0 && !this.idle.at(-1)?.worker.alive) this.idle.pop();
    return this.idle.length > 0;
  }

  /** Since when the one rests that was used first. */
  get idleSince(): number {
    return this.idle[0]?.since ?? Infinity;
  }

  underWay(): readonly W[] {
    return [...this.running];
  }

  /** Lets the first in the queue run, on the worker that was used last, or on a new one. */
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

  /** Ends the worker that rests longest. */
  endIdle(): void {
    const worker = this.idle.shift()?.worker;
    if (!worker) return;
    const ending: Promise<void> = worker.close().finally(() => this.ending.delete(ending));
    this.ending.add(ending);
  }

  /** Ends all workers, and what runs or waits with them. */
  async close(reason: Error): Promise<void> {
    this.closed = reason;
    for (const { drop } of this.queue.splice(0)) drop(reason);
    while (this.idle.length > 0) this.endIdle();
    await Promise.all([...this.running].map((worker) => worker.close()));
    await Promise.all(this.ending);
    this.pool.remove(this);
  }
}

/** Looks at all cores, whoever uses them. */
function idleShareOfMachine(): () => number {
  let before = { idle: 0, all: 0 };
  return () => {
    const times = cpus().map((each) => each.times);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
    const now = { idle: sum(times.map(({ idle }) => idle)), all: sum(times.map((each) => sum(Object.values(each)))) };
    // Some systems tell nothing of their cores.
    const share = now.all > before.all ? (now.idle - before.idle) / (now.all - before.all) : 1;
    before = now;
    return share;
  };
}

/** The one pool of this process: the machine is one, too. */
export const machinePool = new WorkerPool();
