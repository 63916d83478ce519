import { type Ast, expressionIn, readsOf, sourceOf } from "./expression";
import { certain, COMPUTABLE, type Known, type Type, type VariableTypes } from "./facts";
import { edgesOf, type RawState, type RawStates } from "../asl/states";
import { typeOf } from "./can-fail";

/** The paths that always have a value in the expressions of a state. */
export type ThereOf = (name: string, state: RawState) => ReadonlyMap<string, Type>;

/** For each reachable state, the variables that every path to it has assigned, with their types on all these paths. */
export function assignedAt(
  { StartAt, States }: RawStates,
  before: VariableTypes,
  thereOf: ThereOf,
): ReadonlyMap<string, VariableTypes> {
  const at = new Map<string, VariableTypes>([[StartAt, before]]);
  const changed = [StartAt];
  for (let name = changed.pop(); name !== undefined; name = changed.pop()) {
    const state = Object.hasOwn(States, name) ? States[name] : undefined;
    if (!state) continue;
    const variables = at.get(name) as VariableTypes;
    const there = thereOf(name, state);
    for (const { to, values } of edgesOf(state)) {
      if (to === undefined) continue;
      const along = new Map(variables);
      for (const [variable, value] of Object.entries(values)) along.set(variable, typeOfValue(value, variables, there));
      const known = at.get(to);
      const both = known ? onBoth(known, along) : along;
      if (both === known) continue;
      at.set(to, both);
      changed.push(to);
    }
  }
  return at;
}

/** The types of those variables that an expression reads. */
export function typesRead(ast: Ast, variables: VariableTypes): VariableTypes {
  const read = [...readsOf(ast).variables].flatMap((name) => {
    const known = variables.get(name);
    return known && known.type !== "any" ? [[name, known] as const] : [];
  });
  return new Map(read);
}

/** What holds after two paths have met. The first one itself if that is all. */
function onBoth(one: VariableTypes, other: VariableTypes): VariableTypes {
  const both = new Map<string, Known>();
  let same = true;
  for (const [name, known] of one) {
    const otherwise = other.get(name);
    const agreed = otherwise && agree(known, otherwise);
    if (agreed) both.set(name, agreed);
    if (agreed !== known) same = false;
  }
  return same ? one : both;
}

function agree(one: Known, other: Known): Known {
  if (one.type === "any" || (one.type === other.type && one.computable === other.computable)) return one;
  return certain(one.type === other.type ? one.type : "any");
}

function typeOfValue(value: unknown, variables: VariableTypes, there: ReadonlyMap<string, Type>): Known {
  if (sourceOf(value) === undefined) return typeOfLiteral(value);
  const ast = expressionIn(value);
  if (!ast) return certain("any");
  const { type, computable } = typeOf(ast, { there, variables: typesRead(ast, variables) });
  // An expression that yields nothing fails its state, and assigns nothing.
  return { ...certain(type), ...(computable ? COMPUTABLE : {}) };
}

function typeOfLiteral(value: unknown): Known {
  if (typeof value === "number") return { ...certain("number"), ...(Math.abs(value) <= 1e9 ? COMPUTABLE : {}) };
  if (typeof value === "string" || typeof value === "boolean") return certain(typeof value as Type);
  if (Array.isArray(value)) return certain("array");
  return certain(typeof value === "object" && value !== null ? "object" : "any");
}
