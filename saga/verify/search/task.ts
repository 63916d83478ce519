import type { DeclaredCall } from "../../asl/declaration";
import {
  anyEffect,
  changeEffects,
  type Effect,
  effectsOf,
  firstOpen,
  type OutstandingEffects,
  isSought,
  mayHave,
  onTop,
  push,
  type Sought,
  tellAbove,
} from "./effects";
import { examples } from "./examples";
import { truth } from "./evaluate";
import { left } from "./ends";
import { DATA_LIMIT, type Fault, faultsOf } from "./faults";
import { levelsOf, type Node } from "../machine";
import { type SearchState, withoutIndexes } from "./search-state";
import type { Around, End, Results, SearchContext } from "./context";
import { after } from "./trace";
import { Unknown, UNKNOWN } from "./value";

/** A Task: an action, or the undo of one. */
export function task(search: SearchContext, around: Around, point: SearchState, node: Node): Results {
  const { part } = node;
  if (!part) {
    const message = `the declaration does not say what ${node.name} is`;
    search.report(around, point, "definition", node.name, message, "undeclared");
    return search.cut();
  }
  return part.kind === "undo"
    ? undo(search, around, point, node, part.of)
    : action(search, around, point, node, part.call);
}

/** In whose name a Task calls: the same for an action and its undo (S11). */
function callerOf(search: SearchContext, point: SearchState, { identity }: Node): string | undefined {
  const step = identity?.yields(search.surroundings(point, UNKNOWN));
  return typeof step === "string" ? step : undefined;
}

function action(search: SearchContext, around: Around, point: SearchState, node: Node, call: DeclaredCall): Results {
  const { role, definite } = call;
  const name = callerOf(search, point, node) ?? node.name + around.suffix;
  if (role !== "query" && (point.failed === "here" || point.failed === "branch")) {
    for (const known of examples(point)) goesOn(search, around, known, node);
    // Told once, the search goes on as though nothing had failed.
    const outstanding = changeEffects(point.outstanding, (effect) => ({ ...effect, status: "done" }));
    return action(search, around, { ...point, outstanding, failed: "no", refused: undefined }, node, call);
  }
  misplaced(search, around, point, node, role);
  // What is done after the pivot is never undone.
  const lasts = (role === "compensable" || role === "pivot") && !point.committed;
  const holding = (status: Effect["status"]): OutstandingEffects => {
    if (!lasts) return point.outstanding;
    const sought = { action: node.name, instance: name };
    // A further round in the same name has the same effect: it is where it was.
    if (search.repeats(around, node.name) && mayHave(point.outstanding, (effect) => isSought(effect, sought))) {
      return onTop(point.outstanding, sought, (old) => ({ ...old, status }))?.outstanding ?? point.outstanding;
    }
    return push({ kind: "effect", action: node.name, instance: name, status }, point.outstanding);
  };
  const done: SearchState =
    role === "pivot" ? { ...point, outstanding: null, committed: true } : { ...point, outstanding: holding("done") };
  const results: (SearchState | End)[] = [
    ...search.leave(around, done, node.next, node, new Unknown(name), { text: `${name} is done` }),
  ];
  for (const fault of faultsOf(node, definite ?? [])) {
    const event = { text: `${name} fails: ${described(fault, lasts)}` };
    const failed: SearchState = {
      ...point,
      outstanding: fault.definite ? point.outstanding : holding("doubtful"),
      failed: point.failed === "undoing" ? "undoing" : "here",
      refused: fault.definite ? node.name : undefined,
    };
    if (fault.catcher) {
      results.push(...search.leave(around, failed, fault.catcher.transition, node, UNKNOWN, event));
      continue;
    }
    const stopped = { ...failed, trace: after(point.trace, event) };
    const stuck = point.committed || role === "retriable";
    if (!stuck && around.level.top) {
      for (const known of examples(stopped)) dropped(search, around, known, node, fault.error);
    }
    results.push({ kind: "stopped", stuck, error: fault.error, state: node.name, point: stopped });
  }
  return results;
}

function described({ error, definite, retried }: Fault, lasts: boolean): string {
  const again = retried ? ", at every retry" : "";
  if (definite) return `${error}${again}; nothing has happened`;
  return lasts ? `${error}${again}; it may have taken effect, or may yet` : `${error}${again}`;
}

/** A step on the wrong side of the pivot (S9). */
function misplaced(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name }: Node,
  role: DeclaredCall["role"],
): void {
  if (role === "query") return;
  if (role === "retriable" && !point.committed) {
    const message = `${name} is declared retriable, and runs where no pivot has succeeded: nothing undoes it`;
    search.report(around, point, "S9", name, message, "retriable");
  } else if (role !== "retriable" && point.committed) {
    const message = `${name} is declared ${role}, and runs after the pivot has succeeded: nothing undoes it any more`;
    search.report(around, point, "S9", name, message, "uncompensated");
  }
}

/** A step that starts after another has failed. */
function goesOn(search: SearchContext, around: Around, point: SearchState, { name }: Node): void {
  const effects = effectsOf(point.outstanding);
  const message = `${name} starts though something before it has failed, ${left(point.outstanding)}`;
  if (point.failed === "branch") search.report(around, point, "S10", name, message, "decide");
  else {
    const rule = effects.some(({ status }) => status === "doubtful") ? "S2" : "S1";
    search.report(around, point, rule, name, message, "swallowed");
  }
}

