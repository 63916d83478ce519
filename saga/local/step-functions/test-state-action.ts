import {
  DefinitionError,
  type Json,
  type JsonObject,
  TaskFailure,
  testState,
  type TestStateRequest,
} from "../../interpreter";
import { isObject } from "../../interpreter/json";
import { AwsError } from "../aws-error";
import { type Actions, DATA, DEFINITION, objectOf, textOf, validationError } from "./action";

/** Makes the call of a Task, by its Resource and arguments, with a role. */
export type CallTask = (resource: string, args: Json, roleArn: string) => Promise<Json>;

const SUPPORTED = "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]";

/**
 * TestState: runs one state with a mock of its call. Without a mock, a Task makes its call.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
 */
export const testStateAction = (call: CallTask): Actions => ({
  TestState: {
    shape: {
      definition: { ...DEFINITION, required: true },
      roleArn: { type: "string", min: 1, max: 256 },
      input: DATA,
      inspectionLevel: { type: "string", values: ["INFO", "DEBUG", "TRACE"] },
      revealSecrets: { type: "boolean" },
      variables: DATA,
      stateName: { type: "string", min: 1, max: 80 },
      context: DATA,
      mock: {
        type: "structure",
        members: {
          result: DATA,
          errorOutput: {
            type: "structure",
            members: { error: { type: "string", sensitive: true }, cause: { type: "string", sensitive: true } },
          },
          fieldValidationMode: { type: "string", values: ["STRICT", "PRESENT", "NONE"] },
        },
      },
      stateConfiguration: {
        type: "structure",
        members: {
          retrierRetryCount: { type: "integer", min: 0 },
          mapIterationFailureCount: { type: "integer", min: 0 },
          errorCausedByState: { type: "string" },
          mapItemReaderData: DATA,
        },
      },
    },
    resource: () => "*",
    async act(request) {
      const asked = readTest(request);
      const { mock = await mockOf(asked, textOf(request, "roleArn"), call), ...rest } = asked;
      const { status, output, error, cause, nextState, inspectionData } = await run({ ...rest, ...(mock && { mock }) });
      return {
        status,
        ...(output !== undefined && { output: JSON.stringify(output) }),
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
        ...(nextState !== undefined && { nextState }),
        ...(inspectionData && { inspectionData: asInspected(inspectionData) }),
      };
    },
  },
});

async function run(request: TestStateRequest) {
  try {
    return await testState(request);
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    throw new AwsError("InvalidDefinition", `Invalid State Machine Definition: '${error.message}'`);
  }
}

function readTest(request: JsonObject): TestStateRequest {
  const json = (name: string, of: JsonObject = request): Json | undefined => {
    const text = textOf(of, name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as Json;
    } catch (error) {
      if (name === "definition") {
        throw new AwsError(
          "InvalidDefinition",
          `Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: ${(error as Error).message}'`,
        );
      }
      if (name === "input") {
        throw new AwsError(
          "InvalidExecutionInput",
          `Invalid State Machine Execution Input: '${(error as Error).message}'`,
        );
      }
      throw validationError(`${name} must be valid JSON: ${(error as Error).message}`);
    }
  };
  const jsonObject = (name: string): JsonObject | undefined => {
    const value = json(name);
    if (value !== undefined && !isObject(value)) throw validationError(`${name} must be a JSON object`);
    return value;
  };
  const definition = json("definition");
  if (!isObject(definition)) {
    const why = "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object";
    throw new AwsError("InvalidDefinition", `Invalid State Machine Definition: '${why}'`);
  }
  const input = json("input");
  const [stateName, variables, context] = [
    textOf(request, "stateName"),
    jsonObject("variables"),
    jsonObject("context"),
  ];
  const tested = testedState(definition, stateName);
  const mock = readMock(request, tested, json);
  const configuration = objectOf(request, "stateConfiguration");
  if (configuration?.["mapIterationFailureCount"] !== undefined && !mock) {
    throw validationError("TestState does not support MapIterationFailureCount when a mock is not specified.");
  }
  if (configuration?.["mapItemReaderData"] !== undefined) json("mapItemReaderData", configuration);
  const inspectionLevel = textOf(request, "inspectionLevel") as TestStateRequest["inspectionLevel"];
  return {
    definition,
    ...(stateName !== undefined && { stateName }),
    ...(input !== undefined && { input }),
    ...(variables && { variables }),
    ...(context && { context }),
    ...(mock && { mock }),
    ...(configuration && { stateConfiguration: configuration }),
    ...(inspectionLevel && { inspectionLevel }),
  };
}

