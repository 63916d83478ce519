import type { RawState, RawStates } from "../../asl/states";
import { after, type Trace } from "../search/trace";
import { askedIn, variableNamed } from "./asked";
import { ANYTHING, forget, keyOf, type Origin, project } from "./data";
import { type Known, pass, passInJsonata } from "./passage";
import type { Lost } from "./reader";

/** A state that reads data that is certainly absent on some path, or a Task whose input is only an error. */
export interface Read {
  readonly state: string;
  readonly lost: Lost | undefined;
  readonly given: Origin | undefined;
  readonly trace: Trace;
}

export interface Flow {
  /** The reads of each path, those of the shortest paths first. */
  readonly reads: readonly Read[];
  /** Whether the analysis stopped at its limit. */
  readonly truncated: boolean;
}

/** The limit of points. Only a machine that combines data in very many ways exceeds it. */
const MOST = 50_000;
/** After so many points the findings of Choices are forgotten: forty Choices in a row have two to the fortieth of them. */
const FINDING = 5_000;

interface Point extends Known {
  readonly at: string;
  readonly trace: Trace;
}

/**
 * Follows the data of an execution in JSONPath mode along every path. Any path may exist in the input, and in the result of a
 * function. A level within starts with its input. Its output may be anything.
 */
export function flowOf(definition: RawStates): Flow {
  const reads: Read[] = [];
  const begun = new Map<RawStates, Set<string>>();
  let left = MOST;

  function go(level: RawStates, language: unknown, start: Known, trace: Trace): void {
    const askedFrom = askedIn(level);
    const seen = begun.get(level) ?? new Set<string>();
    begun.set(level, seen);
    const open: Point[] = [];
    const enter = (to: string | undefined, { data, variables }: Known, before: Trace): void => {
      if (to === undefined || !Object.hasOwn(level.States, to)) return;
      const names = askedFrom(to);
      const asked = project(data, names);
      const point: Point = {
        at: to,
        data: MOST - left > FINDING ? forget(asked) : asked,
        variables: new Set([...variables].filter((name) => names.has(variableNamed(name))).sort()),
        trace: before,
      };
      const key = `${to} ${keyOf(point.data)} ${[...point.variables].join()}`;
      if (seen.has(key)) return;
      seen.add(key);
      open.push(point);
    };
    enter(level.StartAt, start, trace);
    // The loop also visits what it adds to the list, so shorter paths come first.
    for (const point of open) {
      if (left-- <= 0) return;
      const state = level.States[point.at] as RawState;
      const own = state["QueryLanguage"] ?? language;
      const passage = own === "JSONata" ? passInJsonata(state, point) : pass(point.at, state, point);
      const { lost, given } = passage;
      for (const one of lost) reads.push({ state: point.at, lost: one, given: undefined, trace: point.trace });
      if (given) reads.push({ state: point.at, lost: undefined, given, trace: point.trace });
      for (const { level: inner, data, variables } of passage.inside) go(inner, own, { data, variables }, point.trace);
      for (const { to, event, ...known } of passage.ways) {
        enter(
          to,
          known,
          event === undefined
            ? point.trace
            : after(point.trace, { text: event, state: point.at, fails: event.startsWith(`${point.at} fails`) }),
        );
      }
    }
  }

  const language = languageOf(definition);
  // A machine in JSONata mode has no state in JSONPath mode.
  if (language === "JSONata") return { reads, truncated: false };
  go(definition, language, { data: ANYTHING, variables: new Set() }, undefined);
  return { reads, truncated: left < 0 };
}

const languageOf = (definition: object): unknown =>
  (definition as { readonly QueryLanguage?: unknown }).QueryLanguage ?? "JSONPath";
