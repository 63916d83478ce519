/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The quota of Step Functions for a state's input, for its output, and for the variables of one Assign: 256 KiB. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

/** Size as the service measures it: the UTF-8 bytes of the JSON text. */
export function byteSize(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

export function exceedsPayloadLimit(value: Json): boolean {
  return byteSize(value) > MAX_PAYLOAD_BYTES;
}

/** A copy that shares nothing with the original, so that neither side sees the other's changes. */
export function copyJson<T extends Json>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

export type JsonTypeName = "null" | "boolean" | "number" | "string" | "array" | "object";

export function jsonTypeOf(value: Json): JsonTypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonTypeName;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
