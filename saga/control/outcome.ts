/** How an execution has ended (S6), or that it has not. */
export type Outcome = "running" | "completed" | "compensated" | "stuck" | "aborted" | "timed out";

/** The error with which a saga's machine says that it has been compensated (S6). */
export const COMPENSATED = "SagaCompensated";

/** The status of each outcome in Step Functions, which does not distinguish compensated from stuck. */
export const STATUS_OF = {
  running: "RUNNING",
  completed: "SUCCEEDED",
  compensated: "FAILED",
  stuck: "FAILED",
  aborted: "ABORTED",
  "timed out": "TIMED_OUT",
} as const satisfies Readonly<Record<Outcome, string>>;

export const OUTCOMES = Object.keys(STATUS_OF) as readonly Outcome[];

/** The outcome of an execution that Step Functions describes. */
export function outcomeOf(status: string | undefined, error: string | undefined): Outcome {
  if (status === "FAILED") return error === COMPENSATED ? "compensated" : "stuck";
  return OUTCOMES.find((outcome) => STATUS_OF[outcome] === status) ?? "running";
}
