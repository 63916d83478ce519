import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject } from "../../interpreter";
import { AwsError } from "../aws-error";
import {
  type Action,
  type Actions,
  ARN,
  CAUSE,
  DATA,
  ERROR,
  MAX_RESULTS,
  numberOf,
  requiredText,
  textOf,
  validationError,
} from "./action";
import { checkArn, executionArn, withoutQualifier } from "./arns";
import { jsonProblem } from "./definitions";
import { describe, describeMachineOf, itemOf, seconds, timeOf } from "./description";
import type { KnownExecution } from "./executions";
import { awsHistoryEvent } from "./history-events";
import { pageOf } from "./pages";
import type { StepFunctions } from "./service";

const NAME = { type: "string", min: 1, max: 80 } as const;
const LIST_TOKEN = { type: "string", min: 1, max: 3096 } as const;
const TRACE_HEADER = { type: "string", max: 256 } as const;
// In the order of AWS's message.
const STATUSES = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];

/** The actions on executions. */
export function executionActions(service: StepFunctions): Actions {
  const { executions, machines, clock } = service;

  const find = (request: JsonObject): KnownExecution => {
    const arn = requiredText(request, "executionArn");
    checkArn(arn, "execution");
    const known = executions.get(arn);
    if (!known) throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return known;
  };
  const onExecution = (act: Action["act"], shape: Action["shape"] = {}): Action => ({
    shape: { executionArn: ARN, ...shape },
    resource: (request) => requiredText(request, "executionArn"),
    act,
  });
  const onMachine = (act: Action["act"], shape: Action["shape"]): Action => ({
    shape,
    resource: (request) => withoutQualifier(textOf(request, "stateMachineArn") ?? "*"),
    act,
  });

  return {
    StartExecution: onMachine(
      (request, byProgram = false) => {
        const arn = requiredText(request, "stateMachineArn");
        checkArn(arn, "stateMachine");
        const { machine } = machines.get(arn, { withdrawn: byProgram });
        const input = readInput(textOf(request, "input"));
        const name = textOf(request, "name");
        const there = name === undefined ? undefined : executions.get(executionArn(machine.arn, name));
        const same = there && !there.ended && isDeepStrictEqual(there.execution.input, input);
        const { execution, startDate } = same ? there : service.start(arn, { input, name, byProgram });
        return { executionArn: execution.arn, startDate: seconds(startDate) };
      },
      { stateMachineArn: ARN, name: NAME, input: DATA, traceHeader: TRACE_HEADER },
    ),
    StartSyncExecution: onMachine(
      async (request) => {
        const arn = requiredText(request, "stateMachineArn");
        checkArn(arn, "stateMachine");
        if (machines.get(arn).machine.type !== "EXPRESS") throw typeNotSupported();
        const name = textOf(request, "name");
        const known = service.start(arn, { input: readInput(textOf(request, "input")), name });
        await known.over;
        const {
          executionArn: id,
          startDate,
          stopDate = 0,
          status,
          output,
          error,
          cause,
          ...described
        } = describe(known);
        const withoutData = request["includedData"] === "METADATA_ONLY";
        return {
          executionArn: id,
          stateMachineArn: described.stateMachineArn,
          name: described.name,
          status,
          startDate,
          stopDate,
          ...(withoutData
            ? { inputDetails: { included: false } }
            : { input: described.input, inputDetails: { included: true } }),
          ...(output !== undefined && !withoutData && { output, outputDetails: { included: true } }),
          ...(error !== undefined && { error }),
          ...(cause !== undefined && { cause }),
          // The duration is billed in steps of 100 ms. 64 MB is the least memory that is billed.
          billingDetails: {
            billedDurationInMilliseconds: Math.max(1, Math.ceil((stopDate - startDate) * 10)) * 100,
            billedMemoryUsedInMB: 64,
          },
        };
      },
      {
        stateMachineArn: ARN,
        name: NAME,
        input: DATA,
        traceHeader: TRACE_HEADER,
        includedData: { type: "string", values: ["ALL_DATA", "METADATA_ONLY"] },
      },
    ),
    DescribeExecution: onExecution(
      (request) => {
        const described = describe(find(request), clock.now());
        if (request["includedData"] !== "METADATA_ONLY") return described;
        const left = { included: false };
        const withoutData = { input: undefined, output: undefined, inputDetails: left };
        return { ...described, ...withoutData, ...("output" in described && { outputDetails: left }) };
      },
      { includedData: { type: "string", values: ["ALL_DATA", "METADATA_ONLY"] } },
    ),
    DescribeStateMachineForExecution: onExecution((request) => describeMachineOf(find(request))),
    GetExecutionHistory: onExecution(
      (request) => {
        const known = find(request);
        const reverse = request["reverseOrder"] === true;
        const { arn, history } = known.execution;
        const { items, nextToken } = pageOf(reverse ? [...history].reverse() : history, {
          maxResults: numberOf(request, "maxResults"),
          nextToken: textOf(request, "nextToken"),
          list: `history ${arn} ${reverse}`,
          keyOf: ({ id }) => String(id),
        });
        const { revision, versionArn, aliasArn } = known;
        const origin = {
          region: arn.split(":")[3],
          roleArn: revision.roleArn,
          versionArn,
          aliasArn,
          includeData: request["includeExecutionData"] !== false,
        };
        return {
          events: items.map((event) => awsHistoryEvent(event, origin)),
          ...(nextToken !== undefined && { nextToken }),
        };
      },
      {
        maxResults: MAX_RESULTS,
        nextToken: { type: "string", min: 1, max: 1024 },
        reverseOrder: { type: "boolean" },
        includeExecutionData: { type: "boolean" },
      },
    ),
    ListExecutions: onMachine(
      (request) => {
        const arn = textOf(request, "stateMachineArn");
        if (arn === undefined) throw validationError(NO_MAP_RUNS);
        checkArn(arn, "stateMachine");
        const { machine } = machines.get(arn);
        if (machine.type === "EXPRESS") throw typeNotSupported();
        const status = textOf(request, "statusFilter");
        const redrive = textOf(request, "redriveFilter");
        const listed = [...executions.values()]
          .filter(({ machineArn, versionArn, aliasArn }) =>
            arn === machine.arn ? machineArn === arn : versionArn === arn || aliasArn === arn,
          )
          .filter(({ ended }) => status === undefined || status === (ended?.result.status ?? "RUNNING"))
          .filter(({ redriveCount }) => redrive === undefined || (redrive === "REDRIVEN") === redriveCount > 0)
          .sort((one, other) => timeOf(other) - timeOf(one));
        const { items, nextToken } = pageOf(listed, {
          maxResults: numberOf(request, "maxResults"),
          nextToken: textOf(request, "nextToken"),
          list: `executions ${arn} ${status ?? ""} ${redrive ?? ""}`,
          keyOf: ({ execution }) => execution.arn,
        });
        return { executions: items.map(itemOf), ...(nextToken !== undefined && { nextToken }) };
      },
      {
        stateMachineArn: { type: "string", min: 1, max: 256 },
        mapRunArn: { type: "string", min: 1, max: 2000 },
        statusFilter: { type: "string", values: STATUSES },
        redriveFilter: { type: "string", values: ["REDRIVEN", "NOT_REDRIVEN"] },
        maxResults: MAX_RESULTS,
        nextToken: LIST_TOKEN,
      },
    ),
    StopExecution: onExecution(
      async (request) => {
        const known = find(request);
        known.execution.stop(textOf(request, "error"), textOf(request, "cause"));
        await known.over;
        return { stopDate: seconds(known.ended?.stopDate ?? clock.now()) };
      },
      { error: ERROR, cause: CAUSE },
    ),
    RedriveExecution: onExecution(
      (request) => {
        const known = find(request);
        const token = textOf(request, "clientToken");
        // A repeated request has the same token as the first one.
        const again = token !== undefined && redriveTokens.get(known) === token && known.redriveDate !== undefined;
        if (!again) service.redrive(known);
        if (token !== undefined) redriveTokens.set(known, token);
        return { redriveDate: seconds(known.redriveDate as number) };
      },
      { clientToken: { type: "string", min: 1, max: 64 } },
    ),
    SendTaskSuccess: onToken(
      service,
      (token, request) => {
        const text = requiredText(request, "output");
        let output: Json;
        try {
          output = JSON.parse(text) as Json;
        } catch (error) {
          throw new AwsError("InvalidOutput", `Invalid Output: '${jsonProblem(text, error as Error)}'`);
        }
        service.waitingFor(token).execution.sendTaskSuccess(token, output);
      },
      { output: { ...DATA, required: true } },
    ),
    SendTaskFailure: onToken(
      service,
      (token, request) => {
        service.waitingFor(token).execution.sendTaskFailure(token, textOf(request, "error"), textOf(request, "cause"));
      },
      { error: ERROR, cause: CAUSE },
    ),
    SendTaskHeartbeat: onToken(
      service,
      (token) => {
        service.waitingFor(token).execution.sendTaskHeartbeat(token);
      },
      {},
    ),
  };
}

const redriveTokens = new WeakMap<KnownExecution, string>();

/** An action with a task token. Its caller needs the permission on the state machine whose execution waits. */
function onToken(
  service: StepFunctions,
  act: (token: string, request: JsonObject) => void,
  shape: Action["shape"],
): Action {
  return {
    shape: { taskToken: { type: "string", min: 1, max: 2048, required: true }, ...shape },
    resource: (request) => service.waitingFor(requiredText(request, "taskToken")).machineArn,
    act: (request) => {
      act(requiredText(request, "taskToken"), request);
      return {};
    },
  };
}

const NO_MAP_RUNS =
  "Must specify a stateMachineArn: this machine has no map runs, because it does not run Distributed Maps";

const typeNotSupported = (): AwsError =>
  new AwsError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");

function readInput(text = "{}"): Json {
  const invalid = (why: string) =>
    new AwsError("InvalidExecutionInput", `Invalid State Machine Execution Input: '${why}'`);
  if (text.trim() === "") throw invalid("Invalid execution input.");
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw invalid(jsonProblem(text, error as Error));
  }
}
