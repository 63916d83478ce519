import type { Json } from "./json";

/** Where something happens: in which state, and inside of Maps at which of their items, outermost first. */
export interface Place {
  readonly state: string;
  readonly items?: readonly number[];
}

/** What is known of a failure: all that Retry and Catch ask for, and the states that it has passed through. */
export interface FailureDetails {
  readonly error?: string;
  readonly cause?: string;
  readonly path: readonly string[];
}

/**
 * What happens between the events of a history and that a restore must know: the service keeps it, too, and tells it to
 * nobody. A mark stands before the event to which it leads.
 */
export type Mark =
  /** A Task that waits for a token has this one. */
  | ({ readonly mark: "token"; readonly token: string } & Place)
  /** The next event is a missed heartbeat, which has a name of its own for ErrorEquals. */
  | ({ readonly mark: "missedHeartbeat" } & Place)
  /** A failed state is tried again by this retrier, at this time. */
  | ({ readonly mark: "retry"; readonly retrier: number; readonly until: number } & Place)
  /** A failed state is not tried again; a Catcher has it, if there is one for it. */
  | ({ readonly mark: "gaveUp"; readonly failure: FailureDetails; readonly catcher?: number } & Place)
  /** A Wait ends at this time. */
  | ({ readonly mark: "wait"; readonly until: number } & Place)
  /** What the branches of a Parallel are given, or the items of a Map, where that is not the state's own input. */
  | ({ readonly mark: "input"; readonly value: Json } & Place)
  /** A state that can be left in several ways is left for this one. */
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
  /** Where an execution fails whose failure nothing caught. */
  | { readonly mark: "failed"; readonly path: readonly string[] };

export type TokenAnswer = { readonly output: Json } | { readonly error: string; readonly cause: string };
