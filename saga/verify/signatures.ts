import type { Type } from "./facts";

/** The parameters and the result of a function. */
export interface Signature {
  /** The types of each parameter. An empty list takes any value, and none. */
  readonly takes: readonly (readonly Type[])[];
  /** The number of required parameters. All if undefined. */
  readonly least?: number;
  readonly yields: Type;
  /** Whether there always is a result. If undefined, there is one if the first argument has a value. */
  readonly always?: boolean;
}

const ANY: readonly Type[] = [];
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ["abs", { takes: [["number"]], yields: "number" }],
  ["boolean", { takes: [ANY], yields: "boolean" }],
  ["contains", { takes: [["string"], ["string", "regex"]], yields: "boolean" }],
  ["ceil", { takes: [["number"]], yields: "number" }],
  ["count", { takes: [ANY], yields: "number", always: true }],
  ["exists", { takes: [ANY], yields: "boolean", always: true }],
  ["floor", { takes: [["number"]], yields: "number" }],
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
