import { type Ast, parse, sourceOf } from "../expression";
import type { Level } from "../machine";
import type { RawState } from "../../asl/states";

/** What the Cause of a compensated execution has (S6). */
const FIELDS = ["saga", "step", "error", "cause"];

/**
 * Whether a Cause may tell what S6 wants: it is JSON with four fields. An expression must make text of an object, and of
 * one that it spells out, or that a variable holds, the fields are looked at. Undefined where that is not known.
 */
export function tells(machine: Level, { Cause, CausePath }: RawState): boolean | undefined {
  if (CausePath !== undefined) return undefined;
  if (typeof Cause !== "string") return false;
  const source = sourceOf(Cause);
  if (source === undefined) return isTelling(Cause);
  try {
    return textTells(parse(source), machine);
  } catch {
    // The lints report what JSONata does not parse.
    return undefined;
  }
}

/** Both, or neither, or not known. */
const both = (one: boolean | undefined, other: boolean | undefined): boolean | undefined =>
  one === false || other === false ? false : one && other;

function isTelling(text: string): boolean {
  try {
    const told = JSON.parse(text) as unknown;
    return typeof told === "object" && told !== null && FIELDS.every((field) => field in told);
  } catch {
    return false;
  }
}

function textTells(ast: Ast, machine: Level): boolean | undefined {
  switch (ast.type) {
    case "string":
      return isTelling(String(ast.value));
    case "condition":
      return both(textTells(ast.then as Ast, machine), ast.else !== undefined && textTells(ast.else, machine));
    case "block":
      return textTells(ast.expressions?.at(-1) as Ast, machine);
    case "function": {
      const [given] = ast.arguments ?? [];
      return ast.procedure?.value === "string" && given ? objectTells(given, machine) : undefined;
    }
    case "number":
    case "value":
      return false;
    default:
      return undefined;
  }
}

function objectTells(ast: Ast, machine: Level): boolean | undefined {
  switch (ast.type) {
    case "unary": {
      const pairs = ast.value === "{" ? (ast.lhs as readonly (readonly [Ast, Ast])[]) : [];
      return FIELDS.every((field) => pairs.some(([key]) => key.value === field));
    }
    case "condition":
      return both(objectTells(ast.then as Ast, machine), ast.else !== undefined && objectTells(ast.else, machine));
    case "block":
      return objectTells(ast.expressions?.at(-1) as Ast, machine);
    case "variable":
      return variableTells(String(ast.value), machine);
    case "string":
    case "number":
    case "value":
      return false;
    default:
      return undefined;
  }
}

/** Whether a variable holds such an object, as far as what is assigned to it says what it is. */
function variableTells(name: string, machine: Level): boolean {
  const assignedBy = (from: readonly Readonly<Record<string, unknown>>[]): readonly unknown[] =>
    from.flatMap(({ Assign }) => {
      const assigned = (Assign ?? {}) as Readonly<Record<string, unknown>>;
      return Object.hasOwn(assigned, name) ? [assigned[name]] : [];
    });
  const states = [...machine.nodes.values()].map(({ raw }) => raw);
  const caught = assignedBy(states.flatMap(({ Catch = [] }) => Catch));
  const others = assignedBy(states.flatMap((state) => [state, ...(state.Choices ?? [])]));
  // What a Catch assigns is a failure; before one there may be none.
  return caught.every(mayHold) && [...caught, ...others].some(mayHold);
}

/** Whether a value may be an object with the four fields; one that is none, as before anything has failed, is not. */
function mayHold(value: unknown): boolean {
  const source = sourceOf(value);
  if (source === undefined) {
    return typeof value === "object" && value !== null && FIELDS.every((field) => field in value);
  }
  try {
    const ast = parse(source);
    if (ast.type !== "unary" || ast.value !== "{") return !["string", "number", "value"].includes(ast.type);
    const pairs = ast.lhs as readonly (readonly [Ast, Ast])[];
    return FIELDS.every((field) => pairs.some(([key]) => key.value === field));
  } catch {
    return true;
  }
}
