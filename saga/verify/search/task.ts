import type { DeclaredCall } from "../../asl/declaration";
import {
  anyEffect,
  changeEffects,
  type Effect,
  effectsOf,
  firstOpen,
  isSought,
  mayHave,
  onTop,
  type OutstandingEffects,
  push,
  type Sought,
  tellAbove,
} from "./effects";
import { truth } from "./evaluate";
import { examples } from "./examples";
import { decideOn, left, listed } from "./ends";
import { DATA_LIMIT, type Fault, faultsOf } from "./faults";
import { type Hint, HINTS, namesIn, stateIn, undoFirst, undoFrom } from "./hints";
import {
  calledSo,
  callerOf,
  findEither,
  leftOf,
  namesSought,
  nodesOf,
  sameExecution,
  saysNames,
  unknownCaller,
} from "./identity";
import { type Level, levelsOf, type Node, OF_ANOTHER, type UndoPart } from "../machine";
import type { EffectChange, Rule } from "../rules";
import { type SearchState, withoutIndexes } from "./search-state";
import { above, changeAll, has } from "./shared";
import type { Around, End, Results, SearchContext } from "./context";
import { after, type Event } from "./trace";
import { answerOf, Unknown, UNKNOWN } from "./value";
import { makesSameCall } from "../undeclared";

/** Steps through a Task: an action, a query, an undo, or a release. */
export function task(search: SearchContext, around: Around, point: SearchState, node: Node): Results {
  const { part } = node;
  if (!part) {
    undeclared(search, around, point, node);
    return search.cut();
  }
  if (part.kind === "action") return action(search, around, point, node, part.call);
  // On the way to success, nothing is undone. A release gives back what a call has taken, such as a lock.
  return part.releases.length > 0 && point.failed === "no"
    ? release(search, around, point, node, part)
    : undo(search, around, point, node, part);
}

/**
 * Reports a Task without a declaration. If it makes the same call as a declared undo, it is a second undo, which no
 * declaration can name, or on the way to success a release.
 */
function undeclared(search: SearchContext, around: Around, point: SearchState, { name, raw }: Node): void {
  const undo = [...nodesOf(search.machine).values()].find(
    ({ part, raw: other }) => part?.kind === "undo" && part.of.length > 0 && makesSameCall(raw, other),
  );
  const report = (message: string, hint: Hint): void => {
    tell(search, around, point, "definition", name, `${name} is not declared${message}`, hint);
  };
  if (undo?.part?.kind !== "undo") {
    report("", HINTS.undeclared(name));
    return;
  }
  const of = undo.part.of.join(" and ");
  const same = `, and makes the same call as ${undo.name}, the undo of ${of}`;
  if (point.failed === "no") report(`${same}, on the way to success`, HINTS.release(name, of));
  else {
    const places = { undo: undo.name, action: of, isBeside: around.level.nodes.has(undo.name) };
    report(`${same}: one state undoes a call`, HINTS.secondUndo(name, places));
  }
}

