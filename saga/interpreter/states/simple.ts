import type { ChoiceState, FailState, PassState, SucceedState, WaitState } from "../definition";
import { StateFailure } from "../errors";
import type { Progress } from "../frame";
import { parseTimestamp } from "../timestamp";
import type { Outcome, Visit } from "../visit";

const MAX_WAIT_SECONDS = 99_999_999;

/**
 * Throws the recorded error of a restored state, so that it is not recorded twice. For states without Retry and Catch.
 */
function throwRecorded(progress: Progress | undefined): void {
  if (progress?.failure) throw progress.failure.error;
}

export async function runPass(visit: Visit<PassState | SucceedState>): Promise<Outcome> {
  throwRecorded(visit.takeProgress());
  return visit.leave(visit.state, visit.state.next, visit.input);
}

export async function runFail(visit: Visit<FailState>): Promise<Outcome> {
  throwRecorded(visit.takeProgress());
  const { error, cause } = visit.state;
  const name = error && (await visit.evaluateTyped(error, "string"));
  const detail = cause && (await visit.evaluateTyped(cause, "string"));
  throw new StateFailure(name as string | undefined, detail as string | undefined);
}

export async function runWait(visit: Visit<WaitState>): Promise<Outcome> {
  const { runtime, frame } = visit;
  const progress = visit.takeProgress();
  throwRecorded(progress);
  // A Wait counts from its entry, even after a restore. After a redrive it counts from the redrive.
  const until = progress?.waitsUntil ?? (await endOfWait(visit, progress ? frame.enteredAt : runtime.clock.now()));
  if (progress?.waitsUntil === undefined) visit.mark({ mark: "wait", until });
  await visit.sleep(until - runtime.clock.now());
  return visit.leave(visit.state, visit.state.next, visit.input);
}

async function endOfWait(visit: Visit<WaitState>, from: number): Promise<number> {
  const { until } = visit.state;
  if (until.unit === "Seconds") {
    const accepts = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= MAX_WAIT_SECONDS;
    return from + (await visit.evaluateNumber(until.value, "Seconds", accepts)) * 1000;
  }
  const text = (await visit.evaluateTyped(until.value, "string")) as string;
  const time = parseTimestamp(text);
  if (time !== undefined) return time;
  return visit.evaluationFailed(
    "Timestamp",
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
  );
}

export async function runChoice(visit: Visit<ChoiceState>): Promise<Outcome> {
  throwRecorded(visit.takeProgress());
  const { choices, default: fallback } = visit.state;
  const bindings = visit.bindings();
  for (const rule of choices) {
    if (await visit.evaluateTyped(rule.condition, "boolean", bindings))
      return visit.leave(rule, rule.next, visit.input);
  }
  if (fallback === undefined) {
    throw visit.failure(
      "States.NoChoiceMatched",
      "Failed to transition out of the state. The state does not point to a next state.",
    );
  }
  return visit.leave(visit.state, fallback, visit.input);
}
