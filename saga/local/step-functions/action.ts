import type { JsonObject } from "../../interpreter";
import { AwsError } from "../aws-error";
import type { Member, Shape } from "../request-shape";

/** One action of the service's API. */
export interface Action {
  readonly shape: Shape;
  /** The resource that the caller needs a permission for; `*` for an action without resources. */
  readonly resource: (request: JsonObject) => string;
  /**
   * Answers a request, which was validated against the shape.
   * @param byProgram Whether a function of the program makes it, and not a client.
   */
  readonly act: (request: JsonObject, byProgram?: boolean) => object | Promise<object>;
}

/** Actions by their names. */
export type Actions = Readonly<Record<string, Action>>;

export const ARN: Member = { type: "string", min: 1, max: 256, required: true };
export const MAX_RESULTS: Member = { type: "integer", min: 0, max: 1000 };
export const NEXT_TOKEN: Member = { type: "string", min: 1, max: 1024 };
const MAX_DATA_LENGTH = 262_144;
export const DATA: Member = { type: "string", max: MAX_DATA_LENGTH, sensitive: true };
export const DEFINITION: Member = { type: "string", min: 1, max: 1_048_576, sensitive: true };
export const ERROR: Member = { type: "string", max: 256, sensitive: true };
export const CAUSE: Member = { type: "string", max: 32_768, sensitive: true };

/** An optional member that the shape declares as a string. */
export const textOf = (request: JsonObject, name: string): string | undefined =>
  (request[name] ?? undefined) as string | undefined;

export const numberOf = (request: JsonObject, name: string): number | undefined =>
  (request[name] ?? undefined) as number | undefined;

/** A member that the shape requires. */
export const requiredText = (request: JsonObject, name: string): string => request[name] as string;

export const objectOf = (request: JsonObject, name: string): JsonObject | undefined =>
  (request[name] ?? undefined) as JsonObject | undefined;

export const validationError = (message: string): AwsError => new AwsError("ValidationException", message);
