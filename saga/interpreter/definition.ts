import type { Template } from "./expressions";

/** A definition that `loadMachine` has checked: expressions parsed, targets resolved, defaults filled in. */
export interface Machine extends Sequence {
  readonly timeoutSeconds?: number;
}

/** States with a variable scope of their own: the machine, a branch, or the ItemProcessor of a Map. */
export interface Sequence {
  readonly startAt: string;
  readonly states: { readonly [name: string]: State };
}

export type State =
  PassState | TaskState | ChoiceState | WaitState | SucceedState | FailState | ParallelState | MapState;
export type StateType = State["type"];

/** The variables and the output that a state produces. */
export interface Result {
  readonly assign?: Template;
  readonly output?: Template;
}

interface Common {
  readonly name: string;
  /** Absent if the state ends its sequence. */
  readonly next?: string;
}

export interface PassState extends Common, Result {
  readonly type: "Pass";
}

export interface SucceedState extends Common, Result {
  readonly type: "Succeed";
}

export interface FailState extends Common {
  readonly type: "Fail";
  readonly error?: Template;
  readonly cause?: Template;
}

export interface WaitState extends Common, Result {
  readonly type: "Wait";
  readonly until: { readonly unit: "Seconds" | "Timestamp"; readonly value: Template };
}

export interface ChoiceRule extends Result {
  readonly condition: Template;
  readonly next: string;
}

export interface ChoiceState extends Common, Result {
  readonly type: "Choice";
  readonly choices: readonly ChoiceRule[];
  readonly default?: string;
}

export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds?: number;
  readonly fullJitter: boolean;
}

export interface Catcher extends Result {
  readonly errorEquals: readonly string[];
  readonly next: string;
}

/** A state whose errors Retry and Catch can handle. */
export interface Fallible extends Common, Result {
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
}

export interface Resource {
  readonly arn: string;
  /**
   * As in the history: type `lambda`, action `invoke.waitForTaskToken`. Absent if the resource is a function's own ARN.
   */
  readonly integration?: { readonly type: string; readonly action: string };
  readonly waitsForToken: boolean;
}

export interface TaskState extends Fallible {
  readonly type: "Task";
  readonly resource: Resource;
  readonly arguments?: Template;
  readonly timeoutSeconds?: Template;
  readonly heartbeatSeconds?: Template;
}

export interface ParallelState extends Fallible {
  readonly type: "Parallel";
  readonly arguments?: Template;
  readonly branches: readonly Sequence[];
}

export interface MapState extends Fallible {
  readonly type: "Map";
  readonly items?: Template;
  readonly itemSelector?: Template;
  readonly itemProcessor: Sequence;
  readonly maxConcurrency?: Template;
  readonly toleratedFailureCount?: Template;
  readonly toleratedFailurePercentage?: Template;
}
