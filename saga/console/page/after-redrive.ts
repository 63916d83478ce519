import { statusAt, type Story, type Visit } from "../../control/story";
import type { Graph, GraphNode } from "../../graph/model";

/** A state that a redrive would enter. */
export interface Ahead {
  readonly node: GraphNode;
  /** Whether it is entered again: it is where the execution stands. */
  readonly again: boolean;
  /** Whether it depends on a choice, or on an error, that it is entered. */
  readonly perhaps: boolean;
}

/**
 * What a redrive would do: the states in which the execution stands, and those that follow where nothing fails. What has
 * succeeded is not entered again.
 */
export function afterRedrive(story: Story, graph: Graph): readonly Ahead[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const leads = new Map<string, string[]>();
  for (const { from, to, caught } of graph.edges) if (!caught) leads.set(from, [...(leads.get(from) ?? []), to]);
  /** The last state of a branch leads on to what follows the state that has the branch. */
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
  for (const { id } of standsIn(story)) visit(id, { again: true, perhaps: false });
  return [...found.values()];
}

/** Where an execution that has ended stands, innermost alone. */
function standsIn(story: Story): readonly Visit[] {
  const standing = story.path.filter((visit) => /^(stuck|aborted)$/.test(statusAt(story, visit, Infinity) ?? ""));
  const around = new Set(standing.flatMap(({ within }) => (within ? [within] : [])));
  return standing.filter((visit) => !around.has(visit));
}
