import { type Ast, expressionIn, pathOf, sourceOf } from "./expression";
import type { Type } from "./facts";
import { failureIn } from "./can-fail";
import type { RawState, RawStates } from "../asl/states";

/** Fields that the input of a state always has. */
export type Given = ReadonlySet<string>;

const NONE: Given = new Set();

/** The fields that a value always has: the fields of an object whose values can't be absent. */
function fieldsOf(value: unknown, input: Given): Given {
  if (sourceOf(value) === undefined) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return NONE;
    return new Set(Object.entries(value).flatMap(([key, field]) => (isThere(field, input) ? [key] : [])));
  }
  const ast = expressionIn(value);
  if (!ast) return NONE;
  if (pathOf(ast) === "states.input") return input;
  if (ast.type !== "unary" || ast.value !== "{") return NONE;
  const there = thereOf(input);
  const pairs = ast.lhs as readonly (readonly [Ast, Ast])[];
  return new Set(
    pairs.flatMap(([key, field]) => (failureIn(field, { there }) === undefined ? [String(key.value)] : [])),
  );
}

/** Whether a field always has a value. An expression that yields nothing fails the state. Plain text always has one. */
const isThere = (value: unknown, input: Given): boolean => {
  if (sourceOf(value) === undefined) return true;
  const ast = expressionIn(value);
  return ast !== undefined && failureIn(ast, { there: thereOf(input) }) === undefined;
};

/** The fields as the paths by which an expression reads them. */
export const thereOf = (input: Given): ReadonlyMap<string, Type> =>
  new Map([...input].map((field) => [`states.input.${field}`, "any"]));

/** The input of each iteration of a Map, or of each branch of a Parallel. */
export function givenBy(state: RawState, input: Given): Given {
  if (state.Type === "Map") return state["ItemSelector"] === undefined ? NONE : fieldsOf(state["ItemSelector"], input);
  return state["Arguments"] === undefined ? input : fieldsOf(state["Arguments"], input);
}

/** Types of states that put out their input if they have no Output. */
const PASSING: ReadonlySet<string> = new Set(["Pass", "Choice", "Wait"]);

/** The fields that the input of each state has on every path to it. */
export function givenAt({ StartAt, States }: RawStates, start: Given): ReadonlyMap<string, Given> {
  const at = new Map<string, Given>([[StartAt, start]]);
  const changed = [StartAt];
  const enter = (to: unknown, fields: Given): void => {
    if (typeof to !== "string") return;
    const known = at.get(to);
    const both = known ? new Set([...known].filter((field) => fields.has(field))) : fields;
    if (known && known.size === both.size) return;
    at.set(to, both);
    changed.push(to);
  };
  for (let name = changed.pop(); name !== undefined; name = changed.pop()) {
    const state = Object.hasOwn(States, name) ? States[name] : undefined;
    if (!state) continue;
    const input = at.get(name) ?? NONE;
    const put = (from: Readonly<Record<string, unknown>>): Given => {
      if (from["Output"] !== undefined) return fieldsOf(from["Output"], input);
      return PASSING.has(state.Type) && !("ErrorEquals" in from) ? input : NONE;
    };
    enter(state.Next ?? state.Default, put(state));
    for (const rule of state.Choices ?? []) enter(rule["Next"], put(rule));
    for (const catcher of state.Catch ?? []) enter(catcher["Next"], put(catcher));
  }
  return at;
}
