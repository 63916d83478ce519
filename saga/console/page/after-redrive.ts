import { statusAt, type Story, type Visit } from "../../control/story";
import type { Graph, GraphNode } from "../../graph/model";

/** A state that a redrive would enter or run again. */
export interface Ahead {
  readonly node: GraphNode;
  /** Whether it runs again: the execution stopped in it. */
  readonly again: boolean;
  /** Whether a choice decides if it is entered. */
  readonly perhaps: boolean;
}

/**
 * What a redrive would do: it runs the states again in which the execution stopped, and then enters those that follow if
 * nothing fails. States that have succeeded are not entered again.
 */
export function afterRedrive(story: Story, graph: Graph): readonly Ahead[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const leads = new Map<string, string[]>();
  for (const { from, to, caught } of graph.edges) if (!caught) leads.set(from, [...(leads.get(from) ?? []), to]);
  /** After the last state of a branch comes the state after the Parallel or the Map. */
  const nextOf = (id: string): readonly string[] => {
    const own = leads.get(id);
    if (own) return own;
    const branch = nodes.get(nodes.get(id)?.parent ?? "");
    return branch?.parent === undefined ? [] : nextOf(branch.parent);
  };
  const found = new Map<string, Ahead>();
  const visit = (id: string, how: Omit<Ahead, "node">): void => {
    const node = nodes.get(id);
    const known = found.get(id);
    if (!node || (known && (!known.perhaps || how.perhaps))) return;
    found.set(id, { node, ...how });
    const next = nextOf(id);
    for (const each of next) visit(each, { again: false, perhaps: how.perhaps || next.length > 1 });
  };
  for (const { id } of stoppedIn(story)) visit(id, { again: true, perhaps: false });
  return [...found.values()];
}

/** The states in which an ended execution stopped. The Parallel and Map states around them are left out. */
function stoppedIn(story: Story): readonly Visit[] {
  const stopped = story.path.filter((visit) => /^(stuck|aborted)$/.test(statusAt(story, visit, Infinity) ?? ""));
  const around = new Set(stopped.flatMap(({ within }) => (within ? [within] : [])));
  return stopped.filter((visit) => !around.has(visit));
}