/** The tested state: the definition itself, or the named state of a machine. */
function testedState(definition: JsonObject, stateName: string | undefined): JsonObject {
  const states = definition["States"];
  if (!isObject(states)) return definition;
  const state = states[stateName ?? (definition["StartAt"] as string)];
  if (!isObject(state)) throw validationError(`State '${stateName ?? ""}' not found in the state machine definition`);
  return state;
}

function readMock(
  request: JsonObject,
  tested: JsonObject,
  json: (name: string, of?: JsonObject) => Json | undefined,
): TestStateRequest["mock"] {
  const mock = objectOf(request, "mock");
  const type = tested["Type"];
  if (!mock) {
    if (type !== "Map" && type !== "Parallel") return undefined;
    throw new AwsError("InvalidDefinition", `TestState API does not support Map or Parallel states. ${SUPPORTED}`);
  }
  if (typeof type === "string" && !["Task", "Map", "Parallel"].includes(type)) {
    throw validationError(`State type '${type}' is not supported when a mock is specified`);
  }
  if (request["revealSecrets"] === true) {
    throw validationError("TestState does not support RevealSecrets when a mock is specified.");
  }
  const [output, failure] = [json("result", mock), objectOf(mock, "errorOutput")];
  if (output !== undefined && failure) {
    throw validationError("A test mock should have only one of the following fields: [result, errorOutput].");
  }
  if (output !== undefined && type === "Map" && tested["ResultWriter"] === undefined && !Array.isArray(output)) {
    throw validationError("Mocked result must be an array.");
  }
  if (output !== undefined && type === "Parallel" && Array.isArray(tested["Branches"])) {
    if (!Array.isArray(output) || output.length !== tested["Branches"].length) {
      throw validationError("Mocked result must contain the same number of items as number of Parallel branches.");
    }
  }
  const [error, cause] = [failure && textOf(failure, "error"), failure && textOf(failure, "cause")];
  return {
    ...(output !== undefined && { output }),
    ...(failure && { error: error ?? "" }),
    ...(cause !== undefined && { cause }),
  };
}

/** The result of a Task's real call, in the form of a mock. */
async function mockOf(
  asked: TestStateRequest,
  roleArn: string | undefined,
  call: CallTask,
): Promise<TestStateRequest["mock"]> {
  const { Type, Resource } = testedState(asked.definition, asked.stateName);
  if (Type !== "Task" || typeof Resource !== "string") return undefined;
  if (roleArn === undefined) throw validationError("RoleArn must be specified when testing a Task state");
  if (/\.(sync(:2)?|waitForTaskToken)$/.test(Resource)) {
    throw validationError(
      `TestState does not support the service integration '${Resource}' when a mock is not specified.`,
    );
  }
  const {
    inspectionData,
    status,
    error = "",
    cause = "",
  } = await run({ ...asked, mock: { output: {} }, inspectionLevel: "DEBUG" });
  const args = inspectionData?.["afterArguments"];
  // Its arguments fail, so there is nothing to call.
  if (args === undefined && status !== "SUCCEEDED" && error === "States.QueryEvaluationError") return { error, cause };
  try {
    return { output: await call(Resource, args ?? asked.input ?? {}, roleArn) };
  } catch (failure) {
    if (failure instanceof TaskFailure) return { error: failure.error, cause: failure.cause };
    throw failure;
  }
}

/**
 * The inspection data of the response. Data is JSON in strings; numbers and the details of an error stay as they are.
 */
const asInspected = (data: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      typeof value === "number" || name === "errorDetails" ? value : JSON.stringify(value),
    ]),
  );
