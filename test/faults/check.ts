import { isDeepStrictEqual } from "node:util";
import type { ExecutionResult, JsonObject } from "../../saga/interpreter";
import { outcomeOf } from "../../saga/local/report";
import type { Row } from "../../saga/local/table";
import { STEPS } from "./orders";

export interface Ended {
  /** The execution's ARN, in whose name it writes. */
  readonly saga: string;
  readonly result: ExecutionResult;
  /** The states that were entered. */
  readonly entered: ReadonlySet<string>;
  /** The rows of its order, before and after. */
  readonly before: readonly Row[];
  readonly after: readonly Row[];
}

/** What is wrong with the table, or with what the execution says of it, once everything has landed. */
export function check({ saga, result, entered, before, after }: Ended): readonly string[] {
  const outcome = outcomeOf(result);
  if (outcome === "stuck") return [`ended ${result.status} ${result.error ?? ""}, neither completed nor compensated`];
  const found: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) found.push(what);
  };
  const rowsOf = (rows: readonly Row[], entity: string) => rows.find((row) => row["entity"] === entity);

  for (const { action, entity } of STEPS) {
    const was = rowsOf(before, entity);
    const is = rowsOf(after, entity);
    const formerly = (was?.["undone_by"] ?? []) as readonly string[];
    const undoneBy = (is?.["undone_by"] ?? []) as readonly string[];
    if (outcome === "completed") {
      must(is?.["status"] === "LIVE" && is["saga_id"] === saga, `completed, but ${entity} is not live and its own`);
      must(is?.["expires_at"] === undefined, `completed, but ${entity} expires`);
      must(isDeepStrictEqual(undoneBy, formerly), `completed, but ${entity} has other tombstones than before`);
    } else if (was?.["status"] === "LIVE" || !entered.has(action)) {
      // That this saga is over is remembered there too.
      const remembered = undoneBy.includes(saga) ? [...formerly, saga].sort() : formerly;
      const before = was && { ...was, ...(remembered.length > 0 && { undone_by: remembered }) };
      must(isDeepStrictEqual(is, before), `compensated, but ${entity} is not as it was before the saga`);
    } else {
      must(
        is?.["status"] === "UNDONE" && "expires_at" in is,
        `compensated, but ${entity} has no tombstone that expires`,
      );
      must(isDeepStrictEqual(undoneBy, [...formerly, saga].sort()), `compensated, but ${entity} may be done again`);
    }
  }
  must(after.length <= STEPS.length, `${after.length} rows`);

  if (outcome === "completed") {
    const stored = Object.assign({}, ...after) as JsonObject;
    const { order_id, payment_id, tracking_no } = stored;
    must(isDeepStrictEqual(result.output, { order_id, payment_id, tracking_no }), "the output is not what is stored");
  } else {
    const { step } = JSON.parse(result.cause ?? "{}") as { readonly step?: string };
    must(step !== undefined && entered.has(step), `the cause names the step ${step}, which was never entered`);
  }
  return found;
}
