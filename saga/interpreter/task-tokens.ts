import { TaskFailure } from "./errors";
import { copyJson, type Json } from "./json";
import type { Mark, TokenAnswer } from "./marks";
import { randomHex, type Random } from "./random";

/** A Task that waits for an answer with its token. */
export interface PendingTask {
  readonly token: string;
  /** Settles with SendTaskSuccess or SendTaskFailure. */
  readonly outcome: Promise<Json>;
  /** When the last SendTaskHeartbeat before a restore came. */
  readonly lastHeartbeat?: number;
  /** The answer came before a restore. */
  readonly answered: boolean;
  /** Called at each SendTaskHeartbeat. */
  onHeartbeat: () => void;
}

/** Thrown for a token that no Task waits for: unknown, used already, or timed out. */
export class TaskTimedOut extends Error {
  override readonly name = "TaskTimedOut";
}

/** The answers and heartbeats that came before a restore. */
interface TokenMail {
  readonly answers: ReadonlyMap<string, TokenAnswer>;
  readonly heartbeats: ReadonlyMap<string, number>;
}

interface Entry {
  readonly task: PendingTask;
  succeed(output: Json): void;
  fail(failure: TaskFailure): void;
}

/** The task tokens of one execution. */
export class TaskTokens {
  private readonly entries = new Map<string, Entry>();

  /**
   * @param onMark Receives each answer and heartbeat before the Task does: once it is accepted, it must not be lost.
   */
  constructor(
    private readonly random: Random,
    private readonly now: () => number,
    private readonly onMark: (mark: Mark) => void,
    private readonly mail?: TokenMail,
  ) {}

  /** @param kept The token that the Task had before a restore. */
  issue(kept?: string): PendingTask {
    let succeed!: Entry["succeed"];
    let fail!: Entry["fail"];
    const outcome = new Promise<Json>((resolve, reject) => {
      succeed = resolve;
      fail = reject;
    });
    // The answer may come before the Task awaits it.
    outcome.catch(() => {});
    const token = kept ?? randomHex(this.random, 64);
    const answer = this.mail?.answers.get(token);
    const lastHeartbeat = this.mail?.heartbeats.get(token);
    const task: PendingTask = {
      token,
      outcome,
      answered: answer !== undefined,
      ...(lastHeartbeat !== undefined && { lastHeartbeat }),
      onHeartbeat: () => {},
    };
    const entry = { task, succeed, fail };
    if (answer) settle(entry, answer);
    else this.entries.set(token, entry);
    return task;
  }

  withdraw(task: PendingTask): void {
    this.entries.delete(task.token);
  }

  has(token: string): boolean {
    return this.entries.has(token);
  }

  success(token: string, output: Json): void {
    this.answer(token, { output: copyJson(output) });
  }

  failure(token: string, error: string, cause: string): void {
    this.answer(token, { error, cause });
  }

  heartbeat(token: string): void {
    const { task } = this.find(token);
    this.onMark({ mark: "heartbeat", token, at: this.now() });
    task.onHeartbeat();
  }

  private answer(token: string, answer: TokenAnswer): void {
    const entry = this.find(token);
    this.entries.delete(token);
    this.onMark({ mark: "answered", token, answer, at: this.now() });
    settle(entry, answer);
  }

  private find(token: string): Entry {
    const entry = this.entries.get(token);
    if (!entry) throw new TaskTimedOut(`Task Timed Out: no task waits for the token ${token}`);
    return entry;
  }
}

function settle(entry: Entry, answer: TokenAnswer): void {
  if ("output" in answer) entry.succeed(copyJson(answer.output));
  else entry.fail(new TaskFailure(answer.error, answer.cause));
}
