import type { IncomingHttpHeaders } from "node:http";
import type { Json, JsonObject } from "../../interpreter";
import { AwsError } from "../aws-error";

/** A request of an AWS client. */
export interface WireRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /**
   * The signer and the service of the signature: `{ accessKey: "AKIA…", service: "states" }`. The signature is not
   * verified.
   */
  readonly signer: Signer;
  readonly body: Buffer;
}

export interface Signer {
  readonly accessKey: string;
  readonly service: string;
}

/** The response to a request. */
export interface WireAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export type Handler = (request: WireRequest) => Promise<WireAnswer>;

/** Writes the error of a service. Each protocol of AWS has its own form. */
export type WriteError = (error: AwsError, requestId: string) => WireAnswer;

/** AWS JSON 1.0 and 1.1: the body contains the error's name. */
export const jsonError =
  (version: "1.0" | "1.1"): WriteError =>
  ({ name, message, status, fields }) => ({
    status,
    headers: { "Content-Type": `application/x-amz-json-${version}`, "x-amzn-ErrorType": name },
    body: JSON.stringify({ __type: name, ...(message !== "" && { message }), ...fields }),
  });

/** REST with JSON, as in Lambda: a header contains the error's name. */
export const restError: WriteError = ({ name, message, status, fields }) => ({
  status,
  headers: { "Content-Type": "application/json", "x-amzn-ErrorType": name },
  body: JSON.stringify({ Type: status < 500 ? "User" : "Service", Message: message, message, ...fields }),
});

/** The query protocol: forms and XML. */
export const queryError =
  (namespace: string): WriteError =>
  ({ name, message, status }, RequestId) => ({
    status,
    headers: { "Content-Type": "text/xml" },
    body:
      `<ErrorResponse xmlns="${namespace}"><Error>` +
      `${xml({ Type: status < 500 ? "Sender" : "Receiver", Code: name, Message: message })}</Error>` +
      `${xml({ RequestId })}</ErrorResponse>`,
  });

/** A response of the query protocol. */
export const queryAnswer = (
  namespace: string,
  { action, result, requestId }: { readonly action: string; readonly result: Json; readonly requestId: string },
): WireAnswer => ({
  status: 200,
  headers: { "Content-Type": "text/xml" },
  body:
    `<${action}Response xmlns="${namespace}"><${action}Result>${xml(result)}</${action}Result>` +
    `<ResponseMetadata>${xml({ RequestId: requestId })}</ResponseMetadata></${action}Response>`,
});

/**
 * Converts JSON to XML. Fields become elements with their names, and the items of a list become `member` elements, as
 * on AWS.
 */
export function xml(value: Json): string {
  if (Array.isArray(value)) return value.map((each) => `<member>${xml(each)}</member>`).join("");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, each]) => `<${key}>${xml(each)}</${key}>`)
      .join("");
  }
  return String(value ?? "").replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * The JSON of a request.
 * @throws AwsError SerializationException if it is not JSON
 */
export function jsonOf({ body }: Pick<WireRequest, "body">): Json {
  try {
    return JSON.parse(body.toString()) as Json;
  } catch {
    throw new AwsError("SerializationException", "");
  }
}

export const unknownOperation = (message = ""): AwsError => new AwsError("UnknownOperationException", message);

/** Any other error is a fault of this machine. Clients do not see its details. */
export const asAwsError = (error: unknown): AwsError =>
  error instanceof AwsError
    ? error
    : new AwsError("InternalFailure", "The request processing has failed because of an unknown error", { status: 500 });

/** Decides whether a caller may do something. Returns the reason for a refusal in AWS's words, or undefined. */
export type Refusal = (request: WireRequest, action: string, resource: string) => Promise<string | undefined>;

export type { JsonObject };
