import type { Declaration } from "../asl/declaration";
import { innerOf, type RawState, type RawStates } from "../asl/states";

/** On which way a state is entered: while the saga goes forward, or once it is given up. */
export type Side = "forward" | "undo";

export interface GraphNode {
  readonly id: string;
  readonly label: string;
  /** What the shape tells: a call, a wait, a choice, what only leads on, or an end. */
  readonly kind: "task" | "wait" | "choice" | "pass" | "completed" | "failed" | "group";
  readonly side: Side;
  /** The point of no return. */
  readonly pivot: boolean;
  /** The group that it stands in: a branch, or an item of a list. */
  readonly parent: string | undefined;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Whether an error leads this way. */
  readonly caught: boolean;
  readonly side: Side;
}

/** A state machine to be drawn. */
export interface Graph {
  readonly title: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** The ways on from a state, those that errors take apart. */
function waysOf(state: RawState): readonly { readonly to: string; readonly caught: boolean }[] {
  const on =
    state.Type === "Choice" ? [...(state.Choices ?? []).map((rule) => rule["Next"]), state.Default] : [state.Next];
  const caught = (state.Catch ?? []).map((catcher) => catcher["Next"]);
  const ways = [
    ...on.map((to) => ({ to: to as string | undefined, caught: false })),
    ...caught.map((to) => ({ to: to as string | undefined, caught: true })),
  ];
  const seen = new Set<string>();
  return ways.flatMap(({ to, caught }) => {
    const key = `${String(to)} ${String(caught)}`;
    if (to === undefined || seen.has(key)) return [];
    seen.add(key);
    return [{ to, caught }];
  });
}

const KINDS: Readonly<Record<string, GraphNode["kind"]>> = {
  Task: "task",
  Wait: "wait",
  Choice: "choice",
  Pass: "pass",
  Succeed: "completed",
  Fail: "failed",
  Parallel: "group",
  Map: "group",
};

/**
 * Reads a definition as a graph.
 * @param declaration What the saga says of its steps: which state undoes which, and which is the pivot.
 */
export function graphOf(title: string, definition: RawStates, declaration: Declaration | undefined): Graph {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const undos = new Set(Object.values(declaration?.calls ?? {}).flatMap(({ undo }) => undo ?? []));

  const add = (machine: RawStates, prefix: string, parent: string | undefined, within: Side): void => {
    const forward = within === "undo" ? new Set<string>() : goingForward(machine, undos, parent === undefined);
    const sideOf = (name: string): Side => (forward.has(name) ? "forward" : "undo");
    const id = (name: string): string => `${prefix}${name}`;
    for (const [name, state] of startFirst(machine)) {
      const side = sideOf(name);
      const kind = KINDS[state.Type] ?? "pass";
      const pivot = declaration?.calls[name]?.role === "pivot";
      nodes.push({ id: id(name), label: labelOf(name, state), kind, side, pivot, parent });
      innerOf(state).forEach((inner, at) => {
        const group = `${id(name)}/${at}`;
        nodes.push({
          id: group,
          label: state.Type === "Map" ? "each item" : "",
          kind: "group",
          side,
          pivot: false,
          parent: id(name),
        });
        add(inner, `${group}/`, group, side);
      });
      for (const { to, caught } of waysOf(state)) {
        edges.push({
          from: id(name),
          to: id(to),
          caught,
          side: caught || side === "undo" || sideOf(to) === "undo" ? "undo" : "forward",
        });
      }
      if (state["End"] === true && parent === undefined) edges.push({ from: id(name), to: END, caught: false, side });
    }
  };
  add(definition, "", undefined, "forward");
  if (edges.some(({ to }) => to === END)) {
    nodes.push({ id: END, label: "completed", kind: "completed", side: "forward", pivot: false, parent: undefined });
  }
  return { title, nodes, edges };
}

/** Its states, the one first in which it begins: an edge to a group is drawn to the first that stands in it. */
const startFirst = ({ StartAt, States }: RawStates) =>
  Object.entries(States).sort(([one], [other]) => Number(other === StartAt) - Number(one === StartAt));

/** The end of an execution that has no state of its own: a state's name has no such character first. */
const END = "/end";

const labelOf = (name: string, state: RawState): string =>
  state.Type === "Fail" && typeof state["Error"] === "string" && state["Error"] !== name
    ? `${name}\n${state["Error"]}`
    : name;

/**
 * The states that lead to an end with success, errors apart, past no undo. In a branch, which ends with a record of how it
 * went either way, those that no error has led to.
 */
function goingForward({ StartAt, States }: RawStates, undos: ReadonlySet<string>, top: boolean): ReadonlySet<string> {
  const on = (name: string): readonly string[] =>
    waysOf(States[name] as RawState).flatMap(({ to, caught }) => (caught || undos.has(to) || !States[to] ? [] : [to]));
  const found = new Set<string>();
  if (!top) {
    found.add(StartAt);
    for (const name of found) for (const next of on(name)) found.add(next);
    return found;
  }
  const names = Object.keys(States).filter((name) => !undos.has(name));
  for (const name of names) if (States[name]?.["End"] === true || States[name]?.Type === "Succeed") found.add(name);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const name of names) if (on(name).some((next) => found.has(next))) found.add(name);
  }
  return found;
}
