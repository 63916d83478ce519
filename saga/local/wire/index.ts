import type { Authorize, Caller } from "../iam/authorizer";
import { AwsError } from "../aws-error";
import type { Logs } from "../logs";
import type { Place } from "../place";
import type { Queues } from "../queues";
import type { Actions } from "../step-functions/action";
import { dynamoDB } from "./dynamodb";
import { jsonService } from "./json-service";
import { lambda, type LambdaService, MAX_PAYLOAD_BYTES } from "./lambda";
import { logsActions } from "./logs-actions";
import { queueActions } from "./queue-actions";
import {
  type Handler,
  jsonError,
  queryError,
  type Refusal,
  restError,
  unknownOperation,
  type WireRequest,
} from "./message";
import { type Head, type Limits, type Route, type Served, type Site, startServer } from "./server";
import { STS, sts } from "./sts";

export type { Limits, Served, Site } from "./server";
export type { WireAnswer, WireRequest } from "./message";

/** The services behind the port. */
export interface WireServices {
  readonly place: () => Place;
  /** The function with an access key. It may do what its role allows. Callers with other keys may do everything. */
  readonly callerOf: (accessKey: string) => Caller | undefined;
  readonly authorize: Authorize;
  readonly stepFunctions: Actions;
  /** Resolves once everything so far is written to the data folder. */
  readonly durable?: () => Promise<void>;
  readonly lambda: Omit<LambdaService, "refuse">;
  readonly logs: Logs;
  readonly queues: Queues;
  /** The endpoint of the tables. */
  readonly dynamoDB: () => string;
  /** All other services. */
  readonly others: Handler;
}

export interface WireOptions {
  readonly host?: string | undefined;
  /** 0 for a free port. */
  readonly port?: number | undefined;
  readonly exposed?: boolean | undefined;
  readonly limits?: Partial<Limits>;
  /** A site that also answers on the port. */
  readonly site?: Site | undefined;
}

const JSON_MAX_BYTES = 4 * 1024 * 1024;
const DYNAMODB_MAX_BYTES = 16 * 1024 * 1024;
const QUERY_MAX_BYTES = 256 * 1024;

/**
 * Opens one port for AWS clients. Like AWS's emulators, it finds the service of a request by the prefix of its target,
 * by its path, or by its form; failing these, by the service in its signature or its host name.
 */
export async function startWire(
  services: WireServices,
  { host = "127.0.0.1", port = 0, exposed = false, limits = {}, site }: WireOptions = {},
): Promise<Served> {
  const callerOf = ({ signer }: WireRequest) => services.callerOf(signer.accessKey);
  const refuse: Refusal = async (request, action, resource) => {
    const caller = callerOf(request);
    return caller && services.authorize(caller, action, resource);
  };
  const { place } = services;
  const table = dynamoDB(services.dynamoDB);
  const json = { writeError: jsonError("1.0"), maxBytes: JSON_MAX_BYTES, tooLarge: entityTooLarge };
  const states: Route = {
    ...json,
    handle: jsonService({
      actions: services.stepFunctions,
      version: "1.0",
      service: "states",
      refuse,
      isByProgram: (request) => callerOf(request) !== undefined,
      durable: services.durable,
    }),
  };
  const logs: Route = {
    ...json,
    writeError: jsonError("1.1"),
    handle: jsonService({ actions: logsActions(services.logs, place), version: "1.1", service: "logs", refuse }),
  };
  const queued = queueActions(services.queues);
  const receive = jsonService({ actions: queued, version: "1.0", service: "sqs", refuse, durable: services.durable });
  const queues: Route = {
    ...json,
    // Sent messages are recorded, as for other services.
    handle: (request) => {
      const action = String(request.headers["x-amz-target"]).replace(/^[^.]*\./, "");
      return Object.hasOwn(queued, action) ? receive(request) : services.others(request);
    },
  };
  const items: Route = { ...json, handle: table, maxBytes: DYNAMODB_MAX_BYTES };
  const functions: Route = {
    handle: lambda({ ...services.lambda, refuse }),
    writeError: restError,
    // The body is the payload, so the limit is the payload's.
    maxBytes: MAX_PAYLOAD_BYTES,
    tooLarge: (most) =>
      new AwsError(
        "RequestTooLargeException",
        `Request must be smaller than ${most} bytes for the InvokeFunction operation`,
        {
          status: 413,
        },
      ),
  };
  const identity: Route = {
    handle: sts({ place, callerOf }),
    writeError: queryError(STS),
    maxBytes: QUERY_MAX_BYTES,
    tooLarge: entityTooLarge,
  };
  const others: Route = { ...json, handle: services.others };
  const query: Route = { ...others, writeError: queryError("https://iam.amazonaws.com/"), maxBytes: QUERY_MAX_BYTES };
  const nothing: Route = { ...json, handle: () => Promise.reject(unknownOperation()) };
  const byTarget: Readonly<Record<string, Route>> = {
    AWSStepFunctions: states,
    DynamoDB_20120810: items,
    Logs_20140328: logs,
    AmazonSQS: queues,
  };

  function route({ path, headers, signer, method }: Head): Route {
    if (path.startsWith("/2015-03-31/functions")) return functions;
    const target = headers["x-amz-target"];
    if (typeof target === "string") return byTarget[target.replace(/\..*/s, "")] ?? others;
    const service = signer.service || /^([a-z]+)[.\w-]*\.amazonaws\.com/.exec(headers.host ?? "")?.[1] || "";
    if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
      return service === "sts" || service === "" ? identity : query;
    }
    const bySigner: Readonly<Record<string, Route>> = {
      states,
      logs,
      dynamodb: items,
      lambda: functions,
      sts: identity,
    };
    if (Object.hasOwn(bySigner, service)) return bySigner[service] as Route;
    return service === "" || method === "OPTIONS" ? nothing : others;
  }

  const served = await startServer({ route, host, port, exposed, limits, site });
  return {
    endpoint: served.endpoint,
    async close() {
      table.close();
      await served.close();
    },
  };
}

const entityTooLarge = (most: number): AwsError =>
  new AwsError("RequestEntityTooLargeException", `The request entity is too large: a request has up to ${most} bytes`, {
    status: 413,
  });