function action(
  search: SearchContext,
  around: Around,
  started: SearchState,
  node: Node,
  declared: DeclaredCall,
): Results {
  const { role, definite, confirms } = declared;
  const query = role === "query";
  if (!query) unknownCaller(search, around, started, node);
  const name = callerOf(search, started, node) ?? node.name + around.suffix;
  const point = query ? started : again(started, node, name);
  if (!query && point.failed !== "no") {
    const whole = { ...point, outstanding: point.outstanding ?? around.outer ?? null };
    for (const known of examples(whole)) goesOn(search, around, known, node);
    if (point.failed === "undoing") return search.cut();
    // The violation is reported once. The search goes on as if nothing had failed.
    const outstanding = changeEffects(point.outstanding, (effect) => ({ ...effect, status: "done" }));
    return action(search, around, { ...point, outstanding, failed: "no", refused: undefined }, node, declared);
  }
  misplaced(search, around, point, node, role);
  // An action after the pivot is never undone.
  const undone = (role === "compensable" || role === "pivot") && !point.committed;
  // The confirmed effect is outstanding. Its undo takes this one back too.
  const confirmed = undone && confirms !== undefined && has(point.outstanding, ({ action: of }) => of === confirms);
  const lasts = undone && !confirmed;
  const caller = callerOf(search, started, node);
  if (caller !== undefined) search.noteCaller(caller, { node, around, point, lasts });
  if (query && node.identity) doubtCaller(search, node, caller);
  if (lasts && saysNames(search.machine)) sharedName(search, around, point, node, name);
  const sought: Sought = { actions: new Set([node.name]), instances: new Set([name]) };
  // A further round with the same identity has the same effect, at the same place in the stack.
  const further = lasts && has(point.outstanding, (effect) => isSought(effect, sought));
  const holding = (status: Effect["status"]): OutstandingEffects => {
    if (!lasts) return point.outstanding;
    if (further) {
      return onTop(point.outstanding, sought, (old) => ({ ...old, status }))?.outstanding ?? point.outstanding;
    }
    return push({ kind: "effect", action: node.name, instance: name, status }, point.outstanding);
  };
  const done: SearchState =
    role === "pivot"
      ? { ...point, outstanding: heldIn(search, point.outstanding), committed: true }
      : { ...point, outstanding: holding("done") };
  const results: (SearchState | End)[] = [
    ...search.leave(around, done, node.next, node, new Unknown(name), {
      text: `${name} is done`,
      state: node.name,
      effects: lasts ? [{ instance: name, becomes: "done" }] : [],
    }),
  ];
  // A call that is made again, after it was done, gets the same answer: nothing refuses it.
  const answered = further && has(point.outstanding, (effect) => isSought(effect, sought) && effect.status === "done");
  for (const fault of faultsOf(node, definite ?? []).filter((each) => !(each.definite && answered))) {
    const becomes = fault.definite ? "gone" : "doubtful";
    const event: Event = {
      text: `${name} fails: ${described(fault, undone)}`,
      state: node.name,
      fails: true,
      effects: lasts ? [{ instance: name, becomes }] : [],
    };
    const failed: SearchState = {
      ...point,
      outstanding: fault.definite ? refusedAgain(started, sought) : holding("doubtful"),
      // A failed query has changed nothing, so the saga may complete in another way.
      failed: query || point.failed === "undoing" ? point.failed : "here",
      refused: fault.definite || !(lasts || query) ? node.name : undefined,
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

/**
 * The search state if a Catch has led back to an action. The action is retried with the same identity, so its effect is no
 * longer in doubt. Applies only if nothing else has failed before.
 */
function again(point: SearchState, { name }: Node, instance: string): SearchState {
  if (point.failed !== "here") return point;
  const top = point.outstanding?.top;
  const own = top?.kind === "effect" && top.action === name && top.instance === instance && top.status === "doubtful";
  return own || point.refused === name ? { ...point, failed: "no", refused: undefined } : point;
}

/** A query has no effect, so a wrong identity does no harm. But then S11 is not proved. */
function doubtCaller(search: SearchContext, { name, identity }: Node, caller: string | undefined): void {
  const { part, calls = false } = identity?.changing ?? {};
  if (caller === undefined) {
    const why = calls ? `the identity of these calls changes with ${part}` : "the identity of these calls is not known";
    search.doubt("S11", why, name);
  } else if (caller.includes(OF_ANOTHER))
    search.doubt("S11", "these calls may have the identity of another execution", name);
}

/** The outstanding effects after a refusal. The declaration says that a refusal is definite, on any attempt. */
function refusedAgain({ outstanding }: SearchState, sought: Sought): OutstandingEffects {
  const top = outstanding?.top;
  const own = top?.kind === "effect" && isSought(top, sought) && top.status === "doubtful";
  return own ? (outstanding as NonNullable<OutstandingEffects>).rest : outstanding;
}

/** The effects that remain after the pivot: calls to be released on the way to success. */
function heldIn({ machine }: SearchContext, outstanding: OutstandingEffects): OutstandingEffects {
  const { held } = namesIn(machine);
  if (!mayHave(outstanding, ({ action: of }) => held.has(of))) return null;
  return changeAll(
    outstanding,
    ({ action: of }) => !held.has(of),
    () => undefined,
  );
}

/** Reports two actions with one identity. The function takes the second call for a repetition of the first. */
function sharedName(search: SearchContext, around: Around, point: SearchState, { name }: Node, caller: string): void {
  const other = calledSo(point.outstanding, caller, name);
  if (!other) return;
  const message = `${name} calls with the identity '${caller}', which ${other.action} has used`;
  tell(search, around, point, "S11", name, message, HINTS.ownIdentity(name));
}

function described({ error, definite, retried }: Fault, lasts: boolean): string {
  const tries = retried ? ", at every retry" : "";
  if (definite) return `${error}${tries}; nothing has happened`;
  return lasts ? `${error}${tries}; it may have taken effect, or may yet` : `${error}${tries}`;
}

/** Reports a step on the wrong side of the pivot (S9). */
function misplaced(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name }: Node,
  role: DeclaredCall["role"],
): void {
  if (role === "query") return;
  if (role === "retriable" && !point.committed) {
    const message = `${name} is declared retriable, but runs before the pivot has succeeded: nothing undoes it`;
    tell(search, around, point, "S9", name, message, HINTS.retriable(name));
  } else if (role !== "retriable" && point.committed) {
    const message = `${name} is declared ${role}, but runs after the pivot has succeeded: nothing undoes it there`;
    tell(search, around, point, "S9", name, message, HINTS.uncompensated(name));
  } else if (role === "pivot" && !around.level.top) {
    // Whether it has succeeded is not known after the branches have joined.
    const message = `${name} is declared the pivot, but runs in a branch or for each item: the calls beside it may fail and be undone after it`;
    tell(search, around, point, "S9", name, message, HINTS.besides(name));
  }
}

/** Reports a step that starts after another has failed. */
function goesOn(search: SearchContext, around: Around, point: SearchState, { name }: Node): void {
  const effects = effectsOf(point.outstanding);
  const { undoOf } = namesIn(search.machine);
  const message = `${name} starts after an earlier step has failed, ${left(point.outstanding)}`;
  if (point.failed === "branch") {
    tell(search, around, point, "S10", name, message, decideOn(search, effects));
    return;
  }
  if (point.failed === "undoing") {
    const undoing = `${name} starts while the saga is being undone, ${left(point.outstanding)}`;
    const to = undoOf.get(effects[0]?.action ?? "") ?? endOf(search);
    tell(search, around, point, "S1", name, undoing, HINTS.instead(name, to));
    return;
  }
  const doubtful = effects.find(({ status }) => status === "doubtful");
  const failed = doubtful?.action ?? point.refused;
  const to = doubtful ? undoOf.get(doubtful.action) : (undoOf.get(effects[0]?.action ?? "") ?? endOf(search));
  const hint = failed === undefined ? HINTS.uncaught(name, to) : HINTS.own(failed, to);
  tell(search, around, point, doubtful ? "S2" : "S1", name, message, hint);
}

/** Reports a state that must not start here. The story ends with its start. */
function tell(
  search: SearchContext,
  around: Around,
  point: SearchState,
  rule: Rule,
  state: string,
  message: string,
  hint: Hint,
): void {
  const { outstanding, trace } = point;
  const open = findEither(outstanding) ? [] : effectsOf(outstanding);
  const there = open.length === 0 ? "" : `; still there: ${listed(open)}`;
  const text = `${state}${around.suffix} starts here${there}`;
  search.report(around, { ...point, trace: after(trace, { text, state }) }, rule, state, message, hint);
}

const endOf = ({ machine }: SearchContext): string | undefined => namesIn(machine).compensated;

/** Reports a failure that nothing catches. It stops the machine and leaves its effects. */
export function dropped(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name, catchers, inner }: Node,
  error: string,
): void {
  const remains = effectsOf(point.outstanding);
  if (error === DATA_LIMIT) {
    // Without any Catch, the other errors are reported already.
    if (remains.length === 0 && catchers.length === 0) return;
    const message = `no catcher of ${name} names ${DATA_LIMIT}, and States.ALL may not match it: the execution stops, ${left(point.outstanding)}`;
    search.report(around, point, "S7", name, message, HINTS.dataLimit(name));
    return;
  }
  const own = remains.some(({ action: of, status }) => of === name && status === "doubtful");
  const rule = own ? "S2" : remains.length > 0 ? "S1" : "S6";
  const message = `nothing catches a failure of ${name}: the execution stops there, ${left(point.outstanding)}`;
  const { compensated } = namesIn(search.machine);
  // A list without items leaves nothing of its own, but one with items needs its undo.
  const { undoOf } = namesIn(search.machine);
  const within = inner.flatMap(levelsOf).flatMap(({ nodes }) => [...nodes.keys()]);
  const first = within.find((one) => undoOf.has(one)) ?? remains[0]?.action;
  const to = remains.length > 0 && first !== undefined ? undoFrom(search.machine, around.level, first) : compensated;
  const undoes = inner.some((level) => level.undoes.size > 0) && !inner.some(({ effectful }) => effectful);
  const hint = undoes && error === "States.QueryEvaluationError" ? HINTS.raises(name) : HINTS.uncaught(name, to);
  search.report(around, point, rule, name, message, hint);
}

function undo(search: SearchContext, around: Around, point: SearchState, node: Node, part: UndoPart): Results {
  const name = node.name + around.suffix;
  if (point.committed) {
    const message = `${node.name} runs after the pivot has succeeded`;
    tell(search, around, point, "S9", node.name, message, HINTS.committed(node.name));
    return search.cut();
  }
  unknownCaller(search, around, point, node);
  const actions = new Set([...part.of, ...part.releases]);
  const sought: Sought = { actions, instances: namesSought(search, point, node, part) };
  const change = taking(search, around, point, node, part, sought);
  if (!change) {
    const told = notOnTop(search, around, point, node, part, sought);
    // In a loop, the consequences would be reported in each round.
    if (told !== point && search.repeats(around, node.name)) return search.cut();
    if (told !== point) return undo(search, around, told, node, part);
  }
  const undoing: SearchState = { ...point, failed: "undoing", refused: undefined };
  const leaving = (next: (old: Effect) => Effect | undefined): SearchState => ({
    ...undoing,
    outstanding: change ? change(next) : point.outstanding,
  });
  const what = [...(sought.instances ?? actions)].filter((one) => !change || isThere(point.outstanding, one));
  const become = (becomes: EffectChange["becomes"]): Pick<Event, "state" | "effects"> => ({
    state: node.name,
    effects: change ? what.map((instance) => ({ instance, becomes })) : [],
  });
  const text = change ? `${name} undoes ${what.join(" and ")}` : `${name} finds nothing to undo`;
  const done: Event = { text, ...become("gone") };
  const gone = leaving(() => undefined);
  const results: (SearchState | End)[] = [...search.leave(around, gone, node.next, node, answerOf(node.name), done)];
  for (const { error, retried, catcher } of faultsOf(node, [])) {
    const event: Event = {
      text: `${name} fails: ${error}${retried ? ", at every retry" : ""}`,
      fails: true,
      ...become("undoFailed"),
    };
    if (catcher) {
      caughtUndo(search, around, { ...undoing, trace: after(point.trace, event) }, node, catcher.transition.to);
      // The catch itself is the violation. What follows would not exist without it.
      search.cut();
      continue;
    }
    const stopped = { ...leaving((old) => ({ ...old, status: "undoFailed" })), trace: after(point.trace, event) };
    results.push({ kind: "stopped", stuck: true, error, state: node.name, point: stopped });
  }
  return results;
}

const isThere = (outstanding: OutstandingEffects, one: string): boolean =>
  mayHave(outstanding, ({ action: of, instance }) => of === one || instance === one);

function caughtUndo(search: SearchContext, around: Around, point: SearchState, { name }: Node, to?: string): void {
  const message = `the Catch of ${name} leads to ${to ?? "the end"} when the undo fails: its effect stays, and a redrive does not return to it`;
  search.report(around, point, "S5", name, message, HINTS.stuck(name));
}

type Change = (next: (old: Effect) => Effect | undefined) => OutstandingEffects;

/** The change of the outstanding effects by an undo. Undefined if its effect is absent, or not on top. */
function taking(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  { of, bulk }: UndoPart,
  sought: Sought,
): Change | undefined {
  const { outstanding } = point;
  const test = (effect: Effect): boolean => isSought(effect, sought);
  if (bulk) {
    const theirs = leftOf(outstanding, sought.actions);
    if (theirs.length === 0 || above(outstanding, test)) return undefined;
    const own = callerOf(search, point, node);
    const stranger = own === undefined ? undefined : theirs.find(({ instance }) => !sameExecution(own, instance));
    if (stranger) otherName(search, around, point, node, own as string, stranger);
    return (next) => changeAll(outstanding, test, next, around.keepFork);
  }
  if (!onTop(outstanding, sought, (old) => old, around.keepFork)) return undefined;
  // A confirmed effect, and an effect with the same undo, goes with it.
  if (of.length > 1) return (next) => changeAll(outstanding, test, next, around.keepFork);
  return (next) => onTop(outstanding, sought, next, around.keepFork)?.outstanding ?? null;
}

/**
 * Handles an undo whose effect is not on top. If that is a violation, it is reported, and the search goes on as if it were
 * in order.
 */
function notOnTop(
  search: SearchContext,
  around: Around,
  point: SearchState,
  node: Node,
  { bulk }: UndoPart,
  sought: Sought,
): SearchState {
  const { name } = node;
  const { outstanding } = point;
  const { actions, instances } = sought;
  const test = (effect: Effect): boolean => isSought(effect, sought);
  if (mayHave(outstanding, test)) {
    const over = bulk ? above(outstanding, test) : firstOpen(outstanding);
    if (over) blocked(search, around, point, name, over);
    const reachable = tellAbove(outstanding, test);
    if (reachable !== outstanding) return { ...point, outstanding: reachable };
    search.leaveUntold();
    return point;
  }
  if ([...actions].some((action) => isLost(search, around, point, action))) return point;
  const other = anyEffect(outstanding, ({ action, told }) => actions.has(action) && !told);
  // A list may be empty, and an iteration may not know which of its actions began. An undo without an effect does nothing (S3).
  const another = around.ownItem === true && other !== undefined;
  if (!another && (bulk || around.suffix !== "")) return point;
  if (point.astray) {
    search.leaveUntold();
    return point;
  }
  const of = [...actions].join(", ");
  if (other && instances) otherName(search, around, point, node, [...instances].join(", "), other);
  else if (point.refused !== undefined && actions.has(point.refused)) {
    const message = `${name} runs although ${of} was refused and had no effect`;
    const { undoOf, compensated } = namesIn(search.machine);
    const [first] = examples(point);
    const [last] = first ? effectsOf(first.outstanding) : [];
    const to = undoOf.get(last?.action ?? "") ?? compensated;
    tell(search, around, point, "S2", name, message, HINTS.refused(name, point.refused, to));
  } else {
    const message = `${name} runs although ${of} has not started or is already undone`;
    tell(search, around, point, "S1", name, message, HINTS.tooEarly(name, of));
  }
  const told = (effect: Effect): Effect => (actions.has(effect.action) ? { ...effect, told: true } : effect);
  return { ...point, outstanding: changeEffects(outstanding, told), astray: true };
}

function otherName(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name }: Node,
  own: string,
  other: Effect,
): void {
  const message = `${name} undoes '${other.instance}' with the identity '${own}'`;
  tell(search, around, point, "S11", name, message, HINTS.identity(name, other.action));
}

