import type { Json } from "./json";

/** How an execution ended. */
export interface ExecutionResult {
  readonly status: "SUCCEEDED" | "FAILED" | "ABORTED" | "TIMED_OUT";
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  /** FAILED only: the innermost state whose error nothing caught. A redrive goes on there. */
  readonly failedState?: string;
  /** FAILED only: that state after the Parallel and Map states around it. */
  readonly failedPath?: readonly string[];
}
