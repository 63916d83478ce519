import { edgesOf, fieldsOf, innerOf, type RawState, type RawStates } from "../../asl/states";
import { isIntrinsic, referenceOf, referencesIn } from "./reference";

/**
 * The names of fields and variables that a state, or one after it, reads in its level and within. Data that differs only in
 * other names is equal for these states.
 */
export function askedIn({ States }: RawStates): (state: string) => ReadonlySet<string> {
  const own = new Map(Object.entries(States).map(([name, state]) => [name, namesIn(state)]));
  const all = new Map<string, ReadonlySet<string>>();
  return (state) => {
    const known = all.get(state);
    if (known) return known;
    const reached = new Set([state]);
    const names = new Set<string>();
    // The loop also visits what it adds to the set.
    for (const each of reached) {
      for (const name of own.get(each) ?? []) names.add(name);
      const raw = States[each];
      for (const { to } of raw ? edgesOf(raw) : []) if (to !== undefined) reached.add(to);
    }
    all.set(state, names);
    return names;
  };
}

/** The key of a variable, distinct from a field of the same name. */
export const variableNamed = (name: string): string => `$${name}`;

function namesIn(state: RawState): readonly string[] {
  const own = fieldsOf(state).flatMap(({ value }) => {
    const said = String(value);
    const reference = referenceOf(said);
    const found = isIntrinsic(said) ? referencesIn(said) : reference ? [reference] : [];
    return found.flatMap(({ variable, segments }) => [
      ...(variable === undefined ? [] : [variableNamed(variable)]),
      ...segments.map(String),
    ]);
  });
  return [...new Set([...own, ...innerOf(state).flatMap(({ States }) => Object.values(States).flatMap(namesIn))])];
}
