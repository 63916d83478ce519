import type { Declaration } from "../asl/declaration";
import { innerOf, type RawState, type RawStates } from "../asl/states";

/** The side of a state: an execution enters it while it goes forward, or while it undoes. */
export type Side = "forward" | "undo";

/** The kind of a node, which its shape shows. A Parallel, a branch, a list and an item are boxes around other nodes. */
export type Kind =
  | "start"
  | "task"
  | "approval"
  | "child"
  | "wait"
  | "choice"
  | "pass"
  | "completed"
  | "failed"
  | "parallel"
  | "branch"
  | "list"
  | "item";

export interface GraphNode {
  /** The names of the states around it and its own, with the number of the branch between them: `Book/0/BookFlight`. */
  readonly id: string;
  /** The state's name. Empty for a start, a branch and an item, which are not states. */
  readonly label: string;
  /** Further lines of text. */
  readonly notes: readonly string[];
  readonly kind: Kind;
  readonly side: Side;
  /** Whether it is the point of no return. */
  readonly pivot: boolean;
  /** The ids of the calls that it undoes. */
  readonly undoes: readonly string[];
  /** The box around it: a branch or an item, or for these the Parallel or the Map. */
  readonly parent: string | undefined;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Whether it is an edge of a Catch. */
  readonly caught: boolean;
  readonly side: Side;
}

/** A state machine to be drawn. */
export interface Graph {
  readonly title: string;
  /** A box comes before the nodes in it. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

const BOXES: ReadonlySet<Kind> = new Set(["parallel", "branch", "list", "item"]);

/** Whether a node contains others. */
export const isBox = ({ kind }: Pick<GraphNode, "kind">): boolean => BOXES.has(kind);

/** The style of an edge: of a failure, of a step forward or of an undo. */
export type Way = "fails" | Side;

export const wayOf = ({ caught, side }: GraphEdge): Way => (caught ? "fails" : side);

/** The transitions of a state, with those of its Catch. */
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

const KINDS: Readonly<Record<string, Kind>> = {
  Task: "task",
  Wait: "wait",
  Choice: "choice",
  Pass: "pass",
  Succeed: "completed",
  Fail: "failed",
  Parallel: "parallel",
  Map: "list",
};

function kindOf(state: RawState): Kind {
  const kind = KINDS[state.Type] ?? "pass";
  if (kind !== "task" || typeof state["Resource"] !== "string") return kind;
  if (state["Resource"].includes(".waitForTaskToken") || state["Resource"].includes(":activity:")) return "approval";
  return state["Resource"].includes(":states:startExecution") ? "child" : "task";
}

/**
 * Reads a definition as a graph.
 * @param declaration The saga's declaration of its undos and its pivot.
 */
export function graphOf(title: string, definition: RawStates, declaration: Declaration | undefined): Graph {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const calls = Object.entries(declaration?.calls ?? {});
  const undos = new Set(calls.flatMap(([, { undo }]) => undo ?? []));
  const actions = new Set(calls.flatMap(([name, { role }]) => (role === "query" ? [] : [name])));

  const add = (machine: RawStates, prefix: string, parent: string | undefined, within: Side): void => {
    const forward = within === "undo" ? new Set<string>() : goingForward(machine, undos, parent === undefined);
    // An action is on the forward side, even if only a failure leads to it.
    const sideOf = (name: string): Side => (forward.has(name) || actions.has(name) ? "forward" : "undo");
    const id = (name: string): string => `${prefix}${name}`;
    // A branch with a single state needs no start.
    if (parent === undefined || Object.keys(machine.States).length > 1) {
      const start = { ...BLANK, id: id(START), kind: "start", side: within, parent } as const;
      nodes.push(start);
      edges.push({ from: start.id, to: id(machine.StartAt), caught: false, side: within });
    }
    for (const [name, state] of Object.entries(machine.States)) {
      const side = sideOf(name);
      const kind = kindOf(state);
      const pivot = declaration?.calls[name]?.role === "pivot";
      const notes = notesOf(name, state, kind, pivot);
      nodes.push({ ...BLANK, id: id(name), label: name, notes, kind, side, pivot, parent });
      innerOf(state).forEach((inner, at) => {
        const box = `${id(name)}/${at}`;
        nodes.push({ ...BLANK, id: box, kind: kind === "list" ? "item" : "branch", side, parent: id(name) });
        add(inner, `${box}/`, box, side);
      });
      for (const { to, caught } of waysOf(state)) {
        const turns = side === "undo" || sideOf(to) === "undo";
        edges.push({ from: id(name), to: id(to), caught, side: caught || turns ? "undo" : "forward" });
      }
      if (state["End"] === true && parent === undefined) edges.push({ from: id(name), to: END, caught: false, side });
    }
  };
  add(definition, "", undefined, "forward");
  if (edges.some(({ to }) => to === END)) {
    nodes.push({ ...BLANK, id: END, label: "completed", kind: "completed", side: "forward", parent: undefined });
  }
  const idsOf = (name: string): readonly string[] =>
    nodes.flatMap(({ id, label, kind }) => (label === name && kind !== "start" && id !== END ? [id] : []));
  const undoes = (name: string): readonly string[] =>
    calls.flatMap(([call, { undo }]) => (undo === name ? idsOf(call) : []));
  return {
    title,
    nodes: nodes.map((node) => ({ ...node, undoes: undoes(node.label) })),
    edges: existing(nodes, edges),
  };
}

const BLANK = { label: "", notes: [], pivot: false, undoes: [] } as const;

/** Drops edges to states that do not exist. The verifier reports them. */
function existing(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): readonly GraphEdge[] {
  const ids = new Set(nodes.map(({ id }) => id));
  return edges.filter(({ to }) => ids.has(to));
}

/** The id of the end of an execution. It begins with a slash, which no id of a state does. */
export const END = "/end";
const START = "/start";

function notesOf(name: string, state: RawState, kind: Kind, pivot: boolean): readonly string[] {
  const notes = pivot ? ["pivot: no way back"] : [];
  if (kind === "approval") return [...notes, "waits for an answer"];
  if (kind === "child") return [...notes, "child saga"];
  if (kind === "wait") return [...notes, "waits"];
  if (kind === "list") return [...notes, "each item"];
  const error = state["Error"];
  return state.Type === "Fail" && typeof error === "string" && error !== name ? [...notes, error] : notes;
}

/**
 * The forward states. On the top level: states from which a success can be reached without an error or an undo. A branch
 * ends with a record whether it succeeded or failed, so in a branch: states that are reached without an error.
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
