import type { ChoiceState, FailState, PassState, SucceedState, WaitState } from "../definition";
import { StateFailure } from "../errors";
import { parseTimestamp } from "../timestamp";
import type { Outcome, Visit } from "../visit";

const MAX_WAIT_SECONDS = 99_999_999;

export function runPass(visit: Visit<PassState | SucceedState>): Promise<Outcome> {
  return visit.leave(visit.state, visit.state.next, visit.input);
}

export async function runFail(visit: Visit<FailState>): Promise<Outcome> {
  const { error, cause } = visit.state;
  const name = error && (await visit.evaluateTyped(error, "string"));
  const detail = cause && (await visit.evaluateTyped(cause, "string"));
  throw new StateFailure(name as string | undefined, detail as string | undefined);
}

export async function runWait(visit: Visit<WaitState>): Promise<Outcome> {
  const { until } = visit.state;
  if (until.unit === "Seconds") {
    const accepts = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= MAX_WAIT_SECONDS;
    await visit.sleep((await visit.evaluateNumber(until.value, "Seconds", accepts)) * 1000);
  } else {
    const text = (await visit.evaluateTyped(until.value, "string")) as string;
    const time = parseTimestamp(text);
    if (time === undefined) {
      visit.evaluationFailed(
        "Timestamp",
        `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
      );
    }
    await visit.sleep(time - visit.runtime.clock.now());
  }
  return visit.leave(visit.state, visit.state.next, visit.input);
}

export async function runChoice(visit: Visit<ChoiceState>): Promise<Outcome> {
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
