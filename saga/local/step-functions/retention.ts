import { outcomeOf } from "../../asl/outcome";
import type { KnownExecution } from "./executions";

/**
 * The executions to remove. Of the finished ones (completed or compensated) the last `keep` stay. Of the stuck ones,
 * which may still be redriven, another `keep` stay. Running and awaited executions always stay.
 */
export function surplus(
  executions: Iterable<KnownExecution>,
  keep: number,
  awaited: (known: KnownExecution) => boolean,
): readonly KnownExecution[] {
  const finished: KnownExecution[] = [];
  const stuck: KnownExecution[] = [];
  for (const known of executions) {
    if (!known.ended) continue;
    (outcomeOf(known.ended.result) === "stuck" ? stuck : finished).push(known);
  }
  const stopDate = ({ ended }: KnownExecution): number => ended?.stopDate ?? 0;
  return [finished, stuck].flatMap((group) => {
    if (group.length <= keep) return [];
    const byAge = group.sort((one, other) => stopDate(one) - stopDate(other));
    return byAge.slice(0, group.length - keep).filter((known) => !awaited(known));
  });
}
