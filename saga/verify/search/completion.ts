import type { Results } from "./context";
import type { SearchState } from "./search-state";

/**
 * Whether the level ends without a failure, or a test decides to undo or to fail, which ends the attempt to complete.
 */
export function endsWell({ failed }: SearchState, results: Results): boolean {
  if (failed !== "no") return false;
  return (
    results.every((result) => "kind" in result) ||
    results.some((result) => ("kind" in result ? result.kind === "end" : result.failed === "undoing"))
  );
}

/** Whether the level ends without a further failure. A failure in a loop does not end the loop. */
export const endsByItself = (results: Results): boolean =>
  results.length === 0 || results.some((result) => "kind" in result && (result.kind === "end" || !result.stuck));

/** The first search state from which no search state that ends well can be reached without a failure. */
export function stuckInSuccess(
  seen: ReadonlyMap<number, SearchState>,
  before: ReadonlyMap<number, readonly number[]>,
  ending: readonly number[],
): SearchState | undefined {
  const well = new Set(ending);
  // The loop also visits what it adds to the set.
  for (const name of well) {
    // A search state that was merged into another has the same failures as the merged one.
    for (const from of before.get(name) ?? []) if ((seen.get(from)?.failed ?? "no") === "no") well.add(from);
  }
  return [...seen].find(([name, { failed }]) => failed === "no" && !well.has(name))?.[1];
}
