import { type Effect, effectsOf, mayHave, type OutstandingEffects } from "./effects";
import { sourceOf } from "../expression";
import { COMPENSATED } from "../../asl/outcome";
import { COMPUTED } from "./faults";
import { type Hint, HINTS, namesIn, undoFirst, undoFrom } from "./hints";
import { tells } from "./cause";
import { levelsOf, type Node } from "../machine";
import type { RawState } from "../../asl/states";
import type { SearchState } from "./search-state";
import type { Around, Results, SearchContext } from "./context";
import { examples } from "./examples";
import { after } from "./trace";
import { needs, OneOf, UNKNOWN } from "./value";

/** A Fail state: the end of a compensated execution, and of no other (S6). */
export function failState(search: SearchContext, around: Around, point: SearchState, node: Node): Results {
  const { name, raw } = node;
  const stated = node.error?.yields(search.surroundings(point, UNKNOWN));
  if (stated instanceof OneOf) throw needs(stated);
  const error = typeof stated === "string" ? stated : computed(raw);
  const ended = { ...point, trace: after(point.trace, { text: `${name} ends FAILED with ${error}`, state: name }) };
  if (!around.level.top) return [{ kind: "stopped", stuck: false, error, state: name, point: ended }];
  const telling = tells(raw, search.surroundings(point, UNKNOWN));
  for (const known of examples(ended)) failedEnd(search, around, known, node, error);
  if (!point.committed && error === COMPENSATED) untold(search, around, ended, node, telling);
  return [];
}

function failedEnd(search: SearchContext, around: Around, point: SearchState, { name }: Node, error: string): void {
  if (point.committed) {
    const message = `${name} ends a saga whose pivot has succeeded: a redrive would enter it again, and fail again`;
    search.report(around, point, "S5", name, message, HINTS.committed(name));
    return;
  }
  if (effectsOf(point.outstanding).length > 0) unfinished(search, around, point, name);
  if (error !== COMPENSATED) {
    const message = `a compensated execution fails with ${error} and not with ${COMPENSATED}, so it looks stuck`;
    search.report(around, point, "S6", name, message, HINTS.fails(name));
  }
}

/** Reports a Cause of a compensated execution that on some path does not have the failure. */
function untold(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name, raw }: Node,
  telling: boolean | undefined,
): void {
  if (telling === undefined) search.doubt("S6", "the Cause of these is unknown", name);
  if (telling !== false) return;
  const never = tells(raw) === false;
  const message = `the Cause of a compensated execution does not say which step failed, and how${never ? "" : ": what it reads is no failure on this path"}`;
  search.report(around, point, "S6", name, message, never ? HINTS.cause(name) : HINTS.causeHere(name));
}

/** The words for the Error of a Fail that is not a constant. */
function computed({ Error: error, ErrorPath: path }: RawState): string {
  if (error === undefined && path === undefined) return "no error";
  return typeof error === "string" && sourceOf(error) === undefined ? error : COMPUTED;
}

/** The execution succeeds. It must be completed. */
export function finish(search: SearchContext, around: Around, point: SearchState, state: string): void {
  if (point.failed === "no") {
    search.completes = true;
    stillHeld(search, around, point, state);
    return;
  }
  const ended = { ...point, trace: after(point.trace, { text: "the execution ends SUCCEEDED" }) };
  for (const known of examples(ended)) succeededEnd(search, around, known, state);
}

function succeededEnd(search: SearchContext, around: Around, point: SearchState, state: string): void {
  const behind = effectsOf(point.outstanding).length > 0;
  if (behind) unfinished(search, around, point, state);
  if (point.committed) {
    const message = "a step after the pivot has failed, but the execution succeeds";
    search.report(around, point, "S5", state, message, HINTS.committed(state));
  } else if (!behind || point.failed === "undoing") {
    const message = "a compensated execution ends SUCCEEDED, like a completed one";
    search.report(around, point, "S6", state, message, HINTS.compensated(state, namesIn(search.machine).compensated));
  }
}

/** Reports the effects that an ended execution has left. */
function unfinished(search: SearchContext, around: Around, point: SearchState, state: string): void {
  const remains = effectsOf(point.outstanding);
  const message = `${state} ends the execution, ${left(point.outstanding)}`;
  const { undoOf } = namesIn(search.machine);
  const place = { level: around.level, trace: point.trace };
  const of = (test: (effect: (typeof remains)[number]) => boolean) => remains.find(test);
  const stuck = of(({ status }) => status === "undoFailed");
  const own = of(({ status, forked }) => status === "doubtful" && !forked);
  if (stuck) {
    const to = undoOf.get(stuck.action) ?? `the undo of ${stuck.action}`;
    search.report(around, point, "S5", state, message, HINTS.stuck(to));
  } else if (own) search.report(around, point, "S2", state, message, undoFirst(search.machine, place, state, own));
  else if (of(({ forked }) => forked)) search.report(around, point, "S10", state, message, decideOn(search, remains));
  else {
    const first = remains[0] as Effect;
    search.report(around, point, "S1", state, message, undoFirst(search.machine, place, state, first));
  }
}

/** The hint for effects of branches of which some have failed: one Choice decides what follows. */
export function decideOn({ machine }: SearchContext, effects: readonly Effect[]): Hint {
  const undos = effects.flatMap(({ action }) => undoFrom(machine, machine, action) ?? []);
  const within = ({ inner }: Node): boolean =>
    inner.flatMap(levelsOf).some(({ nodes }) => effects.some(({ action }) => nodes.has(action)));
  const holder = [...machine.nodes.values()].find(within);
  const after = machine.nodes.get(holder?.next.to ?? "");
  const choice = after?.raw.Type === "Choice" ? after.name : undefined;
  return HINTS.decide(holder?.name ?? "the state with the branches", [...new Set(undos)], choice);
}

/** Reports calls that must be released before the execution completes. */
function stillHeld(search: SearchContext, around: Around, point: SearchState, state: string): void {
  const { held } = namesIn(search.machine);
  if (held.size === 0 || !mayHave(point.outstanding, ({ action }) => held.has(action))) return;
  for (const known of examples(point)) heldAtEnd(search, around, known, state);
}

function heldAtEnd(search: SearchContext, around: Around, point: SearchState, state: string): void {
  const { held } = namesIn(search.machine);
  const kept = effectsOf(point.outstanding).find(({ action }) => held.has(action));
  if (!kept) return;
  const ended = { ...point, trace: after(point.trace, { text: "the execution ends SUCCEEDED" }) };
  const message = `${state} completes the execution, but ${kept.instance} is not released`;
  search.report(around, ended, "S6", state, message, HINTS.held(kept.action, held.get(kept.action) as string));
}

/** The effects that an execution leaves behind, as part of a sentence. */
export function left(outstanding: OutstandingEffects): string {
  const effects = effectsOf(outstanding);
  return effects.length === 0 ? "with nothing left behind" : `and leaves behind ${listed(effects)}`;
}

/** A list of effects in words, by their status. */
export function listed(effects: readonly Effect[]): string {
  const say = (status: Effect["status"], what: string): readonly string[] => {
    const names = effects.flatMap((effect) => (effect.status === status ? [effect.instance] : []));
    return names.length === 0 ? [] : [`${names.join(", ")} (${what})`];
  };
  const parts = [
    ...say("done", "done"),
    ...say("doubtful", "perhaps done"),
    ...say("undoFailed", "not undone, for its undo failed"),
  ];
  return parts.join("; ");
}
