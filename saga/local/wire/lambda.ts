import type { Json, JsonObject } from "../../interpreter";
import { AwsError } from "../aws-error";
import type { FunctionError } from "../lambda/errors";
import { type Handler, type Refusal, unknownOperation, type WireRequest } from "./message";

/** The configuration of a function in GetFunction, without the fields of a version. */
export interface FunctionConfiguration extends JsonObject {
  readonly FunctionName: string;
  /** The ARN, without a version. */
  readonly FunctionArn: string;
}

/** A function of the program. */
export interface KnownFunction {
  readonly configuration: FunctionConfiguration;
  /** The version, if it is published. */
  readonly version?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Invoked {
  /** The response of the function, or its error. */
  readonly payload: Json;
  readonly failed: boolean;
  /** The lines that it logged meanwhile. */
  readonly log: readonly string[];
}

export interface LambdaService {
  readonly refuse: Refusal;
  readonly functions: () => readonly KnownFunction[];
  /** Calls a function, by its ARN or its version's, and waits for the result. */
  readonly invoke: (arn: string, event: Json) => Promise<Invoked>;
  /** Accepts an asynchronous call. It resolves once the call is in the journal. */
  readonly send: (functionArn: string, event: Json) => Promise<void>;
}

export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const MAX_EVENT_BYTES = 1024 * 1024;
const LOG_TAIL_BYTES = 4096;

/**
 * The supported actions of Lambda: Invoke, ListFunctions, GetFunction, GetFunctionConfiguration.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
 */
export function lambda(service: LambdaService): Handler {
  return async (request) => {
    const [, encoded, rest = ""] = /^\/2015-03-31\/functions(?:\/([^/]*))?(\/.*)?$/.exec(request.path) ?? [];
    const name = decoded(encoded ?? "");
    if (request.method === "GET" && name === "" && (rest === "" || rest === "/")) return list(service, request);
    if (name === "") throw unknownOperation();
    if (request.method === "POST" && rest === "/invocations") return invoke(service, request, name);
    if (request.method === "GET" && (rest === "" || rest === "/configuration")) {
      const { known, qualifier } = find(service, request, name);
      const action = rest === "" ? "GetFunction" : "GetFunctionConfiguration";
      await permit(service, request, { action, resource: known.configuration.FunctionArn });
      const configuration = configurationOf(known, qualifier);
      if (rest !== "") return ok(configuration);
      return ok({
        Configuration: configuration,
        Code: { RepositoryType: "S3" },
        ...(Object.keys(known.tags).length > 0 && { Tags: known.tags }),
      });
    }
    throw unknownOperation();
  };
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const ok = (body: Json): { status: number; headers: Record<string, string>; body: string } => ({
  status: 200,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

async function permit(
  { refuse }: LambdaService,
  request: WireRequest,
  { action, resource }: { readonly action: string; readonly resource: string },
): Promise<void> {
  const why = await refuse(request, `lambda:${action}`, resource);
  if (why !== undefined) throw new AwsError("AccessDeniedException", why, { status: 403 });
}

async function list(service: LambdaService, request: WireRequest) {
  await permit(service, request, { action: "ListFunctions", resource: "*" });
  const { query } = request;
  const most = wholeNumber(query.get("MaxItems"), "MaxItems", { min: 1, max: 10_000 }) ?? 50;
  const all = query.get("FunctionVersion") === "ALL";
  const listed = service
    .functions()
    .flatMap((known) => [
      configurationOf(known, undefined),
      ...(all && known.version !== undefined ? [configurationOf(known, known.version)] : []),
    ]);
  const marker = query.get("Marker");
  const start = marker === null ? 0 : 1 + listed.findIndex(({ FunctionArn }) => FunctionArn === marker);
  if (marker !== null && start === 0) throw invalidParameter("Invalid Marker");
  // A page of Lambda has at most 50 functions.
  const items = listed.slice(start, start + Math.min(most, 50));
  const end = items.at(-1);
  const more = start + items.length < listed.length && end !== undefined;
  return ok({ Functions: items, ...(more && { NextMarker: end.FunctionArn as Json }) });
}

const invalidParameter = (message: string): AwsError => new AwsError("InvalidParameterValueException", message);

function wholeNumber(
  text: string | null,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === null) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value)) throw new AwsError("SerializationException", `${name} is not an integer`);
  const wrong =
    value > max ? `less than or equal to ${max}` : value < min ? `greater than or equal to ${min}` : undefined;
  if (wrong === undefined) return value;
  throw new AwsError(
    "ValidationException",
    `1 validation error detected: Value '${text}' at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must have value ${wrong}`,
  );
}

/** The configuration of a function, or of its version if the request names one. */
function configurationOf({ configuration, version }: KnownFunction, qualifier: string | undefined): JsonObject {
  const own = qualifier !== undefined && qualifier !== "$LATEST" && version !== undefined;
  return {
    ...configuration,
    FunctionArn: qualifier === undefined ? configuration.FunctionArn : `${configuration.FunctionArn}:${qualifier}`,
    Version: own ? version : "$LATEST",
  };
}

/** Finds a function by its name, its ARN or a part of it, with an optional version in the name or in the query. */
function find(service: LambdaService, { query }: WireRequest, name: string) {
  const [, account, plain, suffix] = FUNCTION_NAME.exec(name) ?? [];
  if (plain === undefined) {
    throw new AwsError(
      "ValidationException",
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?`,
    );
  }
  const qualifier = query.get("Qualifier") ?? suffix;
  const known = service
    .functions()
    .find(
      ({ configuration: { FunctionName, FunctionArn } }) =>
        FunctionName === plain && (account === undefined || FunctionArn.includes(`:${account}:`)),
    );
  const there = known && (qualifier === undefined || qualifier === "$LATEST" || qualifier === known.version);
  if (!known || !there) {
    const arn = known?.configuration.FunctionArn ?? (name.startsWith("arn:") ? name : arnLike(service, plain));
    const asked = qualifier === undefined || arn.endsWith(`:${qualifier}`) ? arn : `${arn}:${qualifier}`;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${asked}`, { status: 404 });
  }
  return { known, qualifier };
}

const FUNCTION_NAME =
  /^(?:arn:aws[\w-]*:lambda:[\w-]+:)?(?:(\d{12}):)?(?:function:)?([\w.-]{1,140})(?::(\$LATEST|[\w-]+))?$/;

/** The ARN that a function with this name would have. */
const arnLike = (service: LambdaService, name: string): string =>
  service.functions()[0]?.configuration.FunctionArn.replace(/[^:]+$/, name) ?? name;

async function invoke(service: LambdaService, request: WireRequest, name: string) {
  const { headers, body } = request;
  const type = headers["x-amz-invocation-type"] ?? "RequestResponse";
  if (typeof type !== "string" || !["RequestResponse", "Event", "DryRun"].includes(type)) {
    throw new AwsError(
      "ValidationException",
      `1 validation error detected: Value '${String(type)}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]`,
    );
  }
  const { known, qualifier } = find(service, request, name);
  const functionArn = known.configuration.FunctionArn;
  const published = qualifier === undefined || qualifier === "$LATEST" ? undefined : qualifier;
  // For IAM, a version is a resource of its own.
  const resource = published === undefined ? functionArn : `${functionArn}:${published}`;
  await permit(service, request, { action: "InvokeFunction", resource });
  const event = eventIn(body);
  if (type === "DryRun") return { status: 204 };
  if (type === "Event") {
    if (body.length > MAX_EVENT_BYTES) throw tooLargeFor("Event", body.length, MAX_EVENT_BYTES);
    await service.send(functionArn, event);
    return { status: 202 };
  }
  const { payload, failed, log } = await service.invoke(resource, event);
  if (failed) {
    const { errorType, errorMessage } = payload as unknown as FunctionError;
    if (errorType === "Lambda.RequestTooLargeException") {
      throw new AwsError("RequestTooLargeException", errorMessage, { status: 413 });
    }
  }
  const tail = Buffer.from(log.map((line) => `${line}\n`).join("")).subarray(-LOG_TAIL_BYTES);
  return {
    status: 200,
    headers: {
      "Content-Type": "application/json",
      "X-Amz-Executed-Version": published ?? "$LATEST",
      ...(failed && { "X-Amz-Function-Error": "Unhandled" }),
      ...(headers["x-amz-log-type"] === "Tail" && { "X-Amz-Log-Result": tail.toString("base64") }),
    },
    body: JSON.stringify(failed ? asLambdaSays(payload) : payload),
  };
}

/** Lambda names an exit Runtime.ExitError, and Step Functions names it Lambda.Unknown. */
function asLambdaSays(payload: Json): Json {
  const error = payload as JsonObject;
  return error["errorType"] === "Lambda.Unknown" ? { ...error, errorType: "Runtime.ExitError" } : error;
}

const tooLargeFor = (type: string, bytes: number, most: number): AwsError =>
  new AwsError(
    "RequestTooLargeException",
    `${bytes} byte payload is too large for the ${type} invocation type (limit ${most} bytes)`,
    { status: 413 },
  );

function eventIn(body: Buffer): Json {
  const text = body.toString();
  if (text === "") return {};
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new AwsError(
      "InvalidRequestContentException",
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
}
