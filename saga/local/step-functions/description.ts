import { MAX_EVENTS } from "../../interpreter";
import type { KnownExecution } from "./executions";
import type { Configuration, Target } from "./machines";

/** How long after its end an execution can be redriven: 14 days, in milliseconds. */
const REDRIVABLE_MS = 14 * 24 * 60 * 60 * 1000;
const MAX_REDRIVES = 1000;

/** A time of the service's responses, which is in seconds since the epoch. */
export const seconds = (milliseconds: number): number => milliseconds / 1000;

/**
 * The response of DescribeExecution.
 * @param now The present time. A redrive may be too late. With 0, the age is not checked.
 */
export function describe(known: KnownExecution, now = 0) {
  const { execution, startDate, ended, redriveCount, redriveDate } = known;
  const { status, output, error, cause } = ended?.result ?? { status: "RUNNING" as const };
  const reason = whyNotRedrivable(known, now);
  return {
    executionArn: execution.arn,
    stateMachineArn: known.machineArn,
    ...(known.versionArn !== undefined && { stateMachineVersionArn: known.versionArn }),
    ...(known.aliasArn !== undefined && { stateMachineAliasArn: known.aliasArn }),
    name: known.name,
    status,
    startDate: seconds(startDate),
    ...(ended && { stopDate: seconds(ended.stopDate) }),
    input: JSON.stringify(execution.input),
    inputDetails: { included: true },
    ...(output !== undefined && { output: JSON.stringify(output), outputDetails: { included: true } }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    redriveCount,
    ...(redriveDate !== undefined && { redriveDate: seconds(redriveDate) }),
    redriveStatus: reason === undefined ? "REDRIVABLE" : "NOT_REDRIVABLE",
    ...(reason !== undefined && { redriveStatusReason: reason }),
  };
}

function whyNotRedrivable({ execution, ended, redriveCount }: KnownExecution, now: number): string | undefined {
  const status = ended?.result.status ?? "RUNNING";
  if (!ended || status === "SUCCEEDED") return `Execution is ${status} and cannot be redriven`;
  if (execution.history.length >= MAX_EVENTS - 1) return "Execution history event limit exceeded";
  if (redriveCount >= MAX_REDRIVES) return "Execution redrive limit exceeded";
  if (now - ended.stopDate > REDRIVABLE_MS) return "Execution redrivable period exceeded";
  return undefined;
}

/** The entry of an execution in ListExecutions. */
export function itemOf(known: KnownExecution) {
  const { executionArn, stateMachineArn, stateMachineVersionArn, stateMachineAliasArn, ...described } = describe(known);
  const { name, status, startDate, stopDate, redriveCount, redriveDate } = described;
  const of = { executionArn, stateMachineArn, stateMachineVersionArn, stateMachineAliasArn };
  return { ...of, name, status, startDate, stopDate, redriveCount, redriveDate };
}

/** The time that orders executions in a list. */
export const timeOf = ({ startDate, redriveDate, ended }: KnownExecution): number =>
  ended?.stopDate ?? redriveDate ?? startDate;

/** The response of DescribeStateMachine, for the target of an ARN. */
export function describeMachine({ machine, version, revision }: Target) {
  return {
    stateMachineArn: version?.arn ?? machine.arn,
    name: machine.name,
    status: "ACTIVE",
    definition: revision.definition,
    roleArn: revision.roleArn,
    type: machine.type,
    creationDate: seconds(version?.creationDate ?? machine.creationDate),
    ...configured(revision.configuration),
    ...(revision.id !== undefined && { revisionId: revision.id }),
    ...(version?.description !== undefined && { description: version.description }),
  };
}

/**
 * The response of DescribeStateMachineForExecution: the definition that the execution runs, even if the machine was
 * updated since.
 */
export function describeMachineOf(known: KnownExecution) {
  const { machineArn, machineName, revision, updateDate } = known;
  return {
    // The machine's own ARN, even if a version started the execution.
    stateMachineArn: machineArn,
    name: machineName,
    definition: revision.definition,
    roleArn: revision.roleArn,
    updateDate: seconds(updateDate),
    ...configured(revision.configuration),
    ...(revision.id !== undefined && { revisionId: revision.id }),
  };
}

const configured = ({
  loggingConfiguration,
  tracingConfiguration,
  encryptionConfiguration,
}: Configuration): Configuration => ({
  loggingConfiguration: loggingConfiguration ?? { level: "OFF", includeExecutionData: false },
  tracingConfiguration: tracingConfiguration ?? { enabled: false },
  ...(encryptionConfiguration && { encryptionConfiguration }),
});
