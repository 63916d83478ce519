import { isObject, type Json, type JsonObject } from "../interpreter/json";

/** A stub for something that is not on this machine: its answer, or its error. */
export type Stub = { readonly output: Json } | { readonly error: string; readonly cause: string };

/**
 * Stubs by what they replace: a state (`Charge`), a service's action (`ses:SendEmail`), a function's ARN or name, or a
 * call of the program to its account (`aws:ec2/getVpc:getVpc`).
 */
export type Stubs = Readonly<Record<string, Stub>>;

/** An error in a file of stubs. */
export class StubError extends Error {
  override readonly name = "StubError";
}

/**
 * Validates stubs that a user wrote.
 * @throws StubError
 */
export function readStubs(json: Json, where: string): Stubs {
  if (!isObject(json)) throw new StubError(`${where} is not a JSON object with a stub for each key`);
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, readStub(value, `${where}: ${key}`)]));
}

function readStub(value: Json, where: string): Stub {
  const { output, error, cause = "" } = isObject(value) ? value : ({} as JsonObject);
  if (output !== undefined && error === undefined) return { output };
  if (typeof error === "string" && output === undefined && typeof cause === "string") return { error, cause };
  throw new StubError(`${where} is neither {"output": …} nor {"error": "…", "cause": "…"}`);
}

/** The first stub with one of these names. If no name matches exactly, upper and lower case are ignored. */
export function stubFor(stubs: Stubs, ...names: readonly string[]): Stub | undefined {
  if (Object.keys(stubs).length === 0) return undefined;
  const found = names.find((name) => Object.hasOwn(stubs, name));
  if (found !== undefined) return stubs[found];
  const spelled = new Map(Object.entries(stubs).map(([key, stub]) => [key.toLowerCase(), stub]));
  return names.map((name) => spelled.get(name.toLowerCase())).find((stub) => stub !== undefined);
}
