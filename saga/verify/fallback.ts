import type { Level, Node } from "./machine";
import { transitionsOf } from "./machine";

/**
 * Whether the saga gives up after a query fails with an error and no retry is left, or completes in another way. Undefined
 * if a state outside its level decides that by the level's output.
 */
export function givesUp({ catchers }: Node, { nodes }: Level, error: string): boolean | undefined {
  const catcher = catchers.find(({ errors }) => errors.includes(error) || errors.includes("States.ALL"));
  if (!catcher) return true;
  const open = new Set([catcher.transition.to]);
  let outside = false;
  // The loop also visits what it adds to the set.
  for (const name of open) {
    const node = name === undefined ? undefined : nodes.get(name);
    if (!node || node.raw.Type === "Succeed" || node.raw["End"] === true) outside = true;
    else if (node.part?.kind === "action" || node.inner.some(({ effectful }) => effectful)) return false;
    else if (node.part || node.inner.some(({ undoes }) => undoes.size > 0) || node.raw.Type === "Fail") continue;
    else for (const { to } of transitionsOf(node)) open.add(to);
  }
  return outside ? undefined : true;
}
