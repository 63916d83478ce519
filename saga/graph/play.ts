import type { EffectChange, Violation } from "../verify/rules";
import type { Graph, GraphNode } from "./model";
import { type Colours, keyOf, type Status } from "./status";

/** An effect that is not undone. */
export interface Outstanding {
  /** The call, in a list with the item's index. */
  readonly instance: string;
  /** Live; in doubt; or live although its undo ran, since that failed. */
  readonly status: Exclude<EffectChange["becomes"], "gone">;
}

/** A step of a counterexample on a graph. */
export interface PlayStep {
  /** The node of the step. Undefined for a heading. */
  readonly node: string | undefined;
  readonly text: string;
  /** The indentation of its text. */
  readonly depth: number;
  readonly did: "done" | "failed" | "undone";
  /** The outstanding effects after it, in the order in which they began. */
  readonly outstanding: readonly Outstanding[];
  /** The violation. Only the last step has it. */
  readonly offence: string | undefined;
}

/** The steps of a violation's counterexample. A violation without a path has one step, at its state. */
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
    // If the execution ends with a state that has `End`, its end has its own node.
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
    // An undo without an index undoes all calls of its action.
    const calls = outstanding.has(instance)
      ? [instance]
      : [...outstanding.keys()].filter((known) => known.startsWith(`${instance}[`));
    for (const call of calls.length === 0 ? [instance] : calls) {
      if (becomes === "gone") outstanding.delete(call);
      else outstanding.set(call, becomes);
    }
  }
}

/** The colours of the graph after the first `count` steps. */
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