/** Reports an undo that runs before a later effect is undone. */
export function blocked(search: SearchContext, around: Around, point: SearchState, state: string, above: Effect): void {
  const { status, instance, action: of } = above;
  const hint = undoFirst(search.machine, { level: around.level, trace: point.trace }, state, above);
  if (status === "undoFailed") {
    // The effect of a branch that has stopped in an undo has the name of this undo.
    const undo = namesIn(search.machine).undoOf.get(of);
    const to = undo ?? stateIn(around.level, of) ?? of;
    for (const known of examples(point)) {
      const failed = undo === undefined ? `${of} has failed in ${to}` : `the undo of ${instance} has failed`;
      const message = `${state} runs although ${failed}, ${left(known.outstanding)}`;
      tell(search, around, known, "S5", state, message, HINTS.stuck(to));
    }
  } else if (status === "doubtful") {
    const message = `${state} runs before the undo of ${instance}, which failed and may have taken effect`;
    tell(search, around, point, "S2", state, message, hint);
  } else {
    const message = `${state} runs while ${instance}, which started later, is not undone`;
    tell(search, around, point, "S1", state, message, hint);
  }
}

/** Steps through a release on the way to success. */
function release(search: SearchContext, around: Around, point: SearchState, node: Node, part: UndoPart): Results {
  const name = node.name + around.suffix;
  const sought: Sought = {
    actions: new Set(part.releases),
    instances: namesSought(search, point, node, { ...part, of: part.releases }),
  };
  const test = (effect: Effect): boolean => isSought(effect, sought);
  const of = part.releases.join(" and ");
  if (!mayHave(point.outstanding, test)) {
    const [other] = leftOf(point.outstanding, sought.actions);
    if (other && sought.instances) {
      otherName(search, around, point, node, [...sought.instances].join(", "), other);
    } else {
      const message = `${name} runs although ${of} has not started or is already released`;
      tell(search, around, point, "S1", node.name, message, HINTS.tooEarly(node.name, of));
    }
    return search.cut();
  }
  const outstanding = changeAll(point.outstanding, test, () => undefined);
  const results: (SearchState | End)[] = [
    ...search.leave(around, { ...point, outstanding }, node.next, node, UNKNOWN, {
      text: `${name} releases ${of}`,
      state: node.name,
      effects: part.releases.map((instance) => ({ instance, becomes: "gone" })),
    }),
  ];
  for (const { error, retried, catcher } of faultsOf(node, [])) {
    const event = {
      text: `${name} fails: ${error}${retried ? ", at every retry" : ""}`,
      state: node.name,
      fails: true,
    };
    const failed: SearchState = { ...point, failed: "here" };
    if (catcher) results.push(...search.leave(around, failed, catcher.transition, node, UNKNOWN, event));
    else {
      const stopped = { ...failed, trace: after(point.trace, event) };
      results.push({ kind: "stopped", stuck: true, error, state: node.name, point: stopped });
    }
  }
  return results;
}

/** Whether the record of an action's branch is lost, so that it is unknown whether the action ran. */
function isLost({ machine }: SearchContext, { holders }: Around, { lost }: SearchState, action: string): boolean {
  return [...lost].some(([name, is]) => {
    const holder = withoutIndexes(name);
    return (holders.includes(holder) || holds(machine, holder, action)) && truth(is) === true;
  });
}

/** Whether an action is in the branches of a state, at any depth. */
const holds = (machine: Level, holder: string, action: string): boolean =>
  nodesOf(machine)
    .get(holder)
    ?.inner.flatMap(levelsOf)
    .some((level) => level.nodes.has(action)) ?? false;
