import type { Level, Node, Transition } from "./machine";

/**
 * The reachable states of a level, each before the states that lead to it, and whether the level has a loop. In a loop, one
 * state comes after a state that leads to it.
 */
export function topologicalOrder(
  level: Level,
  waysOf: (node: Node) => readonly Transition[],
): { readonly order: readonly Node[]; readonly cyclic: boolean } {
  const open = new Set<string>();
  const done = new Set<string>();
  // An explicit stack: a saga may have more steps than the call stack allows.
  const walk: { readonly node: Node; readonly next: string[] }[] = [];
  const order: Node[] = [];
  let cyclic = false;
  const enter = (name: string): void => {
    const node = level.nodes.get(name);
    if (!node) return;
    open.add(name);
    walk.push({ node, next: waysOf(node).flatMap(({ to }) => to ?? []) });
  };
  enter(level.startAt);
  for (let top = walk.at(-1); top; top = walk.at(-1)) {
    const to = top.next.pop();
    if (to === undefined) {
      open.delete(top.node.name);
      done.add(top.node.name);
      order.push(top.node);
      walk.pop();
    } else if (open.has(to)) cyclic = true;
    else if (!done.has(to)) enter(to);
  }
  return { order, cyclic };
}
