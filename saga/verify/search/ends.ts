import { type Effect, effectsOf, type OutstandingEffects } from "./effects";
import { sourceOf } from "../expression";
import type { Node } from "../machine";
import type { SearchState } from "./search-state";
import type { Around, Results, SearchContext } from "./context";
import { examples } from "./examples";
import { after } from "./trace";
import { UNKNOWN } from "./value";

/** A Fail state: the end of a compensated execution, and of no other (S6). */
export function failState(search: SearchContext, around: Around, point: SearchState, node: Node): Results {
  const { name, raw } = node;
  const stated = node.error?.yields(search.surroundings(point, UNKNOWN));
  const error = typeof stated === "string" ? stated : String(raw["Error"] ?? raw["ErrorPath"]);
  const ended = { ...point, trace: after(point.trace, { text: `${name} ends FAILED with ${error}` }) };
  if (!around.level.top) return [{ kind: "stopped", stuck: false, error, state: name, point: ended }];
  for (const known of examples(ended)) failedEnd(search, around, known, node, error);
  return [];
}

function failedEnd(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name, raw }: Node,
  error: string,
): void {
  if (point.committed) {
    const message = `${name} ends a saga whose pivot has succeeded: a redrive would enter it again, and fail again`;
    search.report(around, point, "S5", name, message, "stuck");
    return;
  }
  if (effectsOf(point.outstanding).length > 0) unfinished(search, around, point, name);
  if (error !== "SagaCompensated") {
    const message = `a compensated execution fails with ${error}, as a stuck one may`;
    search.report(around, point, "S6", name, message, "compensated");
  } else if (raw["CausePath"] === undefined && !tells(raw["Cause"])) {
    const message = "a compensated execution does not tell which step failed, and how";
    search.report(around, point, "S6", name, message, "cause");
  }
}

/** Whether a Cause may tell what S6 wants; what an expression yields is not known. */
function tells(cause: unknown): boolean {
  if (typeof cause !== "string") return false;
  if (sourceOf(cause) !== undefined) return true;
  try {
    const told = JSON.parse(cause) as object;
    return ["saga", "step", "error", "cause"].every((field) => field in told);
  } catch {
    return false;
  }
}

/** The execution succeeds: it must be a completed one. */
export function finish(search: SearchContext, around: Around, point: SearchState, state: string): void {
  if (point.failed === "no") {
    search.completes = true;
    return;
  }
  const ended = { ...point, trace: after(point.trace, { text: "the execution ends SUCCEEDED" }) };
  for (const known of examples(ended)) succeededEnd(search, around, known, state);
}

function succeededEnd(search: SearchContext, around: Around, point: SearchState, state: string): void {
  const behind = effectsOf(point.outstanding).length > 0;
  if (behind) unfinished(search, around, point, state);
  if (point.committed) {
    const message = "a step after the pivot has failed, and the execution succeeds";
    search.report(around, point, "S5", state, message, "stuck");
  } else if (!behind || point.failed === "undoing") {
    const message = "an execution whose steps are undone ends SUCCEEDED: nobody can tell it from a completed one";
    search.report(around, point, "S6", state, message, "compensated");
  }
}

/** An execution has ended, and something is left. */
function unfinished(search: SearchContext, around: Around, point: SearchState, state: string): void {
  const remains = effectsOf(point.outstanding);
  const message = `${state} ends the execution, ${left(point.outstanding)}`;
  const any = (test: (effect: (typeof remains)[number]) => boolean): boolean => remains.some(test);
  if (any(({ status }) => status === "undoFailed")) search.report(around, point, "S5", state, message, "stuck");
  else if (any(({ status, forked }) => status === "doubtful" && !forked)) {
    search.report(around, point, "S2", state, message, "own");
  } else if (any(({ forked }) => forked)) search.report(around, point, "S10", state, message, "decide");
  else search.report(around, point, "S1", state, message, "chain");
}

/** What an execution leaves behind, as part of a sentence. */
export function left(outstanding: OutstandingEffects): string {
  const effects = effectsOf(outstanding);
  if (effects.length === 0) return "with nothing left behind";
  const say = (status: Effect["status"], what: string): readonly string[] => {
    const names = effects.flatMap((effect) => (effect.status === status ? [effect.instance] : []));
    return names.length === 0 ? [] : [`${names.join(", ")} (${what})`];
  };
  const parts = [
    ...say("done", "done"),
    ...say("doubtful", "perhaps done"),
    ...say("undoFailed", "not undone, for its undo failed"),
  ];
  return `and leaves behind ${parts.join("; ")}`;
}
