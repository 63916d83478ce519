import { type Rule, RULES, type Violation } from "./rules";

const rules = Object.keys(RULES) as Rule[];
/** First what Step Functions refuses and what leaves an effect behind. The other rules follow. */
const FIRST: readonly Rule[] = ["definition", "S1", "S2", "S5", "S6"];
const rank = ({ rule }: Violation): number => [...FIRST, ...rules].indexOf(rule);

/** The error that a state may raise, by the kind of violation that says so. */
const RAISED: ReadonlyMap<string, string> = new Map([
  ["partial-expression", "States.QueryEvaluationError"],
  ["unassigned-variable", "States.QueryEvaluationError"],
  ["undefined-variable", "States.QueryEvaluationError"],
  ["data-limit", "States.DataLimitExceeded"],
  ["default", "States.NoChoiceMatched"],
]);

/** The violations by their rules. But a violation that causes another one stands before it, so that it is mended first. */
export function inOrder(violations: readonly Violation[]): readonly Violation[] {
  const sorted = [...violations].sort((one, other) => rank(one) - rank(other));
  const named = new Set(sorted.flatMap(({ rule, state }) => (rule === "S11" ? [state] : [])));
  const causes = sorted.filter(
    ({ kind, rule, state }) => RAISED.has(kind) || (rule === "assignment" && named.has(state)),
  );
  const ordered = new Set<Violation>();
  for (const violation of sorted) {
    for (const cause of causes) if (isCause(cause, violation)) ordered.add(cause);
    ordered.add(violation);
  }
  return [...ordered];
}

/**
 * Whether a violation follows from another one: on its path a state raises the error of which the other one tells, or calls
 * with an identity that is made of the data that the other one misses.
 */
function isCause(cause: Violation, { rule, kind, state, path }: Violation): boolean {
  if (rule === cause.rule) return false;
  const error = RAISED.get(cause.kind);
  if (error !== undefined) {
    // The Catch that is missing mends both.
    if (kind === "uncaught" && state === cause.state) return false;
    return path.some((event) => event.fails && event.state === cause.state && event.text.includes(error));
  }
  return state === cause.state || path.some((event) => event.state === cause.state && event.effects.length > 0);
}
