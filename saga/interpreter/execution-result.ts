import type { Json } from "./json";

/** How an execution ended. */
export interface ExecutionResult {
  readonly status: "SUCCEEDED" | "FAILED" | "ABORTED" | "TIMED_OUT";
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  /** FAILED only: the innermost state whose error nothing caught. A redrive continues there. */
  readonly failedState?: string;
  /** FAILED only: the Parallel and Map states around that state, outermost first, then the state itself. */
  readonly failedPath?: readonly string[];
}
