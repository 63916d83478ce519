import { type Outcome, outcomeOf } from "../asl/outcome";
import type { ExecutionResult, HistoryEvent, Json } from "../interpreter";
import type { Message } from "./services/outbox";
import type { Row } from "./dynamodb/table";

/** One execution, as `--json` prints it. */
export interface ExecutionReport {
  readonly input: Json;
  readonly status: ExecutionResult["status"] | "RUNNING";
  readonly outcome: Outcome | "waiting";
  /** The calls and waits, in order. In a list, each has the index of its item. */
  readonly path: readonly string[];
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  /** The tasks whose tokens nobody has answered. */
  readonly waiting?: readonly { readonly state: string; readonly payload: Json }[];
  /** The rows that the execution changed, by the logical names of their tables. */
  readonly tables: Readonly<Record<string, readonly Row[]>>;
  /** The messages to services that are not on this machine. */
  readonly outbox: readonly Message[];
}

/** The result of one state. */
export interface Visit {
  /** The state's name. In a list it has the item's index: `Reserve[2]`. */
  readonly state: string;
  readonly did: "done" | "failed" | "undone" | "stuck" | "waited" | "waits";
  /** Why it failed. */
  readonly error?: string;
  readonly cause?: string;
}

export interface Reported {
  readonly report: ExecutionReport;
  readonly visits: readonly Visit[];
}

/** Reports on an execution, from its history. */
export function report({
  input,
  history,
  result,
  tables,
  outbox,
}: {
  readonly input: Json;
  readonly history: readonly HistoryEvent[];
  /** Its result; or, if it has not ended, the tasks that wait. */
  readonly result: ExecutionResult | NonNullable<ExecutionReport["waiting"]>;
  readonly tables: ExecutionReport["tables"];
  readonly outbox: ExecutionReport["outbox"];
}): Reported {
  const ended = "status" in result ? result : undefined;
  const { output, error, cause } = ended ?? {};
  const visits = visitsOf(history, ended);
  return {
    visits,
    report: {
      input,
      status: ended?.status ?? "RUNNING",
      outcome: ended ? outcomeOf(ended) : "waiting",
      path: visits.map(({ state }) => state),
      ...(output !== undefined && { output }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
      ...(!("status" in result) && { waiting: result }),
      tables,
      outbox,
    },
  };
}

interface Followed {
  readonly state: string;
  readonly type: string;
  readonly iteration: number | undefined;
  /** The name that identifies the call: its step, with the indexes of all enclosing lists. */
  step?: string;
  failures: HistoryEvent[];
  exited: boolean;
}

/** Follows each thread of the history from a state's entry to its exit. */
function visitsOf(history: readonly HistoryEvent[], ended: ExecutionResult | undefined): readonly Visit[] {
  const followed: Followed[] = [];
  const byEvent = new Map<number, Followed>();
  for (const event of history) {
    const [, type] = /^(.+)StateEntered$/.exec(event.type) ?? [];
    if (type !== undefined && type !== "Fail") {
      const { state, iteration } = event;
      const one: Followed = { state: state as string, type, iteration, failures: [], exited: false };
      followed.push(one);
      byEvent.set(event.id, one);
      continue;
    }
    const one = byEvent.get(event.previousEventId);
    if (!one) continue;
    byEvent.set(event.id, one);
    if (event.type === "TaskScheduled") {
      const step = stepOf(event.parameters);
      if (step !== undefined) one.step = step;
    }
    if (FAILURES.has(event.type)) one.failures.push(event);
    if (event.type === "TaskSucceeded") one.failures = [];
    if (event.type.endsWith("StateExited")) one.exited = true;
  }
  return followed.flatMap(({ state, type, iteration, step, failures, exited }): Visit[] => {
    const last = failures.at(-1);
    const why = {
      ...(last?.error !== undefined && { error: last.error }),
      ...(last?.cause !== undefined && { cause: last.cause }),
    };
    const named = state + (step?.replace(/^[^[]*/, "") ?? (iteration === undefined ? "" : `[${iteration}]`));
    const open = !exited && ended?.status !== "SUCCEEDED";
    // Other states only connect calls. They are left out, unless they fail.
    if (type !== "Task" && type !== "Wait") return open && last ? [{ state: named, did: "stuck", ...why }] : [];
    if (open) return [{ state: named, did: ended ? "stuck" : "waits", ...why }];
    if (last) return [{ state: named, did: "failed", ...why }];
    if (type === "Wait") return [{ state: named, did: "waited" }];
    // The call of an undo names the step that it undoes, and not itself (S11).
    return [{ state: named, did: step !== undefined && step.replace(/\[.*/, "") !== state ? "undone" : "done" }];
  });
}

/** The step that a call's payload names. */
function stepOf(parameters: Json | undefined): string | undefined {
  const { Payload } = (parameters ?? {}) as { readonly Payload?: { readonly saga?: { readonly step?: string } } };
  return Payload?.saga?.step;
}

const FAILURES: ReadonlySet<string> = new Set([
  "TaskFailed",
  "TaskTimedOut",
  "TaskStartFailed",
  "TaskSubmitFailed",
  "EvaluationFailed",
]);
