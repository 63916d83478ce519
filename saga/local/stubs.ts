import { isObject, type Json, type JsonObject } from "../interpreter/json";

/** What stands in for something that is not on this machine: what it answers, or how it fails. */
export type Stub = { readonly output: Json } | { readonly error: string; readonly cause: string };

/**
 * Answers by what they stand in for: a state (`Charge`), a service's action (`ses:SendEmail`), a function's ARN or name,
 * or what the program asks of its account (`aws:ec2/getVpc:getVpc`).
 */
export type Stubs = Readonly<Record<string, Stub>>;

/** What a file of stubs gets wrong. */
export class StubError extends Error {
  override readonly name = "StubError";
}

/**
 * Reads stubs that somebody wrote.
 * @throws StubError
 */
export function readStubs(json: Json, where: string): Stubs {
  if (!isObject(json)) throw new StubError(`${where} is no object of stubs, by what each stands in for`);
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, readStub(value, `${where}: ${key}`)]));
}

function readStub(value: Json, where: string): Stub {
  const { output, error, cause = "" } = isObject(value) ? value : ({} as JsonObject);
  if (output !== undefined && error === undefined) return { output };
  if (typeof error === "string" && output === undefined && typeof cause === "string") return { error, cause };
  throw new StubError(`${where} is neither {"output": …} nor {"error": "…", "cause": "…"}`);
}

/** The first stub of these names, whichever way they spell a service's action. */
export function stubFor(stubs: Stubs, ...names: readonly string[]): Stub | undefined {
  if (Object.keys(stubs).length === 0) return undefined;
  const found = names.find((name) => Object.hasOwn(stubs, name));
  if (found !== undefined) return stubs[found];
  const spelled = new Map(Object.entries(stubs).map(([key, stub]) => [key.toLowerCase(), stub]));
  return names.map((name) => spelled.get(name.toLowerCase())).find((stub) => stub !== undefined);
}
