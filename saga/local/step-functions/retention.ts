import { outcomeOf } from "../report";
import type { KnownExecution } from "./executions";

/**
 * Which executions are let go, so that so many are left that have ended, those that ended last; and beside them as many of
 * those that are stuck, which somebody may yet redrive. What runs is never let go, nor is what somebody waits for.
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
