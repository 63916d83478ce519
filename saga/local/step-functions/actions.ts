import type { Json } from "../../interpreter";
import { AwsError } from "../aws-error";
import { executionArn } from "./arns";
import { describe, itemOf, timeOf } from "./description";
import type { KnownExecution } from "./executions";
import { awsHistoryEvent } from "./history-events";
import type { StepFunctions } from "./service";

type Request = Readonly<Record<string, string | number | undefined>>;

/** What each action answers to a request, by the action's name. */
export type Actions = Readonly<Record<string, (request: Request) => object>>;

/**
 * The actions of the service's API.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export function actionsOf(service: StepFunctions): Actions {
  const { executions, machines } = service;
  const find = ({ executionArn }: Request): KnownExecution => {
    const known = executions.get(String(executionArn));
    if (!known) throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${String(executionArn)}'`);
    return known;
  };
  return {
    DescribeExecution: (request) => describe(find(request)),
    DescribeStateMachine: ({ stateMachineArn }) => {
      const { definition } = machines.get(String(stateMachineArn)).revision;
      return { stateMachineArn, definition };
    },
    DescribeStateMachineForExecution: (request) => {
      const { machineArn: stateMachineArn, revision } = find(request);
      return { stateMachineArn, definition: revision.definition };
    },
    GetExecutionHistory: (request) => {
      const { maxResults, nextToken = 0 } = request;
      const { history } = find(request).execution;
      const next = Number(nextToken) + (Number(maxResults) || 100);
      const events = history.slice(Number(nextToken), next).map(awsHistoryEvent);
      return { events, ...(next < history.length && { nextToken: String(next) }) };
    },
    ListExecutions: ({ stateMachineArn, statusFilter, maxResults, nextToken = 0 }) => {
      const listed = [...executions.values()]
        .filter(({ machineArn }) => machineArn === stateMachineArn)
        .filter(({ ended }) => statusFilter === undefined || statusFilter === (ended?.result.status ?? "RUNNING"))
        .sort((one, other) => timeOf(other) - timeOf(one));
      const next = Number(nextToken) + (Number(maxResults) || 100);
      return {
        executions: listed.slice(Number(nextToken), next).map(itemOf),
        ...(next < listed.length && { nextToken: String(next) }),
      };
    },
    StartExecution: ({ stateMachineArn, name, input = "{}" }) => {
      const there =
        name === undefined ? undefined : executions.get(executionArn(String(stateMachineArn), String(name)));
      const same = there && !there.ended && JSON.stringify(there.execution.input) === input;
      const { execution, startDate } = same
        ? there
        : service.start(String(stateMachineArn), {
            input: JSON.parse(String(input)) as Json,
            ...(name !== undefined && { name: String(name) }),
          });
      return { executionArn: execution.arn, startDate: startDate / 1000 };
    },
    RedriveExecution: (request) => {
      const known = find(request);
      const { redriveStatus, redriveStatusReason } = describe(known);
      if (redriveStatus !== "REDRIVABLE") throw new AwsError("ExecutionNotRedrivable", String(redriveStatusReason));
      executions.redrive(known);
      return { redriveDate: (known.redriveDate as number) / 1000 };
    },
  };
}
