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
  /** How the levels around it were entered, outermost first. */
  readonly prefix: readonly Trace[];
  /** The holders of this level, outermost first. */
  readonly holders: readonly string[];
  /** Whether the level may be gone through again, since one around it goes round. */
  readonly again: boolean;
  /** Whether the level is tried again as a whole, by a Retry around it: its tests then turn out as they did. */
  readonly remembers?: boolean;
  /** The level was given a fork to undo: it leaves it in its place when nothing in it is left. */
  readonly keepFork: boolean;
  /** It was given what one item has done, and nothing of the others. */
  readonly ownItem?: boolean;
  /** What is outstanding around a level that acts though something has failed. */
  readonly outer?: OutstandingEffects;
}

/** A call in a name: in which item of a list, if any, and where it was met. */
export interface Call {
  readonly node: Node;
  readonly around: Around;
  readonly point: SearchState;
  /** It is undone: what it shares is found where that is outstanding. */
  readonly lasts: boolean;
}

/** How a level ends. */
export type End =
  /** The input of its state is what the level puts out. */
  | { readonly kind: "end"; readonly point: SearchState }
  /** By an error that nothing in it catches; stuck, where that is as it should be. */
  | {
      readonly kind: "stopped";
      readonly stuck: boolean;
      readonly error: string;
      readonly state: string;
      readonly point: SearchState;
    };

/** What comes of a search state: those that follow it, and ends of the level. */
export type Results = readonly (SearchState | End)[];

/** The search has met more states than it was allowed, or taken longer, or more memory. */
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
  /** A rule of which it does not show on some path whether a state keeps it, and why. */
  readonly doubt: (rule: Rule, why: string, state: string) => void;
  /** Notes in which name a call was met. */
  readonly noteCaller: (caller: string, call: Call) => void;
  /** Goes on, though what follows from a violation is not told any more. */
  readonly leaveUntold: () => void;
  readonly report: (around: Around, point: SearchState, rule: Rule, state: string, message: string, hint: Hint) => void;
  /** Every end of a level: those that differ in data alone as one, in which it is open which it is. */
  readonly explore: (around: Around, start: SearchState) => readonly End[];
  /** States that differ in data alone, as one in which it is open which it is. */
  readonly merge: (around: Around, place: string, points: readonly SearchState[]) => SearchState;
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
  /** A search state as far as a level depends on it. */
  readonly given: (level: Level, point: SearchState) => SearchState;
  /** Whether a state may be entered again. */
  readonly repeats: (around: Around, state: string) => boolean;
}
