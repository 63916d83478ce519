import { TaskFailure } from "./errors";
import { copyJson, type Json } from "./json";
import { randomHex, type Random } from "./random";

/** A Task that waits for its token to come back. */
export interface PendingTask {
  readonly token: string;
  /** Settles with SendTaskSuccess or SendTaskFailure. */
  readonly outcome: Promise<Json>;
  /** Called at each SendTaskHeartbeat. */
  onHeartbeat: () => void;
}

/** Thrown for a token that no Task waits for: unknown, used already, or timed out. */
export class TaskTimedOut extends Error {
  override readonly name = "TaskTimedOut";
}

interface Entry {
  readonly task: PendingTask;
  succeed(output: Json): void;
  fail(failure: TaskFailure): void;
}

/** The task tokens of one execution. */
export class TaskTokens {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly random: Random) {}

  issue(): PendingTask {
    let succeed!: Entry["succeed"];
    let fail!: Entry["fail"];
    const outcome = new Promise<Json>((resolve, reject) => {
      succeed = resolve;
      fail = reject;
    });
    // It may be answered before the Task gets to wait for it.
    outcome.catch(() => {});
    const task: PendingTask = { token: randomHex(this.random, 64), outcome, onHeartbeat: () => {} };
    this.entries.set(task.token, { task, succeed, fail });
    return task;
  }

  withdraw(task: PendingTask): void {
    this.entries.delete(task.token);
  }

  has(token: string): boolean {
    return this.entries.has(token);
  }

  success(token: string, output: Json): void {
    this.take(token).succeed(copyJson(output));
  }

  failure(token: string, error: string, cause: string): void {
    this.take(token).fail(new TaskFailure(error, cause));
  }

  heartbeat(token: string): void {
    this.find(token).task.onHeartbeat();
  }

  private take(token: string): Entry {
    const entry = this.find(token);
    this.entries.delete(token);
    return entry;
  }

  private find(token: string): Entry {
    const entry = this.entries.get(token);
    if (!entry) throw new TaskTimedOut(`Task Timed Out: no task waits for the token ${token}`);
    return entry;
  }
}
