import { choicesIn, idOf, leastOf, needsOne, type OutstandingEffects } from "./effects";
import { choose, type SearchState } from "./search-state";
import type { NeedsChoice } from "./value";

/**
 * Some of the search states that a merged one stands for, with known outstanding effects. Each possible effect is in one of
 * them, with as few others as possible. The full set would be too large, and would show nothing more.
 */
export function examples(point: SearchState): readonly SearchState[] {
  return covering(point, new Set());
}

/** @param settled Choices that other examples cover. */
function covering(point: SearchState, settled: ReadonlySet<string>): readonly SearchState[] {
  const { outstanding } = point;
  const open = nextChoice(outstanding, settled);
  if (!open) return [least(point)];
  const alternatives = choose(point, open).toSorted((one, other) => sizeOf(one) - sizeOf(other));
  const [smallest, ...others] = alternatives;
  if (!smallest) return [];
  const known = new Set([...settled, ...choicesIn(smallest.outstanding)]);
  return [
    ...covering(smallest, settled),
    ...others.flatMap((other) =>
      idOf(other.outstanding) === idOf(smallest.outstanding) ? [] : covering(other, known),
    ),
  ];
}

const sizeOf = ({ outstanding }: SearchState): number => leastOf(outstanding);

/** The search state with the fewest outstanding effects. */
function least(point: SearchState): SearchState {
  const open = nextChoice(point.outstanding, new Set());
  if (!open) return point;
  const [smallest] = choose(point, open).toSorted((one, other) => sizeOf(one) - sizeOf(other));
  return smallest ? least(smallest) : point;
}

/** A choice on which the outstanding effects depend, without those in `but`. */
function nextChoice(outstanding: OutstandingEffects, but: ReadonlySet<string>): NeedsChoice | undefined {
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "effect" || [...choicesIn(at)].every((choice) => but.has(choice))) continue;
    if (top.kind === "either" && !but.has(top.choice)) return needsOne(top);
    const inner = top.kind === "fork" ? top.branches : top.outstanding;
    for (const each of inner) {
      const found = nextChoice(each, but);
      if (found) return found;
    }
  }
  return undefined;
}
