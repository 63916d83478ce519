import { choicesIn, idOf, leastOf, needsOne, type OutstandingEffects } from "./effects";
import { choose, type SearchState } from "./search-state";
import type { NeedsChoice } from "./value";

/**
 * Of what a state stands for, some in which it is known what is outstanding: so that whatever may be there is there in one
 * of them, and with as little else as can be. All of them would be too many, and show nothing more.
 */
export function examples(point: SearchState): readonly SearchState[] {
  return covering(point, new Set());
}

/** @param settled Choices that other examples have gone through. */
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

/** With as little outstanding as can be. */
function least(point: SearchState): SearchState {
  const open = nextChoice(point.outstanding, new Set());
  if (!open) return point;
  const [smallest] = choose(point, open).toSorted((one, other) => sizeOf(one) - sizeOf(other));
  return smallest ? least(smallest) : point;
}

/** A choice that what is outstanding depends on, but for some. */
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
