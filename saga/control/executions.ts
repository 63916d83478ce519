import { createHash } from "node:crypto";
import type { DescribeExecutionOutput, ExecutionListItem } from "@aws-sdk/client-sfn";
import { type HistoryEvent, readHistory } from "./history";
import { inGroups } from "./in-groups";
import { asked, type Definition, type Machine, NotThere, readDefinitionText } from "./machines";
import { type ExecutionOutcome, executionOutcomeOf, STATUS_OF } from "../asl/outcome";
import type { Target } from "./target";

/** The answer of DescribeExecution. */
export type Description = DescribeExecutionOutput;

/** An execution in a list. */
export interface Listed {
  readonly arn: string;
  readonly name: string;
  readonly saga: string;
  readonly outcome: ExecutionOutcome;
  /** The status in Step Functions. */
  readonly status: string;
  readonly started: Date;
  readonly ended: Date | undefined;
}

/** The part of a target that answers about executions. */
type Asked = Pick<Target, "kind" | "name" | "sfn">;

/** The most requests at a time. More might throttle other clients of the account. */
const TOGETHER = 4;

export interface ListOptions {
  readonly outcome?: ExecutionOutcome | undefined;
  readonly most: number;
  /** Called for a machine of which older failed executions are left out, with the number of those that were read. */
  readonly onCut?: (machine: Machine, read: number) => void;
}

/**
 * The most failed executions of a machine that are described to find those with an outcome, unless more are asked for. A
 * busy machine has thousands of compensated ones, and AWS allows a burst of 300 requests, and then 15 a second.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
const MOST_DESCRIBED = 300;

/** The latest executions of all the machines, the latest first. */
export async function listExecutions(
  target: Target,
  machines: readonly Machine[],
  options: ListOptions,
): Promise<readonly Listed[]> {
  const found = await Promise.all(machines.map((machine) => latestOf(target, machine, options)));
  return found
    .flat()
    .sort((one, other) => other.started.getTime() - one.started.getTime())
    .slice(0, options.most);
}

async function latestOf(
  target: Target,
  machine: Machine,
  { outcome, most, onCut }: ListOptions,
): Promise<readonly Listed[]> {
  const { paginateListExecutions } = await import("@aws-sdk/client-sfn");
  const client = await target.sfn();
  const listed: Listed[] = [];
  let read = 0;
  await asked(target, async () => {
    const request = {
      stateMachineArn: machine.arn,
      ...(outcome !== undefined && { statusFilter: STATUS_OF[outcome] }),
    };
    // Step Functions filters by FAILED. Stuck and compensated executions must be told apart here, so more pages are read.
    for await (const { executions = [], nextToken } of paginateListExecutions(
      { client, pageSize: Math.min(1000, most) },
      request,
    )) {
      const told = await inGroups(executions, TOGETHER, (each) => listedOf(target, machine, each));
      listed.push(...told.filter((each) => outcome === undefined || each.outcome === outcome));
      if (listed.length >= most) return;
      read += executions.filter(({ status }) => status === "FAILED").length;
      if (read >= Math.max(most, MOST_DESCRIBED)) {
        if (nextToken !== undefined) onCut?.(machine, read);
        return;
      }
    }
  });
  return listed;
}

async function listedOf(target: Target, machine: Machine, item: ExecutionListItem): Promise<Listed> {
  const { executionArn: arn = "", name = "", status = "", startDate = new Date(0), stopDate } = item;
  const { error } = status === "FAILED" ? await describe(target, arn) : {};
  return {
    arn,
    name,
    saga: machine.name,
    outcome: executionOutcomeOf(status, error),
    status,
    started: startDate,
    ended: stopDate,
  };
}

/** @throws NotThere, TargetError */
export async function describe(target: Asked, executionArn: string): Promise<DescribeExecutionOutput> {
  const { DescribeExecutionCommand } = await import("@aws-sdk/client-sfn");
  const client = await target.sfn();
  try {
    return await asked(target, () => client.send(new DescribeExecutionCommand({ executionArn })));
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new NotThere(`no execution '${executionArn}' at ${target.name}`);
  }
}

const isAbsent = (error: unknown): boolean =>
  /^(ExecutionDoesNotExist|InvalidArn|StateMachineDoesNotExist)$/.test((error as Error).name);

/**
 * The ARN of an execution that is given by its ARN or its name. Default: the latest execution.
 * @throws NotThere
 */
export async function executionArnOf(
  target: Target,
  machines: readonly Machine[],
  named: string | undefined,
): Promise<string> {
  if (named?.startsWith("arn:")) return named;
  if (named === undefined) {
    const [latest] = await listExecutions(target, machines, { most: 1 });
    if (!latest) throw new NotThere(`there are no executions at ${target.name}`);
    return latest.arn;
  }
  for (const { arn } of machines) {
    const executionArn = `${arn.replace(":stateMachine:", ":execution:")}:${named}`;
    try {
      await describe(target, executionArn);
      return executionArn;
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
    }
  }
  const sagas = machines.map(({ name }) => name).join(", ");
  throw new NotThere(
    `no execution '${named}' of ${sagas === "" ? "any saga" : sagas}: 'list' shows those that there are`,
  );
}

/** All events of an execution. */
export async function historyOf(
  target: Target,
  executionArn: string,
  onProgress?: (events: number) => void,
): Promise<readonly HistoryEvent[]> {
  const { paginateGetExecutionHistory } = await import("@aws-sdk/client-sfn");
  const client = await target.sfn();
  return asked(target, async () => {
    const all: unknown[] = [];
    const pages = paginateGetExecutionHistory({ client, pageSize: 1000 }, { executionArn, includeExecutionData: true });
    for await (const { events = [] } of pages) {
      all.push(...events);
      onProgress?.(all.length);
    }
    return readHistory(all);
  });
}

/** The definition of an execution. It may be older than the deployed one. */
export async function definitionOf(target: Target, executionArn: string): Promise<Definition> {
  const { DescribeStateMachineForExecutionCommand } = await import("@aws-sdk/client-sfn");
  const client = await target.sfn();
  const request = new DescribeStateMachineForExecutionCommand({ executionArn });
  const { definition } = await asked(target, () => client.send(request));
  return readDefinitionText(definition);
}

/**
 * The execution that recovers another one, if there is one. Its name is derived from the ARN of the recovered execution
 * and its number of redrives (S12).
 * @param undo The ARN of the recovery machine, from the note in the definition.
 */
export async function recoveryOf(
  target: Asked,
  { executionArn = "", redriveCount = 0 }: Pick<DescribeExecutionOutput, "executionArn" | "redriveCount">,
  undo: string,
): Promise<DescribeExecutionOutput | undefined> {
  const name = createHash("sha256").update(`${executionArn}/${redriveCount}`).digest("hex");
  const machine = undo.replace(/^(.*):stateMachine:([^:]+).*$/, "$1:execution:$2");
  try {
    return await describe(target, `${machine}:${name}`);
  } catch (error) {
    if (error instanceof NotThere) return undefined;
    throw error;
  }
}
