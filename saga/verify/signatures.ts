import type { Type } from "./facts";

/** What a function takes and yields. */
export interface Signature {
  /** Of each parameter the types that it takes; any, or nothing at all, where there is none. */
  readonly takes: readonly (readonly Type[])[];
  /** How many must be given; all where that is not said. */
  readonly least?: number;
  readonly yields: Type;
  /** Whether there is a result whatever is given; as with the first argument, where that is not said. */
  readonly always?: boolean;
}

const ANY: readonly Type[] = [];
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ["abs", { takes: [["number"]], yields: "number" }],
  ["boolean", { takes: [ANY], yields: "boolean" }],
  ["contains", { takes: [["string"], ["string", "regex"]], yields: "boolean" }],
  ["count", { takes: [ANY], yields: "number", always: true }],
  ["exists", { takes: [ANY], yields: "boolean", always: true }],
  ["hash", { takes: [["string"], ["string"]], yields: "string" }],
  ["length", { takes: [["string"]], yields: "number" }],
  ["millis", { takes: [], yields: "number" }],
  ["lookup", { takes: [ANY, ["string"]], yields: "any", always: false }],
  ["not", { takes: [ANY], yields: "boolean", always: true }],
  ["now", { takes: [], yields: "string" }],
  ["replace", { takes: [["string"], ["regex"], ["string"]], yields: "string" }],
  ["reverse", { takes: [ANY], yields: "array" }],
  ["string", { takes: [ANY, ["boolean"]], least: 1, yields: "string" }],
  ["substring", { takes: [["string"], ["number"], ["number"]], least: 2, yields: "string" }],
  ["type", { takes: [ANY], yields: "string" }],
  ["uuid", { takes: [], yields: "string" }],
]);
export const HASHES: ReadonlySet<unknown> = new Set(["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"]);
