import type { Surroundings } from "./evaluate";
import type { OutstandingEffects } from "./effects";
import type { Hint } from "./hints";
import type { Level, Node, Transition } from "../machine";
import type { Rule } from "../rules";
import type { SearchState } from "./search-state";
import type { Event, Trace } from "./trace";
import type { Value } from "./value";

/** What is around a level. */
export interface Around {
  readonly level: Level;
  /** `[2]`, in an iteration. */
  readonly suffix: string;
  readonly prefix: Trace;
  /** The holders of this level, outermost first. */
  readonly holders: readonly string[];
  /** The level was given a fork to undo: it leaves it in its place when nothing in it is left. */
  readonly keepFork: boolean;
  /** It was given what one item has done, and nothing of the others. */
  readonly ownItem?: boolean;
  /** What is outstanding around a level that acts though something has failed. */
  readonly outer?: OutstandingEffects;
}

/** How a level ends. */
export type End =
  | { readonly kind: "end"; readonly output: Value; readonly point: SearchState }
  /** By an error that nothing in it catches; stuck, where that is as it should be. */
  | {
      readonly kind: "stopped";
      readonly stuck: boolean;
      readonly error: string;
      readonly state: string;
      readonly point: SearchState;
    };

export type Results = readonly (SearchState | End)[];

/** The search has met more states than it was allowed. */
export class SearchLimitError extends Error {
  override readonly name = "SearchLimitError";
}

/** What a state of each kind asks of the search that it is part of. */
export interface SearchContext {
  /** The top level of the machine that is searched. */
  readonly machine: Level;
  /** Some path completes the saga. */
  completes: boolean;
  /** Searches no further on this path. */
  readonly cut: () => Results;
  readonly report: (around: Around, point: SearchState, rule: Rule, state: string, message: string, hint: Hint) => void;
  /** Every end of a level. */
  readonly explore: (around: Around, start: SearchState) => readonly End[];
  /** Applies a function to a point; to each of its alternatives, where the function depends on how a branch has ended. */
  readonly each: (point: SearchState, apply: (point: SearchState) => void) => void;
  /** A name for a choice: the same for the same alternatives, and for no others. */
  readonly choiceName: (place: string, alternatives: string) => string;
  /** The values that the expressions of a state can read. */
  readonly surroundings: (point: SearchState, result: Value, item?: Value) => Surroundings;
  /** Takes a transition out of a state, to another one or to the end of the level. */
  readonly leave: (
    around: Around,
    point: SearchState,
    transition: Transition,
    node: Node,
    result: Value,
    event?: Event,
  ) => Results;
  /** What a level reads of the variables around it. */
  readonly given: (level: Level, point: SearchState) => SearchState["variables"];
  /** Whether something in a level depends on what it is given. */
  readonly readsInput: (level: Level) => boolean;
  /** Whether an action may run again in the same level. */
  readonly repeats: (level: Level, state: string) => boolean;
}