/** A failure that nothing catches stops the machine, with what it had done. */
export function dropped(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name }: Node,
  error: string,
): void {
  const remains = effectsOf(point.outstanding);
  if (error === DATA_LIMIT) {
    if (remains.length === 0) return;
    const message = `nothing catches ${DATA_LIMIT} of ${name}, for States.ALL may not: it stops, ${left(point.outstanding)}`;
    search.report(around, point, "S7", name, message, "dataLimit");
    return;
  }
  const own = remains.some(({ action: of, status }) => of === name && status === "doubtful");
  const rule = own ? "S2" : remains.length > 0 ? "S1" : "S6";
  const message = `nothing catches that ${name} fails: the execution stops there, ${left(point.outstanding)}`;
  search.report(around, point, rule, name, message, "uncaught");
}

function undo(search: SearchContext, around: Around, point: SearchState, node: Node, of: string): Results {
  const name = node.name + around.suffix;
  if (point.committed) {
    const message = `${node.name} runs after the pivot has succeeded`;
    search.report(around, point, "S9", node.name, message, "committed");
    return search.cut();
  }
  const sought = { action: of, instance: callerOf(search, point, node) };
  const change = (next: (old: Effect) => Effect | undefined): OutstandingEffects | undefined =>
    onTop(point.outstanding, sought, next, around.keepFork)?.outstanding;
  const there = onTop(point.outstanding, sought, (old) => old, around.keepFork) !== undefined;
  if (!there) {
    const told = notOnTop(search, around, point, node, sought);
    // Where it goes round, what follows from it would be told each time.
    if (told !== point && search.repeats(around, node.name)) return search.cut();
    if (told !== point) return undo(search, around, told, node, of);
  }
  const undoing: SearchState = { ...point, failed: "undoing", refused: undefined };
  const leaving = (next: (old: Effect) => Effect | undefined): SearchState => ({
    ...undoing,
    outstanding: there ? (change(next) ?? null) : point.outstanding,
  });
  const done = { text: there ? `${name} undoes ${sought.instance ?? of}` : `${name} finds nothing to undo` };
  const results: (SearchState | End)[] = [
    ...search.leave(
      around,
      leaving(() => undefined),
      node.next,
      node,
      UNKNOWN,
      done,
    ),
  ];
  for (const { error, retried, catcher } of faultsOf(node, [])) {
    const event = { text: `${name} fails: ${error}${retried ? ", at every retry" : ""}` };
    const failed = leaving((old) => ({ ...old, status: "undoFailed" }));
    if (catcher) results.push(...search.leave(around, failed, catcher.transition, node, UNKNOWN, event));
    else {
      const stopped = { ...failed, trace: after(point.trace, event) };
      results.push({ kind: "stopped", stuck: true, error, state: node.name, point: stopped });
    }
  }
  return results;
}

/**
 * An undo whose action is not on top of what is outstanding. Unless that is as it should be, it is told, and the search
 * goes on where nothing is the matter with that any more.
 */
function notOnTop(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name }: Node,
  sought: Sought,
): SearchState {
  const { outstanding } = point;
  if (mayHave(outstanding, (effect) => isSought(effect, sought))) {
    const above = firstOpen(outstanding);
    if (above) blocked(search, around, point, name, above);
    const reachable = tellAbove(outstanding, (effect) => isSought(effect, sought));
    if (reachable !== outstanding) return { ...point, outstanding: reachable };
    search.leaveUntold();
    return point;
  }
  if (isLost(search, around, point, sought.action)) return point;
  if (point.astray) {
    search.leaveUntold();
    return point;
  }
  const other = anyEffect(outstanding, ({ action: of, told }) => of === sought.action && !told);
  if (other && sought.instance !== undefined) {
    const message = `${name} undoes in the name of '${sought.instance}' what '${other.instance}' has done`;
    search.report(around, point, "S11", name, message, "identity");
  } else if (point.refused === sought.action) {
    const message = `${name} runs, though ${sought.action} was refused and nothing has happened`;
    search.report(around, point, "S2", name, message, "order");
  } else {
    const message = `${name} runs, though ${sought.action} has not started, or is undone already`;
    search.report(around, point, "S1", name, message, "order");
  }
  const told = (effect: Effect): Effect => (effect.action === sought.action ? { ...effect, told: true } : effect);
  return { ...point, outstanding: changeEffects(outstanding, told), astray: true };
}

/** An undo runs while something that began later is not undone. */
export function blocked(search: SearchContext, around: Around, point: SearchState, state: string, above: Effect): void {
  const { status, instance } = above;
  if (status === "undoFailed") {
    for (const known of examples(point)) {
      const message = `${state} runs though the undo of ${instance} has failed, ${left(known.outstanding)}`;
      search.report(around, known, "S5", state, message, "stuck");
    }
  } else if (status === "doubtful") {
    const message = `${state} runs before the undo of ${instance}, which failed and may have taken effect`;
    search.report(around, point, "S2", state, message, "order");
  } else {
    const message = `${state} runs while ${instance}, which started later, is not undone`;
    search.report(around, point, "S1", state, message, "order");
  }
}

/** Whether what an action did is not known any more, its branch's record having been lost. */
function isLost({ machine }: SearchContext, { holders }: Around, { lost }: SearchState, action: string): boolean {
  if (lost.size === 0) return false;
  const nodes = levelsOf(machine).flatMap(({ nodes: all }) => [...all.values()]);
  return [...lost].some(([name, is]) => {
    const holder = withoutIndexes(name);
    const holds = (): boolean =>
      nodes.some(
        (node) => node.name === holder && node.inner.flatMap(levelsOf).some((level) => level.nodes.has(action)),
      );
    return (holders.includes(holder) || holds()) && truth(is) === true;
  });
}
