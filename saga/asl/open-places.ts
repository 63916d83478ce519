/** The fields of a Task that name what it calls and what it passes on. */
const OF_CALLS: ReadonlySet<string> = new Set(["Resource", "Arguments", "Parameters"]);

/** What the rules read of the arguments of a call: in whose name it calls, and whether its answer is awaited. */
const READ: readonly (readonly string[])[] = [["Payload", "saga"], ["Input", "name"], ["Name"], ["InvocationType"]];

/**
 * Whether a definition can be proved before the value at this path is known. It can if a Task only calls the value or passes
 * it on. A value that a rule reads is no such value: with a stand-in for it, the proof would refuse a sound machine.
 *
 * @param path The keys that lead to the value, from the top of the definition.
 */
export function isOpen(path: readonly string[]): boolean {
  const field = path.findIndex((key, at) => OF_CALLS.has(key) && path[at - 2] === "States");
  if (field < 0) return false;
  if (path[field] === "Resource") return true;
  // In JSONPath mode, a key of this form has a path of the data, which is searched.
  if (path.at(-1)?.endsWith(".$") === true) return false;
  const within = path.slice(field + 1);
  return !READ.some((read) => read.every((key, at) => at >= within.length || key === within[at]));
}
