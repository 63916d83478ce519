import type { IncomingHttpHeaders } from "node:http";
import type { Json, JsonObject } from "../../interpreter";
import { AwsError } from "../aws-error";

/** A request that a client of AWS makes. */
export interface WireRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Who signs, and for which service: `{ accessKey: "AKIA…", service: "states" }`. Nothing is verified. */
  readonly signer: Signer;
  readonly body: Buffer;
}

export interface Signer {
  readonly accessKey: string;
  readonly service: string;
}

/** What it is answered. */
export interface WireAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export type Handler = (request: WireRequest) => Promise<WireAnswer>;

/** How a service writes its errors: each protocol of AWS has a way of its own. */
export type WriteError = (error: AwsError, requestId: string) => WireAnswer;

/** AWS JSON 1.0 and 1.1: the error's name stands in the body. */
export const jsonError =
  (version: "1.0" | "1.1"): WriteError =>
  ({ name, message, status, fields }) => ({
    status,
    headers: { "Content-Type": `application/x-amz-json-${version}`, "x-amzn-ErrorType": name },
    body: JSON.stringify({ __type: name, ...(message !== "" && { message }), ...fields }),
  });

/** REST with JSON, as Lambda has it: the error's name stands in a header. */
export const restError: WriteError = ({ name, message, status, fields }) => ({
  status,
  headers: { "Content-Type": "application/json", "x-amzn-ErrorType": name },
  body: JSON.stringify({ Type: status < 500 ? "User" : "Service", Message: message, message, ...fields }),
});

/** The query protocol: forms, and XML. */
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

/** An answer of the query protocol. */
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

/** Elements by their names; the members of a list have the name that AWS gives them. */
export function xml(value: Json): string {
  if (Array.isArray(value)) return value.map((each) => `<member>${xml(each)}</member>`).join("");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, each]) => `<${key}>${xml(each)}</${key}>`)
      .join("");
  }
  return String(value ?? "").replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The JSON of a request, or SerializationException for what is none. */
export function jsonOf({ body }: Pick<WireRequest, "body">): Json {
  try {
    return JSON.parse(body.toString()) as Json;
  } catch {
    throw new AwsError("SerializationException", "");
  }
}

export const unknownOperation = (message = ""): AwsError => new AwsError("UnknownOperationException", message);

/** Anything but an error of AWS is a fault of this machine, of which a client is told nothing. */
export const asAwsError = (error: unknown): AwsError =>
  error instanceof AwsError
    ? error
    : new AwsError("InternalFailure", "The request processing has failed because of an unknown error", { status: 500 });

export type Refusal = (request: WireRequest, action: string, resource: string) => Promise<string | undefined>;

export type { JsonObject };
