import { virtualClock } from "./clock";
import type { Fallible, MapState, ParallelState, State, TaskState } from "./definition";
import { StateFailure } from "./errors";
import { Fields } from "./fields";
import { Frame } from "./frame";
import { awsFunctions } from "./functions";
import { History } from "./history";
import { isObject, type Json, type JsonObject } from "./json";
import { randomUuid, seededRandom } from "./random";
import { backoffSeconds, findRule } from "./retry";
import { behave } from "./run";
import type { Context, Runtime } from "./runtime";
import { readState } from "./state-loader";
import { evaluateItems, evaluateMaxConcurrency, evaluateTolerance, type Tolerance } from "./states/map";
import { TaskTokens } from "./task-tokens";
import { Visit } from "./visit";

/** The request of the TestState API, with JSON in place of strings of JSON. */
export interface TestStateRequest {
  /** One state, or a machine together with `stateName`. */
  readonly definition: JsonObject;
  readonly stateName?: string;
  readonly input?: Json;
  readonly variables?: JsonObject;
  readonly context?: JsonObject;
  /** The result of the Task, or of the Map or Parallel as a whole: TestState runs none of these. */
  readonly mock?: { readonly output?: Json; readonly error?: string; readonly cause?: string };
  readonly stateConfiguration?: {
    readonly retrierRetryCount?: number;
    readonly mapIterationFailureCount?: number;
    readonly mapItemReaderData?: string;
    readonly errorCausedByState?: string;
  };
  readonly inspectionLevel?: "INFO" | "DEBUG" | "TRACE";
}

export interface TestStateResult {
  readonly status: "SUCCEEDED" | "FAILED" | "RETRIABLE" | "CAUGHT_ERROR";
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  readonly nextState?: string;
  readonly inspectionData?: JsonObject;
}

/** Runs one state with its task mocked, and returns what the service would do next (the TestState API). */
export async function testState(request: TestStateRequest): Promise<TestStateResult> {
  const state = readTestedState(request);
  const visit = visitOf(state, request);
  const inspection: JsonObject = { input: visit.input };
  visit.enter();
  let result: TestStateResult;
  try {
    const outcome = isMocked(state) ? await runMocked(visit, state, request, inspection) : await behave(visit, false);
    const variables = { ...request.variables, ...outcome.assigned };
    if (Object.keys(variables).length > 0) inspection["variables"] = variables;
    result = { status: "SUCCEEDED", output: outcome.output, ...(outcome.next && { nextState: outcome.next }) };
  } catch (error) {
    if (!(error instanceof StateFailure)) throw error;
    result = await handle(visit, error, request, inspection);
  }
  return request.inspectionLevel === "DEBUG" || request.inspectionLevel === "TRACE"
    ? { ...result, inspectionData: inspection }
    : result;
}

function readTestedState({ definition, stateName }: TestStateRequest): State {
  const machine = isObject(definition["States"]) ? definition["States"] : undefined;
  const startAt = definition["StartAt"];
  const name = stateName ?? (machine && typeof startAt === "string" ? startAt : "StateName");
  const source = machine ? machine[name] : definition;
  const language = machine ? definition["QueryLanguage"] : undefined;
  return readState(name, Fields.of(source, machine ? `/States/${name}` : ""), {
    queryLanguage: typeof language === "string" ? language : "JSONPath",
    stateNames: new Set(),
    outerVariables: new Set(),
    options: { skipInnerStates: true },
  });
}

