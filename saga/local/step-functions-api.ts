import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { executionArn, type Executions, type KnownExecution, withoutVersion } from "./executions";
import { awsHistoryEvent } from "./history-events";
import { type Execution, type Json, MAX_EVENTS } from "../interpreter";
import { type Refuse, serve, type Served } from "./loopback";

/** The state machines of this process. */
export interface Machines {
  /** Starts an execution of a machine, or of a version. */
  readonly begin: (stateMachineArn: string, name: string, input: Json) => Execution;
  /** What a machine or a version runs, as JSON; undefined where there is none. */
  readonly definitionOf: (stateMachineArn: string) => string | undefined;
}

/** An error of the service's own, by its name. */
class ApiError extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

type Request = Readonly<Record<string, string | number | undefined>>;

/**
 * What of Step Functions the deployed functions call, on the loopback interface, over the executions of this process: AWS
 * JSON 1.0, of which the target's name says the action.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export function startStepFunctionsApi(
  executions: Executions,
  { begin, definitionOf }: Machines,
  refuse: Refuse,
): Promise<Served> {
  const find = ({ executionArn }: Request): KnownExecution => {
    const known = executions.get(String(executionArn));
    if (!known) throw new ApiError("ExecutionDoesNotExist", `Execution Does Not Exist: '${String(executionArn)}'`);
    return known;
  };
  const actions: Readonly<Record<string, (request: Request) => object>> = {
    DescribeExecution: (request) => describe(find(request)),
    DescribeStateMachine: ({ stateMachineArn }) => {
      const definition = definitionOf(String(stateMachineArn));
      const what = `State Machine Does Not Exist: '${String(stateMachineArn)}'`;
      if (definition === undefined) throw new ApiError("StateMachineDoesNotExist", what);
      return { stateMachineArn, definition };
    },
    DescribeStateMachineForExecution: (request) => {
      const { machineArn: stateMachineArn, definition } = find(request);
      return { stateMachineArn, definition };
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
      const arn = executionArn(String(stateMachineArn), String(name));
      const there = executions.get(arn);
      const same = there && !there.ended && JSON.stringify(there.execution.input) === input;
      if (there && !same) throw new ApiError("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
      if (!there) begin(String(stateMachineArn), String(name), JSON.parse(String(input)) as Json);
      return { executionArn: arn, startDate: (executions.get(arn) as KnownExecution).startDate / 1000 };
    },
    RedriveExecution: (request) => {
      const known = find(request);
      const { redriveStatus, redriveStatusReason } = describe(known);
      if (redriveStatus !== "REDRIVABLE") throw new ApiError("ExecutionNotRedrivable", String(redriveStatusReason));
      executions.redrive(known);
      return { redriveDate: (known.redriveDate as number) / 1000 };
    },
  };

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const action = String(incoming.headers["x-amz-target"]).replace("AWSStepFunctions.", "");
    const [status, body] = await text(incoming)
      .then(async (json) => {
        const act = actions[action];
        if (!act) throw new ApiError("UnknownOperationException", `there is no ${action} on this machine`);
        const request = JSON.parse(json) as Request;
        const { executionArn: execution, stateMachineArn: machine } = request;
        const resource = execution ?? withoutVersion(String(machine));
        const why = await refuse(incoming, `states:${action}`, String(resource));
        if (why !== undefined) throw new ApiError("AccessDeniedException", why);
        return [200, act(request)] as const;
      })
      .catch((error: unknown) => {
        const { name, message } = error as Error;
        return [error instanceof ApiError ? 400 : 500, { __type: name, message }] as const;
      });
    const headers = { "Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": randomUUID() };
    outgoing.writeHead(status, headers).end(JSON.stringify(body));
  }

  return serve(answer);
}

/** DescribeExecution's answer. Its times are seconds since the epoch. */
export function describe(known: KnownExecution) {
  const { execution, machineArn, versionArn, name, startDate, ended, redriveCount, redriveDate } = known;
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
function itemOf(known: KnownExecution) {
  const { executionArn, stateMachineArn, stateMachineVersionArn, name, status, ...dates } = describe(known);
  const { startDate, stopDate, redriveCount, redriveDate } = dates;
  const item = { executionArn, stateMachineArn, stateMachineVersionArn, name, status };
  return { ...item, startDate, stopDate, redriveCount, redriveDate };
}

/** By which it has its place in a list. */
const timeOf = ({ startDate, redriveDate, ended }: KnownExecution): number =>
  ended?.stopDate ?? redriveDate ?? startDate;
