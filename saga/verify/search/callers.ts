import type { Call, SearchContext } from "./context";
import { HINTS } from "./hints";
import { type Level, type Node, transitionsOf } from "../machine";

/**
 * The callers of all calls on all paths (S11). Before the pivot, the outstanding effects show whether two calls share an
 * identity. After the pivot nothing is outstanding, so the callers are compared at the end of the search.
 */
export class Callers {
  private readonly calls = new Map<string, Map<string, Call>>();

  note(caller: string, call: Call): void {
    const known = this.calls.get(caller) ?? new Map<string, Call>();
    const key = call.node.name + call.around.suffix;
    if (!known.has(key)) known.set(key, call);
    this.calls.set(caller, known);
  }

  /** Reports calls that share an identity and may run in one execution. */
  compare(search: SearchContext): void {
    for (const [caller, met] of this.calls) {
      const calls = [...met.values()];
      calls.forEach((call, index) => {
        const other = calls.slice(0, index).find((before) => shares(search.machine, before, call));
        if (!other) return;
        // The call that has its own name as the identity is right, and the other one is wrong.
        if (call.node.name === caller) tellShared(search, caller, call, other);
        else tellShared(search, caller, other, call);
      });
    }
  }
}

const isQuery = ({ part }: Node): boolean => part?.kind === "action" && part.call.role === "query";

function tellShared(search: SearchContext, caller: string, other: Call, { node, around, point }: Call): void {
  const { name } = node;
  if (isQuery(node) || isQuery(other.node)) {
    search.doubt("S11", "these share their identity with another call", name);
    return;
  }
  const message =
    other.node.name === name
      ? `${name} calls with the identity '${caller}' for each item: only the first call takes effect`
      : `${name} calls with the identity '${caller}', and so does ${other.node.name}`;
  search.report(around, point, "S11", name, message, HINTS.ownIdentity(name));
}

/** Whether two calls with one identity may run in one execution, and the outstanding effects do not show it. */
function shares(machine: Level, one: Call, other: Call): boolean {
  if (one.lasts && other.lasts) return false;
  const confirms = ({ node }: Call, { node: of }: Call): boolean =>
    node.part?.kind === "action" && node.part.call.confirms === of.name;
  if (confirms(one, other) || confirms(other, one)) return false;
  return one.around.suffix !== other.around.suffix || onOneWay(machine, one.node, other.node);
}

/** Whether one state leads to the other, or both are in branches of one Parallel. */
function onOneWay(machine: Level, one: Node, other: Node): boolean {
  const [first, second] = [wayTo(machine, one), wayTo(machine, other)];
  for (const [depth, { level, node, branch }] of first.entries()) {
    const beside = second[depth];
    if (!beside || beside.level !== level) return false;
    if (beside.node !== node) return leads(level, node, beside.node) || leads(level, beside.node, node);
    if (beside.branch !== branch) return true;
  }
  return false;
}

/** A state, or a state that holds it, with its level and the branch that leads to it. */
interface Place {
  readonly level: Level;
  readonly node: Node;
  readonly branch: Level | undefined;
}

function wayTo(level: Level, wanted: Node): readonly Place[] {
  for (const node of level.nodes.values()) {
    if (node === wanted) return [{ level, node, branch: undefined }];
    for (const branch of node.inner) {
      const rest = wayTo(branch, wanted);
      if (rest.length > 0) return [{ level, node, branch }, ...rest];
    }
  }
  return [];
}

function leads({ nodes }: Level, from: Node, to: Node): boolean {
  const reached = new Set([from]);
  // The loop also visits what it adds to the set.
  for (const node of reached) {
    for (const { to: next } of transitionsOf(node)) {
      const after = next === undefined ? undefined : nodes.get(next);
      if (after === to) return true;
      if (after) reached.add(after);
    }
  }
  return false;
}
