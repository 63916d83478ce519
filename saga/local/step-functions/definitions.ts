import { DefinitionError, type Json, type JsonObject, loadMachine, type Machine } from "../../interpreter";
import { isObject } from "../../interpreter/json";
import { AwsError } from "../aws-error";

export type MachineType = "STANDARD" | "EXPRESS";

/** A diagnostic of ValidateStateMachineDefinition. */
export interface Diagnostic {
  readonly severity: "ERROR";
  readonly code: string;
  readonly message: string;
  readonly location?: string;
}

/**
 * Reads a definition.
 * @throws AwsError InvalidDefinition, in the service's words, or with the feature that this machine does not run
 */
export function readDefinition(definition: string, type: MachineType): Machine {
  const read = tryDefinition(definition, type);
  if (!("code" in read)) return read;
  const { code, message, location } = read;
  throw new AwsError(
    "InvalidDefinition",
    `Invalid State Machine Definition: '${code}: ${message}${location === undefined ? "" : ` at ${location}`}'`,
  );
}

/** The first error in a definition, if there is any. */
export function diagnose(definition: string, type: MachineType): readonly Diagnostic[] {
  const read = tryDefinition(definition, type);
  return "code" in read ? [read] : [];
}

function tryDefinition(definition: string, type: MachineType): Machine | Diagnostic {
  const wrong = (code: string, message: string, location?: string): Diagnostic => ({
    severity: "ERROR",
    code,
    message,
    ...(location !== undefined && { location }),
  });
  if (definition === "") return wrong("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object");
  let json: Json;
  try {
    json = JSON.parse(definition) as Json;
  } catch (error) {
    return wrong("INVALID_JSON_DESCRIPTION", jsonProblem(definition, error as Error));
  }
  if (!isObject(json)) return wrong("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object");
  const missing = ["States", "StartAt"].filter((field) => !Object.hasOwn(json, field));
  if (missing.length > 0) {
    return wrong("SCHEMA_VALIDATION_FAILED", `These fields are required: [${missing.join(", ")}]`, "/");
  }
  try {
    const machine = loadMachine(json);
    const place = type === "EXPRESS" ? unfitForExpress(json, "") : undefined;
    return place ? wrong("SCHEMA_VALIDATION_FAILED", place.message, place.location) : machine;
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    const { code, location, message } = error;
    const detail = message.slice(`${code}: `.length, -` at ${location || "/"}`.length);
    return wrong(code, code === "NOT_IMPLEMENTED" ? notHere(detail) : detail, location || "/");
  }
}

/** The message for a feature that AWS has and this machine does not. */
const notHere = (detail: string): string =>
  `${detail} on this machine, which runs definitions whose QueryLanguage is JSONata, without Distributed Map, activities ` +
  `and credentials of other accounts`;

/** The first place where a definition uses an integration pattern that only STANDARD machines have. */
function unfitForExpress(sequence: JsonObject, at: string): { message: string; location: string } | undefined {
  for (const [name, state] of Object.entries((sequence["States"] ?? {}) as Record<string, JsonObject>)) {
    const here = `${at}/States/${name}`;
    const resource = typeof state["Resource"] === "string" ? state["Resource"] : "";
    const [, pattern] = /\.(waitForTaskToken|sync)(?::2)?$/.exec(resource) ?? [];
    if (pattern !== undefined) {
      const message = `Express state machine does not support '.${pattern}' service integration`;
      return { message, location: `${here}/Resource` };
    }
    const inner = [
      ...((state["Branches"] ?? []) as JsonObject[]).map(
        (each, index) => [each, `${here}/Branches[${index}]`] as const,
      ),
      ...(isObject(state["ItemProcessor"]) ? [[state["ItemProcessor"], `${here}/ItemProcessor`] as const] : []),
    ];
    for (const [each, location] of inner) {
      const found = unfitForExpress(each, location);
      if (found) return found;
    }
  }
  return undefined;
}

/** The error in a text that is not JSON, in the service's words if they are known. */
export function jsonProblem(text: string, error: Error): string {
  const [, token] = /^\s*([A-Za-z_$][\w$]*)/.exec(text) ?? [];
  if (token !== undefined) {
    return `Unrecognized token '${token}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`;
  }
  if (/^\s*\{\s*'/.test(text)) {
    return "Unexpected character (''' (code 39)): was expecting double-quote to start field name";
  }
  return error.message;
}
