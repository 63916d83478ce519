import { randomUUID } from "node:crypto";
import { isObject } from "../../interpreter/json";
import { type Json, type JsonObject, type TaskCall, TaskFailure } from "../../interpreter";
import { type Permission, permissionsFor } from "../dynamodb/door";
import { ACTIONS as TABLE_ACTIONS, type Server } from "../dynamodb/server";
import type { Authorize } from "../iam/authorizer";
import { type MachineRole, sessionOf } from "../iam/machine-role";
import { type Stub, stubFor, type Stubs } from "../stubs";
import { actionName, actionOf, knownActions } from "./answers";
import type { Place } from "../place";
import type { Outbox } from "./outbox";

/**
 * A call that nothing on this machine can answer. It is an error of the local set-up, and not a failure of the saga.
 */
export class NotOnThisMachine extends Error {
  override readonly name = "NotOnThisMachine";
}

/** The parts of the cloud that integrations use. */
export interface Services {
  readonly dynamoDB: Pick<Server, "call">;
  readonly authorize: Authorize;
  readonly outbox: Outbox;
  readonly stubs: Stubs;
}

/**
 * The answer of a stub.
 * @throws TaskFailure if the stub is an error
 */
export function answerOfStub(stub: Stub): Json {
  if ("output" in stub) return stub.output;
  throw new TaskFailure(stub.error, stub.cause);
}

/** Matches the resource of an integration, such as `arn:aws:states:::aws-sdk:ses:sendEmail`. */
const INTEGRATION = /^arn:[^:]+:states:[^:]*:[^:]*:((?:aws-sdk:)?[^:]+):([^.]+)/;

/**
 * Calls a service's action for a state, without a function: on the local tables, with a stub, or recorded and answered
 * in the service's shape.
 * @throws TaskFailure with the service's error
 * @throws NotOnThisMachine if nothing can answer
 */
export async function callService(machine: MachineRole, call: TaskCall, services: Services): Promise<Json> {
  const [, service = "", action = ""] = INTEGRATION.exec(call.resource) ?? [];
  const name = actionName(service, action);
  const request = isObject(call.arguments) ? call.arguments : {};
  const optimized = !service.startsWith("aws-sdk:");
  const errors = ERRORS[`${optimized ? "" : "aws-sdk:"}${name.split(":")[0] as string}`];
  const stub = stubFor(services.stubs, call.state, call.resource, `${service}:${action}`, name);
  const known = actionOf(name);
  const dynamoDB = name.startsWith("dynamodb:") && TABLE_ACTIONS.includes(actionIn(name));
  if (!stub && !known && !dynamoDB) {
    throw new NotOnThisMachine(
      `'${call.state}' calls ${service}:${action}, which is not on this machine: give its answer with --stubs, such as ` +
        `{"${call.state}": {"output": {}}}. Without a stub, this machine answers dynamodb, ${knownActions().join(", ")}`,
    );
  }
  const place = placeOf(machine);
  const permissions = dynamoDB
    ? permissionsFor({ action: actionIn(name), request }, `arn:aws:dynamodb:${place.region}:${place.account}:table/`)
    : (known?.resources?.(request, place) ?? []).map((resource) => ({ action: name, resource, context: {} }));
  for (const permission of permissions) await permitted(machine, services, { ...permission, errors });
  if (!dynamoDB || stub) services.outbox.add({ from: call.state, action: name, request });
  const answer = stub
    ? answerOfStub(stub)
    : dynamoDB
      ? await callDynamoDB(services.dynamoDB, name, request, optimized)
      : (known as NonNullable<typeof known>).answer(request);
  return optimized && !stub ? { ...(answer as JsonObject), ...metadata() } : answer;
}

/**
 * How Step Functions names a service's refusals: with the class of the service's error, or with the service's general
 * class.
 */
const ERRORS: Readonly<Record<string, { readonly denied: string; readonly service: string }>> = {
  dynamodb: { denied: "DynamoDB.AmazonDynamoDBException", service: "AmazonDynamoDBv2" },
  "aws-sdk:dynamodb": { denied: "DynamoDb.DynamoDbException", service: "DynamoDb" },
  sns: { denied: "SNS.AuthorizationErrorException", service: "AmazonSNS" },
  "aws-sdk:sns": { denied: "Sns.AuthorizationErrorException", service: "Sns" },
  sqs: { denied: "SQS.AmazonSQSException", service: "AmazonSQS" },
  "aws-sdk:sqs": { denied: "Sqs.SqsException", service: "Sqs" },
  events: { denied: "EventBridge.AmazonEventBridgeException", service: "AmazonEventBridge" },
  "aws-sdk:events": { denied: "EventBridge.EventBridgeException", service: "EventBridge" },
};

function placeOf({ arn }: MachineRole): Place {
  const [, , , region = "", account = ""] = arn.split(":");
  return { region, account };
}

/** The part of an action's name after the service. */
const actionIn = (name: string): string => name.replace(/^[^:]*:/, "");

async function permitted(
  machine: MachineRole,
  { authorize }: Services,
  { action, resource, context, errors }: Permission & { readonly errors: (typeof ERRORS)[string] | undefined },
): Promise<void> {
  const why = await authorize(sessionOf(machine), action, resource, context);
  if (why === undefined) return;
  const { denied, service } = errors ?? { denied: "States.TaskFailed", service: action.split(":")[0] as string };
  throw new TaskFailure(denied, cause(why, service, "AccessDeniedException"));
}

const cause = (message: string, service: string, code: string): string =>
  `${message} (Service: ${service}; Status Code: 400; Error Code: ${code}; Request ID: ${randomUUID()}; Proxy: null)`;

/** Calls DynamoDB. An integration takes and returns DynamoDB's own JSON, so nothing is converted. */
async function callDynamoDB(
  dynamoDB: Services["dynamoDB"],
  name: string,
  request: JsonObject,
  optimized: boolean,
): Promise<Json> {
  const answered = await dynamoDB.call(actionIn(name), withNames(request) as JsonObject);
  const body = answered.body as JsonObject;
  if (answered.ok) return body;
  const { __type, message: lower, Message = lower } = body as Readonly<Record<string, string | undefined>>;
  const code = (__type ?? "").replace(/^.*#/, "");
  const message = Message ?? code;
  const [prefix, all, service] = optimized
    ? ["DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"]
    : ["DynamoDb", "DynamoDbException", "DynamoDb"];
  // An error without a class in the SDK, such as a ValidationException, gets the service's general class.
  throw new TaskFailure(
    `${prefix}.${/Exception$/.test(code) && code !== "ValidationException" ? code : all}`,
    cause(message, service, code),
  );
}

/** A request whose tables have their names, also where it has their ARNs. No attribute of an item is a mere string. */
const withNames = (request: Json): Json =>
  JSON.parse(JSON.stringify(request), (field, value: Json) =>
    field === "TableName" && typeof value === "string" ? value.replace(/^arn:.*\//, "") : value,
  ) as Json;

/** The data about the request that an optimised integration adds to the service's answer. */
function metadata(): JsonObject {
  const RequestId = randomUUID();
  const headers = { "x-amzn-RequestId": RequestId, "Content-Type": "application/x-amz-json-1.0" };
  return {
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId },
  };
}
