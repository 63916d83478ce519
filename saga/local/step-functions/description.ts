import { MAX_EVENTS } from "../../interpreter";
import type { KnownExecution } from "./executions";

/** DescribeExecution's answer. Its times are seconds since the epoch. */
export function describe(known: KnownExecution) {
  const { execution, machineArn, versionArn, aliasArn, name, startDate, ended, redriveCount, redriveDate } = known;
  const { status, output, error, cause } = ended?.result ?? { status: "RUNNING" as const };
  const reason =
    status === "RUNNING" || status === "SUCCEEDED"
      ? `Execution is ${status} and cannot be redriven`
      : execution.history.length >= MAX_EVENTS - 1
        ? "Execution history event limit exceeded"
        : undefined;
  return {
    executionArn: execution.arn,
    stateMachineArn: machineArn,
    ...(versionArn !== undefined && { stateMachineVersionArn: versionArn }),
    ...(aliasArn !== undefined && { stateMachineAliasArn: aliasArn }),
    name,
    status,
    startDate: startDate / 1000,
    ...(ended && { stopDate: ended.stopDate / 1000 }),
    input: JSON.stringify(execution.input),
    inputDetails: { included: true },
    ...(output !== undefined && { output: JSON.stringify(output), outputDetails: { included: true } }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    redriveCount,
    ...(redriveDate !== undefined && { redriveDate: redriveDate / 1000 }),
    redriveStatus: reason === undefined ? "REDRIVABLE" : "NOT_REDRIVABLE",
    ...(reason !== undefined && { redriveStatusReason: reason }),
  };
}

/** What a list tells of it. */
export function itemOf(known: KnownExecution) {
  const { executionArn, stateMachineArn, stateMachineVersionArn, stateMachineAliasArn, ...described } = describe(known);
  const { name, status, startDate, stopDate, redriveCount, redriveDate } = described;
  const of = { executionArn, stateMachineArn, stateMachineVersionArn, stateMachineAliasArn };
  return { ...of, name, status, startDate, stopDate, redriveCount, redriveDate };
}

/** By which it has its place in a list. */
export const timeOf = ({ startDate, redriveDate, ended }: KnownExecution): number =>
  ended?.stopDate ?? redriveDate ?? startDate;
