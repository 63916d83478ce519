/** The outcomes of a saga (S6). */
export type Outcome = "completed" | "compensated" | "stuck";

export const OUTCOMES: readonly Outcome[] = ["completed", "compensated", "stuck"];

/** The error, and the state, with which a compensated execution ends: the one sign that its undos have run (S6). */
export const COMPENSATED = "SagaCompensated";

/** The outcome of an ended execution. An execution that was stopped or timed out is stuck: nothing has run its undos. */
export function outcomeOf({ status, error }: { readonly status: string; readonly error?: string }): Outcome {
  const outcome = executionOutcomeOf(status, error);
  return outcome === "completed" || outcome === "compensated" ? outcome : "stuck";
}

/** The outcome of any execution. It may still run. Unlike S6, it separates a stopped execution from a stuck one. */
export type ExecutionOutcome = Outcome | "running" | "aborted" | "timed out";

/** The status of each outcome in Step Functions, which does not distinguish compensated from stuck. */
export const STATUS_OF = {
  running: "RUNNING",
  completed: "SUCCEEDED",
  compensated: "FAILED",
  stuck: "FAILED",
  aborted: "ABORTED",
  "timed out": "TIMED_OUT",
} as const satisfies Readonly<Record<ExecutionOutcome, string>>;

export const EXECUTION_OUTCOMES = Object.keys(STATUS_OF) as readonly ExecutionOutcome[];

/** The outcome of an execution that Step Functions describes. */
export function executionOutcomeOf(status: string | undefined, error: string | undefined): ExecutionOutcome {
  if (status === "FAILED") return error === COMPENSATED ? "compensated" : "stuck";
  return EXECUTION_OUTCOMES.find((outcome) => STATUS_OF[outcome] === status) ?? "running";
}
