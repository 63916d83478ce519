import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type HistoryEvent as AwsHistoryEvent,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
  TestStateCommand,
  type TestStateCommandInput,
} from "@aws-sdk/client-sfn";
import { DefinitionError, type HistoryEvent, type Json, seededRandom, virtualClock } from "../../../saga/interpreter";
import type {
  ExecutionRecording,
  RejectRecording,
  TestStateRecording,
} from "../../../saga/interpreter/conformance/case";
import { Comparison, type Difference } from "../../../saga/interpreter/conformance/compare";
import { type Compare, differenceOfRefusal, replay, START } from "../../../saga/interpreter/conformance/run-case";
import { AwsError } from "../../../saga/local/aws-error";
import { actionsOf } from "../../../saga/local/step-functions/actions";
import { StepFunctions } from "../../../saga/local/step-functions/service";
import { jsonService } from "../../../saga/local/wire/json-service";
import { jsonError } from "../../../saga/local/wire/message";
import { startServer } from "../../../saga/local/wire/server";
import { clientOptions } from "./fixture";

const ROLE = "arn:aws:iam::123456789012:role/local";

/** Runs recordings through the SDK's client, on a service whose tasks return the recorded answers. */
export async function withConformanceWire<T>(use: (compare: Compare) => Promise<T>): Promise<T> {
  const recordings = new Map<string, ReturnType<typeof replay>>();
  let recorded: ExecutionRecording | undefined;
  const service: StepFunctions = new StepFunctions({
    clock: virtualClock(START),
    random: seededRandom(1),
    invoke: (call, { execution }) => {
      const { arn } = execution;
      const answer = recordings.get(arn) ?? replay(recorded as ExecutionRecording, () => execution);
      recordings.set(arn, answer);
      return answer(call);
    },
  });
  const actions = actionsOf(
    service,
    () => ({ region: "us-east-1", account: "123456789012" }),
    () => Promise.reject(new Error("every recorded test has a mock of what it calls")),
  );
  const route = {
    handle: jsonService({ actions, version: "1.0", service: "states", refuse: () => Promise.resolve(undefined) }),
    writeError: jsonError("1.0"),
    maxBytes: 4 * 1024 * 1024,
    tooLarge: () => new AwsError("RequestEntityTooLargeException", ""),
  };
  const served = await startServer({ port: 0, host: "127.0.0.1", route: () => route });
  const sfn = new SFNClient(clientOptions(served));
  let count = 0;
  const create = async (definition: Json): Promise<string> => {
    const name = `case-${++count}`;
    const command = new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn: ROLE });
    return (await sfn.send(command)).stateMachineArn as string;
  };
  const compare: Compare = (recording) => {
    if ("testState" in recording) return compareTestState(sfn, recording);
    if ("rejected" in recording.expected) return compareRejection(create, recording as RejectRecording);
    recorded = recording as ExecutionRecording;
    return compareExecution(sfn, create, recorded);
  };
  try {
    return await use(compare);
  } finally {
    sfn.destroy();
    await served.close();
  }
}

/** Converts a refusal to the interpreter's error, so that features that are not implemented count as out of scope. */
function refusalOf(error: unknown): DefinitionError {
  const [, code, detail, location] = /'([A-Z_]+): (.*?) at (\/.*)'$/s.exec((error as Error).message) ?? [];
  if ((error as Error).name !== "InvalidDefinition" || code === undefined) throw error;
  // The wire adds to the interpreter's message.
  const what = (detail as string).replace(/ on this machine,.*$/s, "");
  return new DefinitionError(code as never, location === "/" ? "" : (location as string), what);
}

async function compareExecution(
  sfn: SFNClient,
  create: (definition: Json) => Promise<string>,
  recording: ExecutionRecording,
): Promise<Difference> {
  const { definition, input, expected } = recording;
  const stateMachineArn = await create(definition).catch((error: unknown) => {
    throw refusalOf(error);
  });
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  for (;;) {
    const { status, output, error, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (status === "RUNNING") continue;
    const events: AwsHistoryEvent[] = [];
    for await (const page of paginateGetExecutionHistory({ client: sfn, pageSize: 50 }, { executionArn })) {
      events.push(...(page.events ?? []));
    }
    const comparison = new Comparison(recording);
    const result = { status, output: read(output), error, cause };
    return (
      comparison.events(expected.events, flattened(events)) ??
      comparison.fields(expected, result, ["status", "output", "error", "cause"])
    );
  }
}

const read = (text: string | undefined): Json | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as Json);

