import type { RawStates } from "./states";

/** A definition without the structure of a state machine, which can't be verified. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
}

type Fields = Readonly<Record<string, unknown>>;

const TYPES: ReadonlySet<unknown> = new Set("Task Parallel Map Choice Pass Wait Succeed Fail".split(" "));

/**
 * Checks that a definition has the structure of a state machine. Its other mistakes are left to the lints.
 * @throws DefinitionError which says what is wrong, and where
 */
export function readDefinition(json: unknown): RawStates {
  level(json, "");
  return json as RawStates;
}

function level(json: unknown, where: string): void {
  const { StartAt, States } = fields(json, where || "it");
  const at = where === "" ? "it" : where;
  const states = States === undefined ? {} : fields(States, within(where, "States"));
  if (typeof StartAt !== "string" || !Object.hasOwn(states, StartAt)) {
    refuse(at, "has no StartAt that names one of its States");
  }
  for (const [name, state] of Object.entries(states)) checkState(state, within(where, name));
}

function checkState(json: unknown, where: string): void {
  const state = fields(json, where);
  if (!TYPES.has(state["Type"])) {
    refuse(`${where}/Type`, `is ${JSON.stringify(state["Type"] ?? null)}: there are ${[...TYPES].join(", ")}`);
  }
  for (const field of ["Next", "Default"]) {
    if (state[field] !== undefined && typeof state[field] !== "string") {
      refuse(`${where}/${field}`, "is no name of a state");
    }
  }
  if (state["Assign"] !== undefined) fields(state["Assign"], `${where}/Assign`);
  for (const list of ["Retry", "Catch", "Choices"]) {
    listOf(state, list, where).forEach((json, index) => {
      const at = `${where}/${list}[${index}]`;
      const entry = fields(json, at);
      if (list !== "Retry" && typeof entry["Next"] !== "string") refuse(`${at}/Next`, "is no name of a state");
      if (list !== "Choices") checkErrors(entry["ErrorEquals"], `${at}/ErrorEquals`);
      if (entry["Assign"] !== undefined) fields(entry["Assign"], `${at}/Assign`);
    });
  }
  listOf(state, "Branches", where).forEach((branch, index) => {
    level(branch, `${where}/Branches[${index}]`);
  });
  for (const field of ["ItemProcessor", "Iterator"]) {
    if (state[field] !== undefined) level(state[field], `${where}/${field}`);
  }
}

function checkErrors(errors: unknown, where: string): void {
  if (!Array.isArray(errors) || errors.length === 0 || !errors.every((error) => typeof error === "string")) {
    refuse(where, "is no list of names of errors");
  }
}

function listOf(state: Fields, field: string, where: string): readonly unknown[] {
  const list = state[field] ?? [];
  return Array.isArray(list) ? (list as readonly unknown[]) : refuse(`${where}/${field}`, "is no list");
}

function fields(value: unknown, where: string): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : refuse(where, "is no object");
}

const within = (where: string, name: string): string => (where === "" ? name : `${where}/${name}`);

function refuse(where: string, what: string): never {
  throw new DefinitionError(where === "it" ? `it ${what}` : `${where} ${what}`);
}
