import { randomUUID } from "node:crypto";
import type { Json, JsonObject } from "../../interpreter";
import { isObject } from "../../interpreter/json";
import { AwsError } from "../aws-error";
import type { Place } from "../place";
import { type Stubs, stubFor } from "../stubs";
import { type Handler, queryAnswer, type Refusal, unknownOperation, type WireRequest } from "../wire/message";
import { actionName, actionOf } from "./answers";
import type { Outbox } from "./outbox";
import type { Secret, Secrets } from "./secrets";

/** The parts of the cloud that functions reach as services of AWS. */
export interface AwsApi {
  readonly refuse: Refusal;
  readonly outbox: Outbox;
  readonly stubs: () => Stubs;
  readonly secrets: () => Secrets;
  readonly place: () => Place;
  /** The task of the calling function. Undefined for any other caller. */
  readonly callerOf: (request: WireRequest) => string | undefined;
}

/**
 * All other services that a function may call. No request of the SDK leaves this machine. Secrets and parameters are
 * read. Messages are recorded, and answered in the service's shape. A stub can answer anything else; without one the
 * request is refused by name.
 */
export function otherServices(api: AwsApi): Handler {
  async function handle(incoming: WireRequest, request: Request): Promise<Json> {
    const { name, body } = request;
    const permit = async (action: string, resource: string): Promise<void> => {
      const why = await api.refuse(incoming, action, resource);
      if (why !== undefined) throw new AwsError("AccessDeniedException", why);
    };
    const stub = stubFor(api.stubs(), name);
    const caller = api.callerOf(incoming);
    if (!stub && (name.startsWith("secretsmanager:") || name.startsWith("ssm:"))) {
      return readSecrets(request, { api, permit, caller });
    }
    const known = actionOf(name);
    if (!stub && !known) throw notHere(name, caller);
    for (const resource of known?.resources?.(body, api.place()) ?? []) await permit(name, resource);
    api.outbox.add({ from: caller ?? "a client", action: name, request: body });
    if (stub && "error" in stub) throw new AwsError(stub.error, stub.cause);
    return stub ? stub.output : (known as NonNullable<typeof known>).answer(body);
  }

  return async (incoming) => {
    const request = readRequest(incoming);
    const result = await handle(incoming, request);
    if (!request.query) {
      return {
        status: 200,
        headers: { "Content-Type": "application/x-amz-json-1.1" },
        body: JSON.stringify(result),
      };
    }
    const action = request.name.split(":")[1] ?? "";
    const namespace = `https://${request.name.split(":")[0] ?? ""}.amazonaws.com/`;
    return queryAnswer(namespace, { action, result, requestId: incoming.id });
  };
}

/**
 * The error for an action that is not on this machine. A function gets the name of the stub that would answer it. Other
 * clients get AWS's error for an unknown operation.
 */
function notHere(name: string, caller: string | undefined): AwsError {
  const message = `${name} is not on this machine`;
  return caller === undefined
    ? unknownOperation(message)
    : new AwsError("NotOnThisMachine", `${message}: give its answer with --stubs, as "${name}"`);
}

interface Request {
  /** The action: `sns:Publish`. */
  readonly name: string;
  readonly body: JsonObject;
  /** Whether the request uses the query protocol, as older services do: forms and XML. */
  readonly query: boolean;
}

function readRequest({ headers, method, path, signer: { service }, body }: WireRequest): Request {
  const content = body.toString();
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const { Action = "", ...fields } = Object.fromEntries(new URLSearchParams(content));
    return { name: actionName(service, Action), body: fields, query: true };
  }
  const target = headers["x-amz-target"];
  const action =
    typeof target === "string" ? target.replace(/^.*\./, "") : (REST[`${method} ${path}`] ?? `${method} ${path}`);
  return { name: actionName(service, action), body: objectIn(content), query: false };
}

/** The actions of services that name them by a path. */
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
  {
    api: { secrets, place },
    permit,
    caller,
  }: {
    readonly api: AwsApi;
    readonly permit: (action: string, resource: string) => Promise<void>;
    readonly caller: string | undefined;
  },
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
      throw notHere(name, caller);
  }
}