/** Converts the service's events to the form of recordings: flat details, and the state of each event. */
function flattened(events: readonly AwsHistoryEvent[]): readonly HistoryEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  const detailsOf = (event: AwsHistoryEvent): Record<string, unknown> =>
    (Object.entries(event).find(([name]) => name.endsWith("EventDetails"))?.[1] ?? {}) as Record<string, unknown>;
  /** The event itself, and the events before it in its branch or iteration. */
  function* thread(event: AwsHistoryEvent): Generator<AwsHistoryEvent> {
    for (let at: AwsHistoryEvent | undefined = event; at; at = byId.get(at.previousEventId)) yield at;
  }
  return events.map((event) => {
    const { id = 0, previousEventId = 0, type = "", timestamp } = event;
    const { name, input, output, parameters, assignedVariables, ...rest } = detailsOf(event);
    delete rest["inputDetails"];
    delete rest["outputDetails"];
    delete rest["assignedVariablesDetails"];
    const ofExecution = type.startsWith("Execution");
    const state = name ?? rest["state"] ?? stateOf(event);
    const iteration = iterationOf(event);
    return {
      id,
      previousEventId,
      timestamp: timestamp?.getTime() ?? 0,
      type,
      ...rest,
      ...(!ofExecution && state !== undefined && { state: state as string }),
      ...(iteration !== undefined && !type.startsWith("MapIteration") && !ofExecution && { iteration }),
      ...(input !== undefined && { input: read(input as string) as Json }),
      ...(output !== undefined && { output: read(output as string) as Json }),
      ...(parameters !== undefined && { parameters: read(parameters as string) as Json }),
      ...(assignedVariables !== undefined && {
        assignedVariables: Object.fromEntries(
          Object.entries(assignedVariables as Record<string, string>).map(([key, value]) => [
            key,
            JSON.parse(value) as Json,
          ]),
        ),
      }),
    };
  });

  function stateOf(event: AwsHistoryEvent): string | undefined {
    const [, kind] = /^(Map|Parallel)State/.exec(event.type ?? "") ?? [];
    let left = 0;
    for (const each of thread(event)) {
      const { type = "" } = each;
      if (kind !== undefined) {
        // Skips the events of another state of this kind, which has ended.
        if (type === `${kind}StateExited`) left++;
        if (type === `${kind}StateEntered` && left-- === 0) return detailsOf(each)["name"] as string;
      } else if (type.endsWith("StateEntered")) return detailsOf(each)["name"] as string;
    }
    return undefined;
  }

  function iterationOf(event: AwsHistoryEvent): number | undefined {
    let left = 0;
    // The events of a Map itself are in none of its iterations.
    if (/^MapState/.test(event.type ?? "")) left = -1;
    for (const each of thread(event)) {
      const { type = "" } = each;
      if (/^MapIteration(Succeeded|Failed|Aborted)$/.test(type)) left++;
      if (type !== "MapIterationStarted") continue;
      if (left <= 0) return left < 0 ? undefined : (detailsOf(each)["index"] as number);
      left--;
    }
    return undefined;
  }
}

async function compareRejection(
  create: (definition: Json) => Promise<string>,
  { definition, expected }: RejectRecording,
): Promise<Difference> {
  try {
    await create(definition);
  } catch (error) {
    return differenceOfRefusal(expected, refusalOf(error));
  }
  return "the definition was not refused";
}

async function compareTestState(sfn: SFNClient, recording: TestStateRecording): Promise<Difference> {
  const { testState, input, variables, context, mock, stateName, stateConfiguration, inspectionLevel, expected } =
    recording;
  const text = (value: Json | undefined) => (value === undefined ? undefined : JSON.stringify(value));
  const request: TestStateCommandInput = {
    definition: JSON.stringify(testState),
    roleArn: ROLE,
    input: text(input),
    variables: text(variables),
    context: text(context),
    stateName,
    stateConfiguration,
    inspectionLevel,
    ...(mock && {
      mock: {
        ...("output" in mock && { result: text(mock.output) }),
        ...(mock.error !== undefined && { errorOutput: { error: mock.error, cause: mock.cause } }),
        fieldValidationMode: "NONE",
      },
    }),
  };
  const told = await sfn.send(new TestStateCommand(request)).catch((error: unknown) => {
    throw refusalOf(error);
  });
  const { status, output, error, cause, nextState, inspectionData } = told;
  const result = {
    status,
    output: read(output),
    error,
    cause,
    nextState,
    ...(inspectionData && {
      inspectionData: Object.fromEntries(
        Object.entries(inspectionData).map(([name, value]) => [
          name,
          typeof value === "string" ? read(value) : (value as Json),
        ]),
      ),
    }),
  };
  const fields = ["status", "output", "error", "cause", "nextState", "inspectionData"];
  return new Comparison(recording).fields(expected, result, fields);
}
