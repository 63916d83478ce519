import { type ExecutionOutcome, EXECUTION_OUTCOMES } from "../asl/outcome";
import { legible, paint, printJson, printNote } from "./print";
import { at, elapsed, outcomeShown } from "./print-story";
import { readMost } from "./numbers";
import { placeOf } from "./target";
import { UsageError } from "./usage-error";
import type { Values } from "./options";

const MOST = 20;

/** `saga list`: the latest executions. */
export async function list(saga: string | undefined, values: Values): Promise<number> {
  const { json, status } = values;
  const most = values.most === undefined ? MOST : readMost(values.most);
  const { listExecutions } = await import("../control/executions");
  const outcome = status?.toLowerCase().replaceAll(/[-_]/g, " ") as ExecutionOutcome | undefined;
  if (outcome !== undefined && !EXECUTION_OUTCOMES.includes(outcome)) {
    const there = EXECUTION_OUTCOMES.map((each) => each.replace(" ", "-")).join(", ");
    throw new UsageError(`no status '${status as string}'; the statuses are ${there}`);
  }
  const { target, machines } = await placeOf(values, saga);
  const listed = await listExecutions(target, machines, {
    outcome,
    most,
    onCut: ({ name }, read) => {
      printNote(
        `only the latest ${read.toLocaleString("en")} failed executions of ${name} were read: --most N reads more`,
      );
    },
  });
  if (json === true) {
    printJson(listed);
    return 0;
  }
  if (listed.length === 0) {
    const what = outcome === undefined ? "no executions" : `no executions that are ${outcome}`;
    process.stdout.write(`${what} of ${machines.map(({ name }) => name).join(", ") || "any saga"} at ${target.name}\n`);
    return 0;
  }
  // If there is one saga, its name is omitted.
  const width = machines.length > 1 ? Math.max(...listed.map((each) => each.saga.length)) + 2 : 0;
  for (const { outcome: ended, saga: name, name: execution, started, ended: stopped } of listed) {
    const took = stopped ? elapsed(stopped.getTime() - started.getTime()) : "";
    const when = `${at(started.getTime()).slice(0, 16)}  ${took.padStart(9)}`;
    const whose = width === 0 ? "" : legible(name).padEnd(width);
    process.stdout.write(`${outcomeShown(ended)} ${paint("dim", when)}  ${whose}${legible(execution)}\n`);
  }
  return 0;
}
