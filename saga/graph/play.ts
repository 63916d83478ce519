import type { EffectChange, Violation } from "../verify/rules";
import type { Graph, GraphNode } from "./model";
import { type Colours, keyOf, type Status } from "./status";

/** An effect that no undo has taken back. */
export interface Outstanding {
  /** The call that has it, in a list with the item's index. */
  readonly instance: string;
  /** There; there or not, or still to come; or still there, for its undo has failed. */
  readonly status: Exclude<EffectChange["becomes"], "gone">;
}

/** A step of a counterexample that is played on a graph. */
export interface PlayStep {
  /** The node at which it happens; undefined for a heading. */
  readonly node: string | undefined;
  readonly text: string;
  /** How far its text is indented. */
  readonly depth: number;
  readonly did: "done" | "failed" | "undone";
  /** What is outstanding after it, in the order in which it began. */
  readonly outstanding: readonly Outstanding[];
  /** What the execution has done wrong by now; at the last step alone. */
  readonly offence: string | undefined;
}

/** The counterexample of a violation, step by step; of one that needs no path, the state in which it shows. */
export function stepsOf({ nodes, edges }: Graph, { path, message, state }: Violation): readonly PlayStep[] {
  const find = (name: string | undefined): GraphNode | undefined =>
    name === undefined ? undefined : nodes.find(({ label, kind }) => label === name && kind !== "start");
  if (path.length === 0) {
    const node = find(state)?.id;
    return [{ node, text: message, depth: 0, did: "done", outstanding: [], offence: message }];
  }
  const outstanding = new Map<string, Outstanding["status"]>();
  const steps: PlayStep[] = [];
  for (const [at, event] of path.entries()) {
    const { text, depth, fails, effects } = event;
    change(outstanding, effects);
    const last = at === path.length - 1;
    const node = find(event.state);
    const before = steps.findLast((step) => step.node !== undefined)?.node;
    // The end of an execution is no state of its own where it ends with its last one.
    const end = last ? nodes.find(({ id, kind }) => kind === "completed" && leads({ edges }, before, id)) : undefined;
    steps.push({
      node: (node ?? end)?.id,
      text,
      depth,
      did: fails ? "failed" : node?.side === "undo" && node.undoes.length > 0 ? "undone" : "done",
      outstanding: [...outstanding].map(([instance, status]) => ({ instance, status })),
      offence: last ? message : undefined,
    });
  }
  return steps;
}

const leads = ({ edges }: Pick<Graph, "edges">, before: string | undefined, to: string): boolean =>
  edges.some((edge) => edge.from === before && edge.to === to);

function change(outstanding: Map<string, Outstanding["status"]>, effects: readonly EffectChange[]): void {
  for (const { instance, becomes } of effects) {
    // An undo that says of which action, and not of which call, is for all of its calls.
    const calls = outstanding.has(instance)
      ? [instance]
      : [...outstanding.keys()].filter((known) => known.startsWith(`${instance}[`));
    for (const call of calls.length === 0 ? [instance] : calls) {
      if (becomes === "gone") outstanding.delete(call);
      else outstanding.set(call, becomes);
    }
  }
}

/** How the graph stands once so many steps are played. */
export function coloursOfPlay(graph: Graph, steps: readonly PlayStep[], count: number): Colours {
  const statuses = new Map<string, Status>();
  const taken = new Set<string>();
  const parents = new Map(graph.nodes.map(({ id, parent }) => [id, parent]));
  for (const { node, did, offence } of steps.slice(0, count)) {
    if (node === undefined) continue;
    const before = [...statuses.keys()];
    const from =
      before.findLast((id) => leads(graph, id, node)) ??
      graph.nodes.find(({ id, kind }) => kind === "start" && leads(graph, id, node))?.id;
    if (from !== undefined) taken.add(keyOf({ from, to: node }));
    statuses.delete(node);
    statuses.set(node, offence === undefined ? did : "stuck");
    for (let box = parents.get(node); box !== undefined; box = parents.get(box)) {
      if (!statuses.has(box)) statuses.set(box, "in progress");
    }
  }
  return { statuses, taken };
}
