import { type Level, transitionsOf } from "../machine";

/** The position of a state in its level. */
export interface Position {
  /** Lower than the rank of any state that it leads to, unless that state leads back. */
  readonly rank: number;
  /** Whether a path leads from the state back to it. */
  readonly cyclic: boolean;
}

/**
 * The positions of the reachable states of a level. States that lead to one another have the same rank: they are a strongly
 * connected component (Tarjan's algorithm). The ranks are a topological order of the components.
 */
export function positionsOf({ startAt, nodes }: Level): ReadonlyMap<string, Position> {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const groups: (readonly string[])[] = [];
  const targets = (name: string): string[] => {
    const node = nodes.get(name);
    return node ? transitionsOf(node).flatMap(({ to }) => (to !== undefined && nodes.has(to) ? [to] : [])) : [];
  };
  // An explicit stack: a level may have more states than the call stack allows.
  const stack: { readonly name: string; readonly next: string[] }[] = [];
  const enter = (name: string): void => {
    index.set(name, index.size);
    low.set(name, index.get(name) as number);
    open.push(name);
    isOpen.add(name);
    stack.push({ name, next: targets(name) });
  };
  const lower = (name: string, to: number): void => {
    low.set(name, Math.min(low.get(name) as number, to));
  };
  if (nodes.has(startAt)) enter(startAt);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const { name, next } = top;
    const to = next.pop();
    if (to !== undefined) {
      if (!index.has(to)) enter(to);
      else if (isOpen.has(to)) lower(name, index.get(to) as number);
      continue;
    }
    stack.pop();
    const around = stack.at(-1);
    if (around) lower(around.name, low.get(name) as number);
    if (low.get(name) !== index.get(name)) continue;
    const group = open.splice(open.lastIndexOf(name));
    for (const each of group) isOpen.delete(each);
    groups.push(group);
  }
  return new Map(
    groups.flatMap((group, at) =>
      group.map((name) => [
        name,
        { rank: groups.length - 1 - at, cyclic: group.length > 1 || targets(name).includes(name) },
      ]),
    ),
  );
}
