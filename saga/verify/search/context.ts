import type { Surroundings } from "./evaluate";
import type { OutstandingEffects } from "./effects";
import type { Hint } from "./hints";
import type { Level, Node, Transition } from "../machine";
import type { Rule } from "../rules";
import type { SearchState } from "./search-state";
import type { Event, Trace } from "./trace";
import type { Value } from "./value";

/** The surroundings of a level. */
export interface Around {
  readonly level: Level;
  /** `[2]`, in an iteration. */
  readonly suffix: string;
  /** The traces to this level in the levels around it, outermost first. */
  readonly prefix: readonly Trace[];
  /** The Parallel and Map states around this level, outermost first. */
  readonly holders: readonly string[];
  /** Whether the level may run again because it is in a loop. */
  readonly again: boolean;
  /** Whether a Retry around it may run the level again. Its tests then have the same outcomes. */
  readonly remembers?: boolean;
  /** The level was given a fork to undo. The fork keeps its place when it is empty. */
  readonly keepFork: boolean;
  /** The level was given the effects of one item only. */
  readonly ownItem?: boolean;
  /** The outstanding effects around the level. Needed if the level acts after a failure. */
  readonly outer?: OutstandingEffects;
}

/** A call with an identity: its item in a list, if any, and where the search met it. */
export interface Call {
  readonly node: Node;
  readonly around: Around;
  readonly point: SearchState;
  /** The call is undone, so the outstanding effects show what it shares. */
  readonly lasts: boolean;
}

/** An end of a level. */
export type End =
  /** A normal end. The input of its search state is the output of the level. */
  | { readonly kind: "end"; readonly point: SearchState }
  /** An end by an error that nothing in the level catches. `stuck` if an undo failed, as S5 requires. */
  | {
      readonly kind: "stopped";
      readonly stuck: boolean;
      readonly error: string;
      readonly state: string;
      readonly point: SearchState;
    };

/** The successors of a search state: further search states, and ends of the level. */
export type Results = readonly (SearchState | End)[];

/** The search has exceeded its limit of states, time or memory. */
export class SearchLimitError extends Error {
  override readonly name = "SearchLimitError";
}

/** The part of the search that the kinds of states use. */
export interface SearchContext {
  /** The top level of the machine. */
  readonly machine: Level;
  /** Some path completes the saga. */
  completes: boolean;
  /** Ends the search on this path. */
  readonly cut: () => Results;
  /** Notes that a state may break a rule on some path, and why that is not known. */
  readonly doubt: (rule: Rule, why: string, state: string) => void;
  /** Notes the caller of a call. */
  readonly noteCaller: (caller: string, call: Call) => void;
  /** Continues after a violation without reporting what follows from it. */
  readonly leaveUntold: () => void;
  readonly report: (around: Around, point: SearchState, rule: Rule, state: string, message: string, hint: Hint) => void;
  /** Every end of a level. Ends that differ only in data are merged, with an open choice between them. */
  readonly explore: (around: Around, start: SearchState) => readonly End[];
  /** Merges search states that differ only in data, with an open choice between them. */
  readonly merge: (around: Around, place: string, points: readonly SearchState[]) => SearchState;
  /** The values that the expressions of a state can read. */
  readonly surroundings: (point: SearchState, result: Value, item?: Value) => Surroundings;
  /** Takes a transition from a state to another one, or to the end of the level. */
  readonly leave: (
    around: Around,
    point: SearchState,
    transition: Transition,
    node: Node,
    result: Value,
    event?: Event,
  ) => Results;
  /** The part of a search state on which a level depends. */
  readonly given: (level: Level, point: SearchState) => SearchState;
  /** Whether an execution may enter a state again. */
  readonly repeats: (around: Around, state: string) => boolean;
}
