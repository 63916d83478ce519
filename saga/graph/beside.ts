import type { GraphEdge, GraphNode } from "./model";
import type { Link } from "./side";

/** Nodes of the way forward with what belongs beside them: their undos, and else what their failure leads to. */
export type Beside = readonly [forward: string, undo: string, weight: number];

/**
 * What belongs beside what.
 * @param crossing The edges that lead from one side to the other.
 * @param undoneBy The calls that a node undoes, or that are undone in it.
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
    // A call in a branch is undone in what undoes the branches.
    const holders = forward.filter((id) => calls.some((call) => call === id || call.startsWith(`${id}/`)));
    return holders.map((id) => [id, node.id, UNDOES]);
  });
  const known = new Set(undone.flatMap(([from, to]) => [from, to]));
  const fails = crossing.flatMap(({ from, to, caught }): readonly Beside[] =>
    caught && forward.includes(from) && !known.has(from) && !known.has(to) ? [[from, to, 1]] : [],
  );
  return [...undone, ...fails];
}

/** That one undoes the other matters more than all that a failure may lead to. */
const UNDOES = 100;

/**
 * What belongs beside a later node comes before what belongs beside an earlier one, though no edge may lead from one to the
 * other: so that each can stand beside its own.
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
