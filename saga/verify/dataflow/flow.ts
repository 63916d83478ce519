import type { RawState, RawStates } from "../../asl/states";
import { after, type Trace } from "../search/trace";
import { askedIn, variableNamed } from "./asked";
import { ANYTHING, forget, keyOf, type Origin, project } from "./data";
import { passInJsonata } from "./jsonata-passage";
import { type Known, pass } from "./passage";
import type { Lost } from "./reader";
import { readFromContext, withoutWritten } from "./unwritten";

/** A state that reads data that is certainly absent on some path, or a Task that receives only an error, or nothing. */
export interface Read {
  readonly state: string;
  readonly lost: Lost | undefined;
  readonly given: Origin | undefined;
  /** The path has a failure, or ends with one. */
  readonly failed: boolean;
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
  readonly failed: boolean;
  readonly trace: Trace;
}

/**
 * Follows the data of an execution along every path. Any path may exist in the input, and in the result of a function. But a
 * path that the machine writes itself is absent before, unless a step on the way to success reads it: the step would always
 * fail. A level within starts with its input. Its output may be anything.
 *
 * @param undos The states that undo, which no execution enters on the way to success
 */
export function flowOf(definition: RawStates, undos: ReadonlySet<string> = new Set()): Flow {
  const had = new Set(readFromContext(definition));
  for (;;) {
    const before = had.size;
    const flow = flowWith(definition, had);
    for (const { state, lost, failed } of flow.reads) {
      if (lost?.by?.field === "unwritten" && !failed && !undos.has(state)) had.add(lost.by.path as string);
    }
    if (had.size === before) return { ...flow, reads: flow.reads.filter((read) => isCertain(read, had)) };
  }
}

function isCertain({ state, lost }: Read, had: ReadonlySet<string>): boolean {
  if (lost?.error) return had.has(lost.by?.path ?? "");
  // A state that updates a path in place expects that the input has it.
  return lost?.by?.field !== "unwritten" || lost.by.writers?.some((writer) => writer !== state) === true;
}

function flowWith(definition: RawStates, had: ReadonlySet<string>): Flow {
  const reads: Read[] = [];
  const begun = new Map<RawStates, Set<string>>();
  let left = MOST;

  function go(
    level: RawStates,
    language: unknown,
    start: Pick<Point, "data" | "variables" | "failed" | "trace">,
  ): void {
    const askedFrom = askedIn(level);
    const seen = begun.get(level) ?? new Set<string>();
    begun.set(level, seen);
    const open: Point[] = [];
    const enter = (to: string | undefined, { data, variables }: Known, { failed, trace }: Omit<Point, "at">): void => {
      if (to === undefined || !Object.hasOwn(level.States, to)) return;
      const names = askedFrom(to);
      const asked = project(data, names);
      const point: Point = {
        at: to,
        data: MOST - left > FINDING ? forget(asked) : asked,
        variables: new Set([...variables].filter((name) => names.has(variableNamed(name))).sort()),
        failed,
        trace,
      };
      const key = `${to} ${String(failed)} ${keyOf(point.data)} ${[...point.variables].join()}`;
      if (seen.has(key)) return;
      seen.add(key);
      open.push(point);
    };
    enter(level.StartAt, { ...start, data: withoutWritten(level, start.data, had) }, start);
    // The loop also visits what it adds to the list, so shorter paths come first.
    for (const point of open) {
      if (left-- <= 0) return;
      const { at, failed, trace } = point;
      const state = level.States[at] as RawState;
      const own = state["QueryLanguage"] ?? language;
      const passage = own === "JSONata" ? passInJsonata(at, state, point) : pass(at, state, point);
      const { lost, given } = passage;
      const fails = failed || state.Type === "Fail";
      for (const one of lost) reads.push({ state: at, lost: one, given: undefined, failed: fails, trace });
      if (given) reads.push({ state: at, lost: undefined, given, failed, trace });
      for (const { level: inner, data, variables } of passage.inside) go(inner, own, { ...point, data, variables });
      for (const { to, event, fails: caught, ...known } of passage.ways) {
        const on = event === undefined ? trace : after(trace, { text: event, state: at, fails: caught });
        enter(to, known, { ...point, failed: failed || caught, trace: on });
      }
    }
  }

  const language = (definition as { readonly QueryLanguage?: unknown }).QueryLanguage ?? "JSONPath";
  go(definition, language, { data: ANYTHING, variables: new Set(), failed: false, trace: undefined });
  return { reads, truncated: left < 0 };
}
