import type { Level, Node } from "./machine";
import { transitionsOf } from "./machine";

/**
 * What comes of a query that fails for good with an error: the saga is given up, or finds another way; undefined where that
 * is decided outside its level, by what it has put out.
 */
export function givesUp({ catchers }: Node, { nodes }: Level, error: string): boolean | undefined {
  const catcher = catchers.find(({ errors }) => errors.includes(error) || errors.includes("States.ALL"));
  if (!catcher) return true;
  const open = new Set([catcher.transition.to]);
  let outside = false;
  // A set goes on to what is added to it while it is gone through.
  for (const name of open) {
    const node = name === undefined ? undefined : nodes.get(name);
    if (!node || node.raw.Type === "Succeed" || node.raw["End"] === true) outside = true;
    else if (node.part?.kind === "action" || node.inner.some(({ effectful }) => effectful)) return false;
    else if (node.part || node.inner.some(({ undoes }) => undoes.size > 0) || node.raw.Type === "Fail") continue;
    else for (const { to } of transitionsOf(node)) open.add(to);
  }
  return outside ? undefined : true;
}
