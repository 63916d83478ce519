import type { GraphEdge, GraphNode } from "./model";
import type { Link } from "./side";

/** A forward node and the node beside it: its undo, or the node to which its failure leads. */
export type Beside = readonly [forward: string, undo: string, weight: number];

/**
 * The pairs of nodes that are drawn beside each other.
 * @param crossing The edges between the two sides.
 * @param undoneBy The calls that a node or the nodes in it undo.
 */
export function pairsOf(
  nodes: readonly GraphNode[],
  crossing: readonly GraphEdge[],
  undoneBy: (node: GraphNode) => readonly string[],
): readonly Beside[] {
  const forward = nodes.filter(({ side }) => side === "forward").map(({ id }) => id);
  const undone = nodes.flatMap((node): readonly Beside[] => {
    if (node.side === "forward") return [];
    const calls = undoneBy(node);
    // A call in a branch is undone in the Parallel that undoes the branches.
    const holders = forward.filter((id) => calls.some((call) => call === id || call.startsWith(`${id}/`)));
    return holders.map((id) => [id, node.id, UNDOES]);
  });
  const known = new Set(undone.flatMap(([from, to]) => [from, to]));
  const fails = crossing.flatMap(({ from, to, caught }): readonly Beside[] =>
    caught && forward.includes(from) && !known.has(from) && !known.has(to) ? [[from, to, 1]] : [],
  );
  return [...undone, ...fails];
}

/** The weight of an undo beside its call. It outweighs any number of failures. */
const UNDOES = 100;

/**
 * Orders the undos against their calls: the undo of a later call comes first, also without an edge between the undos. So
 * each undo can be drawn beside its call.
 */
export function inTurn(nodes: readonly GraphNode[], pairs: readonly Beside[], links: readonly Link[]): readonly Link[] {
  const order = new Map(nodes.map(({ id }, at) => [id, at]));
  const leads = new Map<string, Set<string>>();
  const lead = (from: string, to: string): void => {
    leads.set(from, (leads.get(from) ?? new Set()).add(to));
  };
  for (const { from, to } of links) lead(from, to);
  const reaches = (from: string, to: string): boolean => {
    const seen = new Set([from]);
    for (const each of seen) for (const next of leads.get(each) ?? []) seen.add(next);
    return seen.has(to);
  };
  const sorted = pairs.toSorted(([one], [other]) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
  return sorted.flatMap(([earlier, to], at): readonly Link[] => {
    const [later, from] = sorted[at + 1] ?? [];
    if (from === undefined || later === earlier || from === to || reaches(to, from) || reaches(from, to)) return [];
    lead(from, to);
    return [{ from, to, name: undefined, weight: 0 }];
  });
}
