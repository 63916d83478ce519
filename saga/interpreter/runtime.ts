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

/** One run of a Task. Its promise gives the task's result, or rejects with a `TaskFailure`. */
export interface TaskCall {
  /** The Resource ARN. */
  readonly resource: string;
  /** The name of the state. */
  readonly state: string;
  /** The evaluated Arguments; the state's input where there are none. */
  readonly arguments: Json;
  /** 0 for the first run, 1 for the first retry, … */
  readonly attempt: number;
  readonly context: Context;
  /** Aborted when the result is no longer wanted: a timeout, a failed sibling branch, a stopped execution. */
  readonly signal: AbortSignal;
  /** For `.waitForTaskToken`: what `execution.sendTaskSuccess` and the like want. The promise's value is the submission. */
  readonly taskToken?: string;
  /** Inside a Map: the index of the item. */
  readonly iteration?: number;
  /**
   * Lets no time-out that the call is under go on until the returned function is called: its own, its execution's, and
   * those of whoever waits for that. For a call that has to wait before it is made at all.
   */
  readonly hold: () => () => void;
  /** For `.sync`: puts into the history what the other service answered when the job was started. */
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
  /** Holds the time that the execution may take. */
  readonly hold: () => () => void;
  context: Pick<Context, "Execution" | "StateMachine">;
  /** TestState can be given the whole Context object. */
  readonly fixedContext?: Context;
}
