import type { Results } from "./context";
import type { SearchState } from "./search-state";

/**
 * Whether something ends where nothing has failed: the level, or the attempt to complete, where a test decides to undo, or
 * to fail.
 */
export function endsWell({ failed }: SearchState, results: Results): boolean {
  if (failed !== "no") return false;
  return (
    results.every((result) => "kind" in result) ||
    results.some((result) => ("kind" in result ? result.kind === "end" : result.failed === "undoing"))
  );
}

/** Whether something ends, though nothing more fails for good: a loop is not ended by what stops in it. */
export const endsByItself = (results: Results): boolean =>
  results.length === 0 || results.some((result) => "kind" in result && (result.kind === "end" || !result.stuck));

/** The first point from which, as long as nothing fails, none of the points that end well can be reached. */
export function stuckInSuccess(
  seen: ReadonlyMap<number, SearchState>,
  before: ReadonlyMap<number, readonly number[]>,
  ending: readonly number[],
): SearchState | undefined {
  const well = new Set(ending);
  // The loop also visits what it adds to the set.
  for (const name of well) {
    // One that was merged into another has failed as little as that one.
    for (const from of before.get(name) ?? []) if ((seen.get(from)?.failed ?? "no") === "no") well.add(from);
  }
  return [...seen].find(([name, { failed }]) => failed === "no" && !well.has(name))?.[1];
}
