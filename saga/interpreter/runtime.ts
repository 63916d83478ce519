import type { Clock } from "./clock";
import type { FunctionBindings } from "./functions";
import type { History } from "./history";
import type { Json, JsonObject } from "./json";
import type { Random } from "./random";
import type { TaskTokens } from "./task-tokens";

/** `$states.context`: the Context object ("Accessing execution data from the Context object"). */
export interface Context {
  readonly Execution: JsonObject;
  readonly StateMachine: JsonObject;
  readonly State?: JsonObject;
  readonly Task?: JsonObject;
  readonly Map?: JsonObject;
}

/** One call of a Task. `invoke` resolves with the task's result, or rejects with a `TaskFailure`. */
export interface TaskCall {
  /** The Resource ARN. */
  readonly resource: string;
  /** The name of the state. */
  readonly state: string;
  /** The evaluated Arguments; the state's input if there are none. */
  readonly arguments: Json;
  /** 0 for the first run, 1 for the first retry, … */
  readonly attempt: number;
  readonly context: Context;
  /** Aborted when nobody needs the result any more: after a timeout, a failed sibling branch, a stopped execution. */
  readonly signal: AbortSignal;
  /**
   * For `.waitForTaskToken`: the token for `execution.sendTaskSuccess` and the like. `invoke` resolves with the answer
   * to the submission then.
   */
  readonly taskToken?: string;
  /** Inside a Map: the index of the item. */
  readonly iteration?: number;
  /**
   * Suspends the timeouts that apply to the call until the returned function is called: its own, its execution's, and
   * those of executions that wait for its execution. For a call that has to queue before it is made.
   */
  readonly hold: () => () => void;
  /** For `.sync`: records what the other service answered when the job was started. */
  readonly submitted: (output: Json) => void;
}

export type Invoke = (call: TaskCall) => Promise<Json>;

/** What all the states of one execution share. */
export interface Runtime {
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly random: Random;
  readonly functions: FunctionBindings;
  readonly history: History;
  readonly tokens: TaskTokens;
  /** Suspends the timeout of the execution, and those of executions that wait for it. */
  readonly hold: () => () => void;
  context: Pick<Context, "Execution" | "StateMachine">;
  /** Only in TestState, whose request may contain the whole Context object. */
  readonly fixedContext?: Context;
}
