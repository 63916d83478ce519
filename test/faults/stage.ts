import { arnsOf, LocalCloud, taskOf } from "../../saga/local/cloud";
import type { Program } from "../../saga/local/program";
import { type Call, wholeOrder } from "./orders";
import { withTwins } from "../../saga/testing/faults/twins";
import { inVirtualTime } from "../../saga/testing/virtual";

/** One table and one set of functions, which all scenarios share. */
export interface Stage {
  readonly cloud: LocalCloud;
  readonly start: ReturnType<typeof inVirtualTime>;
  /** The tasks of the functions, by the functions' ARNs. */
  readonly tasks: ReadonlyMap<string, string>;
}

/** An order that stands in the table all the time, and that no scenario touches. */
export const BYSTANDER = "bystander";

/** Starts the program with the twins of its functions. Close its cloud in the end. */
export async function setUp(registered: Program): Promise<Stage> {
  const program = withTwins(registered);
  const cloud = await LocalCloud.start(program);
  await runCalls(cloud, wholeOrder(BYSTANDER), "another-saga");
  const tasks = new Map(program.resources.flatMap((each) => arnsOf(each).map((arn) => [arn, taskOf(each)] as const)));
  return { cloud, start: inVirtualTime(program, cloud), tasks };
}

/** Has another saga make these calls, each of which must succeed. */
export async function runCalls(cloud: LocalCloud, calls: readonly Call[], id: string): Promise<void> {
  for (const { task, input } of calls) {
    await cloud.functions.get(task)?.invoke({ ...input, saga: { id, step: task } });
  }
}
