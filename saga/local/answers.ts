import type { Execution, Json, TaskCall } from "../interpreter";
import type { Executions } from "./step-functions/executions";
import type { Stub } from "./stubs";

/** The answer to a task token, as SendTaskSuccess or SendTaskFailure sends it. */
export type Answer = Stub;

/** Answers task tokens in place of a person or another system. Without an answer the task waits. */
export type AnswerTask = (state: string, payload: Json) => Answer | undefined;

/** A task whose token nobody has answered. */
export interface Waiting {
  readonly state: string;
  /** The payload of its call. It contains what a person needs in order to answer. */
  readonly payload: Json;
}

/**
 * Milliseconds without a new event, after which the executions count as quiet. Longer than the pause between two calls.
 */
const QUIET_MS = 50;

/** Answers task tokens, and reports when executions only wait for tokens that nobody answers. */
export class Answers {
  /** By the ARN of each execution that `waitsOf` watches. */
  private readonly watched = new Map<string, { readonly waiting: Waiting[]; tell: () => void }>();
  /** The number of calls in progress. */
  private running = 0;
  /** Each one releases the clock, which is held for a token that has no answer. */
  private readonly holds: (() => void)[] = [];

  constructor(
    private readonly executions: Executions,
    private readonly answer: AnswerTask | undefined,
  ) {}

  /** Answers the call of a task if it has a token. Returns false if the token gets no answer. */
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

  /** Makes a call. While it runs, nothing is reported as waiting. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.running++;
    try {
      return await call();
    } finally {
      this.running--;
      this.tell();
    }
  }

  /** Resolves with the waiting tasks once nothing else runs. If the execution ends first, it never resolves. */
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

  /** Holds the clock until `releaseTime`, if there is an answerer; otherwise releases it at once. */
  holdTime(release: () => void): void {
    if (this.answer) this.holds.push(release);
    else release();
  }

  /** Releases the clock, once the waiting tasks have been reported. */
  releaseTime(): void {
    for (const release of this.holds.splice(0)) release();
  }

  /** Reports the waiting tasks once no call runs and no event has come for `QUIET_MS`. */
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
