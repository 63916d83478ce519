import { DATA_LIMIT, isBranchRetried, isRetried } from "./faults";
import type { Level, Node } from "../machine";
import { choose, isWithin, openChoice, type SearchState, stateKey } from "./search-state";
import type { Around, End, SearchContext } from "./context";
import { after } from "./trace";

/** Whether a Retry of a Parallel or a Map may run its branches again. */
export const retriesBranches = ({ raw }: Node): boolean =>
  (raw.Retry ?? []).some((retrier) => retrier["MaxAttempts"] !== 0);

/** Whether it does after all have ended: their outputs are too large together, or an expression raises an error. */
const retriesSettled = ({ raw, raises }: Node): boolean =>
  isRetried(raw, DATA_LIMIT, true) || (raises && isRetried(raw, "States.QueryEvaluationError"));

/**
 * All ends of a branch that a Retry may run again. Each round starts with the effects that the round before has left. The
 * same calls with the same identities have the same effects. The search stops after a round that leaves nothing new.
 */
export function roundsOf(
  search: SearchContext,
  node: Node,
  [around, start]: readonly [Around, SearchState],
): readonly End[] {
  const { name } = node;
  const found: End[] = [];
  const seen = new Set<number>();
  const open = [start];
  for (let from = open.shift(); from; from = open.shift()) {
    const key = stateKey(from);
    if (seen.has(key)) continue;
    seen.add(key);
    const ends = search.explore(from === start ? around : { ...around, again: true }, from);
    found.push(...ends);
    for (const end of ends) {
      if (end.kind === "end" ? !retriesSettled(node) : end.stuck || !isBranchRetried(node, end.error)) continue;
      const { outstanding, lost, lengths, trace } = end.point;
      const next = {
        ...start,
        outstanding,
        lengths: new Map([...start.lengths, ...lengths]),
        lost: new Map([...start.lost, ...lost]),
        trace: after(trace, { text: `${name} is tried again`, state: name, again: true }),
      };
      open.push(...settled(next, around.level));
    }
  }
  return found;
}

/** The search states that a round may have left, one for each path through it. Another round may take another path. */
function settled(state: SearchState, level: Level): readonly SearchState[] {
  const open = openChoice(state, (choice) => isWithin(choice, level));
  return open ? choose(state, open).flatMap((chosen) => settled(chosen, level)) : [state];
}
