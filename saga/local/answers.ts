import type { Execution, Json, TaskCall } from "../interpreter";
import type { Executions } from "./step-functions/executions";
import type { Stub } from "./stubs";

/** What is sent with a task token: SendTaskSuccess or SendTaskFailure. */
export type Answer = Stub;

/** Plays the one who answers with a task token; without an answer the step waits. */
export type AnswerTask = (state: string, payload: Json) => Answer | undefined;

/** A state that waits for an answer that nobody gives. */
export interface Waiting {
  readonly state: string;
  /** What its task was given, to pass on to whoever answers. */
  readonly payload: Json;
}

/** Long enough for what happens between two calls. Milliseconds. */
const QUIET_MS = 50;

/** Who answers with task tokens; and who wants to know that nobody does. */
export class Answers {
  /** By the executions whose waits somebody wants to know. */
  private readonly watched = new Map<string, { readonly waiting: Waiting[]; tell: () => void }>();
  /** How many calls are under way. */
  private running = 0;
  /** Has time go on that stands still for want of an answer. */
  private readonly holds: (() => void)[] = [];

  constructor(
    private readonly executions: Executions,
    private readonly answer: AnswerTask | undefined,
  ) {}

  /** Answers the call of a task with its token, where it has one; false where nobody does. */
  reply(execution: Execution, { state, arguments: args, taskToken }: TaskCall): boolean {
    if (taskToken === undefined) return true;
    const payload = (args as { readonly Payload?: Json }).Payload ?? args;
    const answer = this.answer?.(state, payload);
    if (!answer) {
      for (const { waiting } of this.watched.values()) waiting.push({ state, payload });
      this.tell();
      return false;
    }
    if ("output" in answer) execution.sendTaskSuccess(taskToken, answer.output);
    else execution.sendTaskFailure(taskToken, answer.error, answer.cause);
    return true;
  }

  /** Makes a call: before its end nobody is told that there is nothing but waiting. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.running++;
    try {
      return await call();
    } finally {
      this.running--;
      this.tell();
    }
  }

  /** Comes to what waits once nothing else runs. */
  waitsOf(executionArn: string): Promise<readonly Waiting[]> {
    return new Promise((resolve) => {
      const waiting: Waiting[] = [];
      const tell = (): void => {
        if (waiting.length > 0) resolve(waiting);
      };
      this.watched.set(executionArn, { waiting, tell });
      void this.executions
        .get(executionArn)
        ?.execution.result.finally(() => this.watched.delete(executionArn))
        .catch(() => {});
    });
  }

  /** Time stands still until it is told that nobody answers, if anybody ever does. */
  holdTime(release: () => void): void {
    if (this.answer) this.holds.push(release);
    else release();
  }

  /** It has been told that nobody answers. */
  releaseTime(): void {
    for (const release of this.holds.splice(0)) release();
  }

  /** Once nothing is called, and nothing happens between calls either. */
  private tell(): void {
    if (this.running > 0 || [...this.watched.values()].every(({ waiting }) => waiting.length === 0)) return;
    const seen = this.events();
    setTimeout(() => {
      if (this.events() !== seen) this.tell();
      else if (this.running === 0) for (const { tell } of this.watched.values()) tell();
    }, QUIET_MS);
  }

  private events(): number {
    return [...this.executions.values()].reduce((sum, { execution }) => sum + execution.history.length, 0);
  }
}
