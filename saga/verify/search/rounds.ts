import { DATA_LIMIT, isRetried } from "./faults";
import type { Level, Node } from "../machine";
import { choose, isWithin, openChoice, type SearchState, stateKey } from "./search-state";
import type { Around, End, SearchContext } from "./context";
import { after } from "./trace";

/** Which ends of its branches may be followed by another round of all of them. */
export interface Again {
  /** All have settled, and what they put out is too large together, or an expression raises an error. */
  readonly settled: boolean;
  /** One has failed. */
  readonly stopped: boolean;
}

/** Whether a Parallel or a Map is tried again as a whole; undefined where it never is. */
export function retriesBranches({ raw, raises }: Node): Again | undefined {
  if (!raw.Retry) return undefined;
  const settled = isRetried(raw, DATA_LIMIT, true) || (raises && isRetried(raw, "States.QueryEvaluationError"));
  const stopped = isRetried(raw);
  return settled || stopped ? { settled, stopped } : undefined;
}

/**
 * All ends of a branch that may be run again with the others, by a Retry around them: each round begins with what the one
 * before has left, and the same calls, in the same names, have the same effects. A round that leaves nothing new is the
 * last that has to be looked at.
 */
export function roundsOf(
  search: SearchContext,
  { name }: Node,
  [around, start]: readonly [Around, SearchState],
  again: Again,
): readonly End[] {
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
      if (end.kind === "end" ? !again.settled : end.stuck || !again.stopped) continue;
      const { outstanding, lost, lengths, trace } = end.point;
      const next = {
        ...start,
        outstanding,
        lengths: new Map([...start.lengths, ...lengths]),
        lost: new Map([...start.lost, ...lost]),
        trace: after(trace, { text: `${name} is tried again`, state: name }),
      };
      open.push(...settled(next, around.level));
    }
  }
  return found;
}

/** What a round has left, for each way in which it may have gone: another round may go another way. */
function settled(state: SearchState, level: Level): readonly SearchState[] {
  const open = openChoice(state, (choice) => isWithin(choice, level));
  return open ? choose(state, open).flatMap((chosen) => settled(chosen, level)) : [state];
}
