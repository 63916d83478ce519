import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { isObject } from "../../interpreter/json";
import type { Json, JsonObject } from "../../interpreter";
import { type Refuse, serve, type Served } from "../wire/loopback";
import { type Stubs, stubFor } from "../stubs";
import { actionName, actionOf } from "./answers";
import type { Place } from "../place";
import type { Outbox } from "./outbox";
import type { Secret, Secrets } from "./secrets";

/** What the services of AWS are here, for the functions that call them. */
export interface AwsApi {
  readonly refuse: Refuse;
  readonly outbox: Outbox;
  readonly stubs: () => Stubs;
  readonly secrets: () => Secrets;
  readonly place: () => Place;
  /** The function that makes a request. */
  readonly callerOf: (request: IncomingMessage) => string;
}

class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Every other service that a function calls, on the loopback interface: nothing leaves this machine by the SDK. Secrets
 * and parameters are read; what is sent is recorded and answered in the service's shape; the rest is refused by its name,
 * unless there is a stub.
 */
export function startAwsApi(api: AwsApi): Promise<Served> {
  async function handle(incoming: IncomingMessage, request: Request): Promise<Json> {
    const { name, body } = request;
    const permit = async (action: string, resource: string): Promise<void> => {
      const why = await api.refuse(incoming, action, resource);
      if (why !== undefined) throw new ApiError("AccessDeniedException", why);
    };
    const stub = stubFor(api.stubs(), name);
    if (!stub && (name.startsWith("secretsmanager:") || name.startsWith("ssm:")))
      return readSecrets(request, api, permit);
    const known = actionOf(name);
    if (!stub && !known) {
      throw new ApiError(
        "NotOnThisMachine",
        `${name} is not on this machine: give its answer with --stubs, as "${name}"`,
      );
    }
    for (const resource of known?.resources?.(body, api.place()) ?? []) await permit(name, resource);
    api.outbox.add({ from: api.callerOf(incoming), action: name, request: body });
    if (stub && "error" in stub) throw new ApiError(stub.error, stub.cause);
    return stub ? stub.output : (known as NonNullable<typeof known>).answer(body);
  }

  return serve(async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const request = readRequest(incoming, await text(incoming));
    try {
      respond(outgoing, request, 200, await handle(incoming, request));
    } catch (error) {
      const { code, message } = error instanceof ApiError ? error : { code: "InternalFailure", message: String(error) };
      respond(outgoing, request, 400, { __type: code, message });
    }
  });
}

interface Request {
  /** `sns:Publish` */
  readonly name: string;
  readonly body: JsonObject;
  /** Old services speak forms and XML. */
  readonly query: boolean;
}

function readRequest({ headers, method = "", url = "" }: IncomingMessage, content: string): Request {
  const [, service = ""] = /Credential=[^/]+\/[^/]+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const { Action = "", ...fields } = Object.fromEntries(new URLSearchParams(content));
    return { name: actionName(service, Action), body: fields, query: true };
  }
  const target = headers["x-amz-target"];
  const action =
    typeof target === "string"
      ? target.replace(/^.*\./, "")
      : (REST[`${method} ${url.replace(/\?.*/, "")}`] ?? `${method} ${url}`);
  return { name: actionName(service, action), body: objectIn(content), query: false };
}

/** The actions of services that tell them by a path. */
const REST: Readonly<Record<string, string>> = { "POST /v2/email/outbound-emails": "SendEmail" };

function objectIn(content: string): JsonObject {
  try {
    const json = JSON.parse(content) as Json;
    return isObject(json) ? json : {};
  } catch {
    return {};
  }
}

const nameIn = (value: Json | undefined): string => (typeof value === "string" ? value : "");

async function readSecrets(
  { name, body }: Request,
  { secrets, place }: AwsApi,
  permit: (action: string, resource: string) => Promise<void>,
): Promise<Json> {
  const { region, account } = place();
  const at = `${region}:${account}`;
  const parameter = async (id: Json | undefined): Promise<JsonObject> => {
    const { name: Name, arn: ARN, value: Value } = secrets().parameter(nameIn(id), at);
    await permit(name, ARN);
    return { Name, ARN, Value, Type: "SecureString", Version: 1 };
  };
  switch (name) {
    case "secretsmanager:GetSecretValue": {
      const { arn: ARN, name: Name, value: SecretString }: Secret = secrets().secret(nameIn(body["SecretId"]), at);
      await permit(name, ARN);
      return { ARN, Name, SecretString, VersionId: randomUUID(), VersionStages: ["AWSCURRENT"] };
    }
    case "ssm:GetParameter":
      return { Parameter: await parameter(body["Name"]) };
    case "ssm:GetParameters": {
      const names = Array.isArray(body["Names"]) ? body["Names"] : [];
      return { Parameters: await Promise.all(names.map(parameter)), InvalidParameters: [] };
    }
    default:
      throw new ApiError(
        "NotOnThisMachine",
        `${name} is not on this machine: give its answer with --stubs, as "${name}"`,
      );
  }
}

function respond(outgoing: ServerResponse, { name, query }: Request, status: number, body: Json): void {
  const RequestId = randomUUID();
  const headers = { "x-amzn-RequestId": RequestId };
  if (!query) {
    const type = status === 200 ? {} : { "x-amzn-ErrorType": (body as JsonObject)["__type"] as string };
    outgoing
      .writeHead(status, { ...headers, ...type, "Content-Type": "application/x-amz-json-1.1" })
      .end(JSON.stringify(body));
    return;
  }
  const action = name.split(":")[1] as string;
  const { __type, message } = body as { __type?: string; message?: string };
  const content =
    status === 200
      ? `<${action}Response><${action}Result>${xml(body)}</${action}Result><ResponseMetadata>${xml({ RequestId })}</ResponseMetadata></${action}Response>`
      : `<ErrorResponse><Error>${xml({ Type: "Sender", Code: __type ?? "", Message: message ?? "" })}</Error>${xml({ RequestId })}</ErrorResponse>`;
  outgoing.writeHead(status, { ...headers, "Content-Type": "text/xml" }).end(content);
}

function xml(value: Json): string {
  if (Array.isArray(value)) return value.map((each) => `<member>${xml(each)}</member>`).join("");
  if (isObject(value))
    return Object.entries(value)
      .map(([key, each]) => `<${key}>${xml(each)}</${key}>`)
      .join("");
  return String(value ?? "").replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
}
