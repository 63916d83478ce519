import type { Json } from "./json";

/** The state in which something happens, and inside Maps the indices of the items, outermost first. */
export interface Place {
  readonly state: string;
  readonly items?: readonly number[];
}

/** A failure: what Retry and Catch need to know of it, and the states that did not catch it. */
export interface FailureDetails {
  readonly error?: string;
  readonly cause?: string;
  readonly path: readonly string[];
}

/**
 * A fact between the events of a history that a restore needs. The service keeps such facts too, but does not publish
 * them. A mark precedes the event to which it leads.
 */
export type Mark =
  /** The token of a Task that waits for one. */
  | ({ readonly mark: "token"; readonly token: string } & Place)
  /** The next event is a missed heartbeat, which has a name of its own for ErrorEquals. */
  | ({ readonly mark: "missedHeartbeat" } & Place)
  /** This retrier retries a failed state, at this time. */
  | ({ readonly mark: "retry"; readonly retrier: number; readonly until: number } & Place)
  /** A failed state is not retried. The catcher handles the error, if one matches. */
  | ({ readonly mark: "gaveUp"; readonly failure: FailureDetails; readonly catcher?: number } & Place)
  /** A Wait ends at this time. */
  | ({ readonly mark: "wait"; readonly until: number } & Place)
  /** The input of a Parallel's branches, or the items of a Map, if it is not the state's own input. */
  | ({ readonly mark: "input"; readonly value: Json } & Place)
  /** The next state, after a state that has several successors. */
  | ({ readonly mark: "next"; readonly next: string } & Place)
  /** SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat. */
  | { readonly mark: "answered"; readonly token: string; readonly answer: TokenAnswer; readonly at: number }
  | { readonly mark: "heartbeat"; readonly token: string; readonly at: number }
  /** StopExecution, or the time-out of the machine. */
  | {
      readonly mark: "stopping";
      readonly status: "ABORTED" | "TIMED_OUT";
      readonly error?: string;
      readonly cause?: string;
    }
  /** The state in which the execution fails, after the states around it: nothing caught the failure. */
  | { readonly mark: "failed"; readonly path: readonly string[] };

export type TokenAnswer = { readonly output: Json } | { readonly error: string; readonly cause: string };
