import type { HistoryEvent, JsonObject } from "../../interpreter";

/** The data in events that belongs to the execution: its place, its role, and the version or alias that started it. */
export interface EventOrigin {
  readonly region?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly versionArn?: string | undefined;
  readonly aliasArn?: string | undefined;
  /** Whether events contain data. The default is true. */
  readonly includeData?: boolean;
}

/**
 * An event in the form of GetExecutionHistory: the details are nested under the name of its type, data is JSON in
 * strings, and times are seconds since the epoch.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export function awsHistoryEvent(event: HistoryEvent, origin: EventOrigin = {}): object {
  const { id, previousEventId, timestamp, type } = event;
  const common = { timestamp: timestamp / 1000, type, id, previousEventId };
  const details = detailsOf(event, origin);
  if (details === undefined) return common;
  const of = type.replace(/^.*(State(Entered|Exited))$/, "$1");
  return { ...common, [`${of.charAt(0).toLowerCase()}${of.slice(1)}EventDetails`]: defined(details) };
}

type Details = Readonly<Record<string, unknown>>;

function detailsOf(event: HistoryEvent, origin: EventOrigin): Details | undefined {
  const { type, state, index, error, cause, resource, resourceType, timeoutInSeconds, heartbeatInSeconds } = event;
  const { includeData = true } = origin;
  const data = (field: "input" | "output" | "parameters"): string | undefined =>
    includeData && event[field] !== undefined ? JSON.stringify(event[field]) : undefined;
  const untruncated = (present: boolean) => (includeData && present ? { truncated: false } : undefined);
  const input = { input: data("input"), inputDetails: untruncated(true) };
  const output = { output: data("output"), outputDetails: untruncated(true) };
  const of = { resourceType, resource };
  if (/StateEntered$/.test(type)) return { name: state, ...input };
  if (/StateExited$/.test(type)) {
    const { assignedVariables } = event;
    const variables = includeData && assignedVariables ? mapped(assignedVariables) : undefined;
    const assigned = { assignedVariables: variables, assignedVariablesDetails: untruncated(variables !== undefined) };
    return { name: state, ...output, ...assigned };
  }
  if (/^MapIteration/.test(type)) return { name: state, index };
  switch (type) {
    case "ExecutionStarted": {
      const { roleArn, versionArn, aliasArn } = origin;
      return { ...input, roleArn, stateMachineAliasArn: aliasArn, stateMachineVersionArn: versionArn };
    }
    case "ExecutionSucceeded":
    case "LambdaFunctionSucceeded":
      return output;
    case "ExecutionRedriven":
      return { redriveCount: event.redriveCount };
    case "ExecutionFailed":
    case "ExecutionAborted":
    case "ExecutionTimedOut":
    case "LambdaFunctionFailed":
    case "LambdaFunctionTimedOut":
      return { error, cause };
    case "EvaluationFailed":
      return { error, cause, location: event.location, state };
    case "MapStateStarted":
      return { length: event.length };
    case "LambdaFunctionScheduled":
      return { resource, ...input, timeoutInSeconds };
    case "TaskScheduled": {
      const { region } = origin;
      // `parameters` is a required field, even without data.
      const parameters = data("parameters") ?? "{}";
      return { ...of, region, parameters, timeoutInSeconds, heartbeatInSeconds };
    }
    case "TaskStarted":
      return of;
    case "TaskSubmitted":
    case "TaskSucceeded":
      return { ...of, ...output };
    case "TaskFailed":
    case "TaskTimedOut":
      return { ...of, error, cause };
    default:
      // These events have no details: TaskStateAborted, ParallelStateStarted, LambdaFunctionStarted and others.
      return undefined;
  }
}

const mapped = (variables: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, JSON.stringify(value)]));

const defined = (details: Details): Details =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
