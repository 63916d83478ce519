import { edgesOf, fieldsOf, innerOf, type RawState, type RawStates } from "../../asl/states";
import { type Ast, expressionIn, readsOf, sourceOf } from "../expression";
import { isIntrinsic, referenceOf, referencesIn } from "./reference";

const NONE: ReadonlySet<string> = new Set();

/**
 * The names of fields and variables that a state, or one after it, reads in its level and within. Data that differs only in
 * other names is equal for these states.
 */
export function askedIn({ States }: RawStates): (state: string) => ReadonlySet<string> {
  const names = Object.keys(States);
  const asked = new Map(Object.entries(States).map(([name, state]) => [name, new Set(namesIn(state))]));
  const before = new Map<string, string[]>();
  for (const [name, state] of Object.entries(States)) {
    for (const { to } of edgesOf(state)) if (to !== undefined) before.set(to, [...(before.get(to) ?? []), name]);
  }
  // Most states lead to a later one of the definition, so the last one comes first.
  const changed = new Set(names.toReversed());
  for (const name of changed) {
    changed.delete(name);
    for (const earlier of before.get(name) ?? []) {
      const own = asked.get(earlier) as Set<string>;
      const size = own.size;
      for (const one of asked.get(name) ?? NONE) own.add(one);
      if (own.size > size) changed.add(earlier);
    }
  }
  return (state) => asked.get(state) ?? NONE;
}

/** The key of a variable, distinct from a field of the same name. */
export const variableNamed = (name: string): string => `$${name}`;

function namesIn(state: RawState): readonly string[] {
  const own = fieldsOf(state).flatMap(({ value }) => {
    const said = String(value);
    if (sourceOf(said) !== undefined) return namesOf(expressionIn(said));
    const reference = referenceOf(said);
    const found = isIntrinsic(said) ? referencesIn(said) : reference ? [reference] : [];
    return found.flatMap(({ variable, segments }) => [
      ...(variable === undefined ? [] : [variableNamed(variable)]),
      ...segments.map(String),
    ]);
  });
  return [...new Set([...own, ...innerOf(state).flatMap(({ States }) => Object.values(States).flatMap(namesIn))])];
}

/** The names of fields that an expression reads from `$states`. */
function namesOf(ast: Ast | undefined): readonly string[] {
  const paths = ast ? [...readsOf(ast).paths] : [];
  return paths.flatMap((path) => (path.startsWith("states.") ? path.split(".").slice(2) : []));
}
