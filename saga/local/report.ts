import type { ExecutionResult, HistoryEvent, Json } from "../interpreter";

/** How a saga ends (S6). */
export type Outcome = "completed" | "compensated" | "stuck";

/** One execution, as `--json` prints it. */
export interface ExecutionReport {
  readonly input: Json;
  readonly status: ExecutionResult["status"];
  readonly outcome: Outcome;
  /** The states entered, in order, but for the Fail state that ends a compensated execution. */
  readonly path: readonly string[];
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  /** The table's rows for this order, after the execution. */
  readonly items: readonly Record<string, unknown>[];
}

/** What became of one state. */
export interface Visit {
  readonly state: string;
  /** A state that calls nothing is just passed. */
  readonly did: "done" | "failed" | "undone" | "stuck" | "passed";
  /** Why it failed. */
  readonly error?: string;
  readonly cause?: string;
}

/** Reads an execution's history. */
export function report(
  input: Json,
  history: readonly HistoryEvent[],
  result: ExecutionResult,
  items: readonly Record<string, unknown>[],
): { readonly report: ExecutionReport; readonly visits: readonly Visit[] } {
  const { status, output, error, cause } = result;
  const visits = visitsOf(history, result);
  return {
    visits,
    report: {
      input,
      status,
      outcome: outcomeOf(result),
      path: visits.map(({ state }) => state),
      ...(output !== undefined && { output }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
      items,
    },
  };
}

/** How a saga has ended. */
export function outcomeOf({ status, error }: ExecutionResult): Outcome {
  if (status === "SUCCEEDED") return "completed";
  return status === "FAILED" && error === "SagaCompensated" ? "compensated" : "stuck";
}

/** Follows each thread of the history from a state's entry to its exit. */
function visitsOf(history: readonly HistoryEvent[], { status }: ExecutionResult): readonly Visit[] {
  const visits: { state: string; task: boolean; failures: HistoryEvent[]; exited: boolean; undo: boolean }[] = [];
  const visitAt = new Map<number, (typeof visits)[number]>();
  for (const event of history) {
    if (event.type.endsWith("StateEntered") && event.type !== "FailStateEntered") {
      const task = event.type === "TaskStateEntered";
      const visit = { state: event.state as string, task, failures: [], exited: false, undo: false };
      visits.push(visit);
      visitAt.set(event.id, visit);
      continue;
    }
    const visit = visitAt.get(event.previousEventId);
    if (!visit) continue;
    visitAt.set(event.id, visit);
    if (event.type === "TaskScheduled") visit.undo = isUndo(visit.state, event.parameters);
    if (FAILURES.has(event.type)) visit.failures.push(event);
    if (event.type === "TaskSucceeded") visit.failures = [];
    if (event.type.endsWith("StateExited")) visit.exited = true;
  }
  return visits.map(({ state, task, failures, exited, undo }) => {
    const last = failures.at(-1);
    const why = {
      ...(last?.error !== undefined && { error: last.error }),
      ...(last?.cause !== undefined && { cause: last.cause }),
    };
    if (!exited && status !== "SUCCEEDED") return { state, did: "stuck", ...why };
    if (last) return { state, did: "failed", ...why };
    return { state, did: !task ? "passed" : undo ? "undone" : "done" };
  });
}

/** An undo calls in the name of the step that it undoes, not in its own (S11). */
function isUndo(state: string, parameters: Json | undefined): boolean {
  const { Payload } = (parameters ?? {}) as { readonly Payload?: { readonly saga?: { readonly step?: string } } };
  const step = Payload?.saga?.step;
  return step !== undefined && step.replace(/\[.*/, "") !== state;
}

const FAILURES: ReadonlySet<string> = new Set([
  "TaskFailed",
  "TaskTimedOut",
  "TaskStartFailed",
  "TaskSubmitFailed",
  "EvaluationFailed",
]);