function visitOf(state: State, request: TestStateRequest): Visit {
  const clock = virtualClock();
  const random = seededRandom(1);
  const input = request.input ?? {};
  const [machineName, executionName] = [randomUuid(random), randomUuid(random)];
  const runtime: Runtime = {
    invoke: () => Promise.reject(new Error("TestState calls no task")),
    clock,
    random,
    functions: awsFunctions(random, clock),
    history: new History(clock, undefined),
    tokens: new TaskTokens(
      random,
      () => clock.now(),
      () => {},
    ),
    hold: () => () => {},
    context: {
      Execution: {
        Id: `arn:aws:states:us-east-1:123456789012:express:${machineName}:${executionName}`,
        Input: input,
        Name: executionName,
        RoleArn: "arn:aws:iam::123456789012:role/local",
        StartTime: new Date(clock.now()).toISOString(),
      },
      StateMachine: { Id: `arn:aws:states:us-east-1:123456789012:stateMachine:${machineName}`, Name: machineName },
    },
    ...(request.context && { fixedContext: request.context as unknown as Context }),
  };
  const frame = new Frame({ startAt: state.name, states: { [state.name]: state } }, input);
  if (request.variables) frame.scope.assign(request.variables);
  return new Visit(runtime, frame, state, new AbortController().signal);
}

type MockedState = TaskState | ParallelState | MapState;

function isMocked(state: State): state is MockedState {
  return state.type === "Task" || state.type === "Parallel" || state.type === "Map";
}

async function runMocked(visit: Visit, state: MockedState, request: TestStateRequest, inspection: JsonObject) {
  const { mock, stateConfiguration } = request;
  if (state.type === "Map") {
    const map = visit as Visit<MapState>;
    inspection["maxConcurrency"] = await evaluateMaxConcurrency(map);
    const readerData = stateConfiguration?.mapItemReaderData;
    const items = readerData === undefined ? await evaluateItems(map) : (JSON.parse(readerData) as Json[]);
    const tolerance = await evaluateTolerance(map);
    Object.assign(inspection, tolerance);
    if (!mock?.error) checkTolerance(tolerance, stateConfiguration?.mapIterationFailureCount ?? 0, items.length);
  } else if (state.arguments) {
    const args = await visit.evaluate(state.arguments);
    if (state.type === "Task") inspection["afterArguments"] = args;
  }
  if (!mock) throw new Error(`TestState needs a mock for the ${state.type} state '${state.name}'`);
  if (mock.error !== undefined) throw new StateFailure(mock.error, mock.cause);
  const result = mock.output ?? null;
  if (state.type === "Task") inspection["result"] = result;
  return visit.leave(state, state.next, result, { result });
}

function checkTolerance(tolerance: Tolerance, failures: number, items: number): void {
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = tolerance;
  if (
    (count !== undefined && failures > count) ||
    (percentage !== undefined && items > 0 && (failures / items) * 100 > percentage)
  ) {
    throw new StateFailure(
      "States.ExceedToleratedFailureThreshold",
      "The specified tolerated failure threshold was exceeded",
    );
  }
}

/** Applies Retry and Catch to the error. */
async function handle(
  visit: Visit,
  failure: StateFailure,
  request: TestStateRequest,
  inspection: JsonObject,
): Promise<TestStateResult> {
  const { error, cause } = failure;
  const reported = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  const { retry = [], catch: catchers = [] } = visit.state as Partial<Fallible>;
  const details: JsonObject = {};

  const retryIndex = findRule(retry, failure);
  const retrier = retry[retryIndex];
  if (retrier) {
    details["retryIndex"] = retryIndex;
    inspection["errorDetails"] = details;
    const retriesDone = request.stateConfiguration?.retrierRetryCount ?? 0;
    if (retriesDone < retrier.maxAttempts) {
      details["retryBackoffIntervalSeconds"] = backoffSeconds(retrier, retriesDone, visit.runtime.random);
      return { status: "RETRIABLE", ...reported };
    }
  }
  const catchIndex = findRule(catchers, failure);
  const catcher = catchers[catchIndex];
  if (!catcher) return { status: "FAILED", ...reported };
  details["catchIndex"] = catchIndex;
  inspection["errorDetails"] = details;
  const errorOutput = { Error: error ?? "", Cause: cause ?? "" };
  const outcome = await visit.leave(catcher, catcher.next, errorOutput, { errorOutput });
  return { status: "CAUGHT_ERROR", output: outcome.output, ...reported, nextState: catcher.next };
}
