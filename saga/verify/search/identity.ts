import { type Effect, effectsOf, type OutstandingEffects } from "./effects";
import { type Hint, HINTS } from "./hints";
import {
  type ChangingPart,
  type Identity,
  type Level,
  levelsOf,
  type Node,
  OF_ANOTHER,
  type UndoPart,
} from "../machine";
import type { SearchState } from "./search-state";
import type { Around, SearchContext } from "./context";
import { needs, OneOf, UNKNOWN } from "./value";

/**
 * The caller of a Task (S11). Undefined if it has no identity, or an unknown one.
 * @throws NeedsChoice if that depends on an open choice
 */
export function callerOf(search: SearchContext, point: SearchState, { identity }: Node): string | undefined {
  const step = identity?.yields(search.surroundings(point, UNKNOWN));
  if (step instanceof OneOf) throw needs(step);
  return typeof step === "string" ? step : undefined;
}

/** Reports a call with an unknown identity. Two calls may share it. */
export function unknownCaller(search: SearchContext, around: Around, point: SearchState, node: Node): void {
  const { name, identity } = node;
  const caller = callerOf(search, point, node);
  if (!identity || caller?.includes(OF_ANOTHER) === false) return;
  if (caller !== undefined) {
    const message = `${name} calls with the identity '${caller.replace(OF_ANOTHER, " of ")}', which is not that of this execution by its ARN`;
    search.report(around, point, "S11", name, message, HINTS.ownExecution(name));
    return;
  }
  const { said, changing } = identity;
  const message = `the identity of ${name} ${changing ? changesBy(changing) : `is unknown: another call may have the same ${said}`}`;
  search.report(around, point, "S11", name, message, identityFor(node, identity));
}

const changesBy = ({ field, part, calls }: ChangingPart): string =>
  calls
    ? `changes: its ${field} calls ${part}, which yields another value on each try`
    : `is unknown: its ${field} reads ${part}, which changes, or is not of this execution alone`;

/** The hint for a call whose identity is unknown. */
function identityFor({ name, part }: Node, { said, changing }: Identity): Hint {
  if (changing?.field === "saga.id") return HINTS.ownExecution(name);
  const action = part?.kind === "undo" ? part.of[0] : undefined;
  if (action !== undefined) return said === "Name" ? HINTS.nameOf(name, action) : HINTS.identity(name, action);
  return said === "Name" ? HINTS.ownName(name) : HINTS.ownIdentity(name);
}

/** The possible callers of the calls that an undo takes back. Undefined for any. */
export function namesSought(
  search: SearchContext,
  point: SearchState,
  node: Node,
  { of, bulk }: UndoPart,
): ReadonlySet<string> | undefined {
  const own = callerOf(search, point, node);
  if (own === undefined || bulk) return undefined;
  if (of.length === 1) return new Set([own]);
  // An undo of several calls has the identity of one of them.
  const theirs = of.flatMap((action) => {
    const other = nodesOf(search.machine).get(action);
    return (other && callerOf(search, point, other)) ?? [];
  });
  return new Set(theirs.includes(own) ? theirs : [own]);
}

/** Whether two callers are of one execution, whatever their steps. */
export const sameExecution = (one: string, other: string): boolean => executionOf(one) === executionOf(other);
const executionOf = (name: string): string =>
  name.includes(OF_ANOTHER) ? name.slice(name.indexOf(OF_ANOTHER) + OF_ANOTHER.length) : "";

/** The outstanding effect of another action with the same caller. */
export function calledSo(outstanding: OutstandingEffects, name: string, action: string): Effect | undefined {
  return findEffect(outstanding, (effect) => effect.instance === name && effect.action !== action);
}

/** The callers of all outstanding effects, for every way in which branches may have ended. */
export function callersIn(outstanding: OutstandingEffects): ReadonlySet<string> {
  const found = new Set<string>();
  findEffect(outstanding, ({ instance }) => {
    found.add(instance);
    return false;
  });
  return found;
}

/** Reports two branches or items with one caller. The function takes the second call for a repetition of the first. */
export function sharedNames(
  search: SearchContext,
  around: Around,
  point: SearchState,
  { name }: Node,
  ran: readonly { readonly label: string; readonly ends: readonly { readonly point: SearchState }[] }[],
): void {
  if (!saysNames(search.machine)) return;
  const callers = new Map([...callersIn(point.outstanding)].map((caller) => [caller, "what runs before it"]));
  for (const { label, ends } of ran) {
    const own = new Set(ends.flatMap(({ point: { outstanding } }) => [...callersIn(outstanding)]));
    for (const caller of own) {
      const other = callers.get(caller);
      if (other !== undefined) {
        const action = [...nodesOf(search.machine)].find(([, node]) => caller.startsWith(node.name))?.[0] ?? name;
        const message = `${label} of ${name} calls with the identity '${caller}', and so does ${other}`;
        search.report(around, point, "S11", action, message, HINTS.ownIdentity(action));
      }
      callers.set(caller, label);
    }
  }
}

/** The first effect that passes a test. A shared part of the stack is visited once. */
export function findEffect(outstanding: OutstandingEffects, test: (effect: Effect) => boolean): Effect | undefined {
  const seen = new Set<OutstandingEffects>();
  const open = [outstanding];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === null || seen.has(at)) continue;
    seen.add(at);
    const { top, rest } = at;
    open.push(rest);
    if (top.kind !== "effect") open.push(...(top.kind === "fork" ? top.branches : top.outstanding));
    else if (test(top)) return top;
  }
  return undefined;
}

/** Whether the outstanding effects depend on an open choice. */
export function findEither(outstanding: OutstandingEffects): boolean {
  for (let at = outstanding; at; at = at.rest) {
    if (at.top.kind === "either" || (at.top.kind === "fork" && at.top.branches.some(findEither))) return true;
  }
  return false;
}

const nodes = new WeakMap<Level, ReadonlyMap<string, Node>>();

/** Every node of a machine, by its name. */
export function nodesOf(machine: Level): ReadonlyMap<string, Node> {
  const known = nodes.get(machine);
  if (known) return known;
  const made = new Map(levelsOf(machine).flatMap((level) => [...level.nodes]));
  nodes.set(machine, made);
  return made;
}

/** Whether any Task of a machine has an identity. */
const named = new WeakMap<Level, boolean>();
export function saysNames(machine: Level): boolean {
  const known = named.get(machine) ?? [...nodesOf(machine).values()].some(({ identity }) => identity);
  named.set(machine, known);
  return known;
}

/** The outstanding effects of actions, as their undo finds them. */
export const leftOf = (outstanding: OutstandingEffects, actions: ReadonlySet<string>): readonly Effect[] =>
  effectsOf(outstanding).filter(({ action }) => actions.has(action));
