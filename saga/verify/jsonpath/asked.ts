import { edgesOf, fieldsOf, innerOf, type RawState, type RawStates } from "../../asl/states";
import { referenceOf, referencesIn } from "./reference";

/**
 * The names, of fields and of variables, that a state or one after it asks for, in its level and within: data in which others
 * differ is the same to them.
 */
export function askedIn({ States }: RawStates): (state: string) => ReadonlySet<string> {
  const own = new Map(Object.entries(States).map(([name, state]) => [name, namesIn(state)]));
  const all = new Map<string, ReadonlySet<string>>();
  return (state) => {
    const known = all.get(state);
    if (known) return known;
    const reached = new Set([state]);
    const names = new Set<string>();
    // A set goes on to what is added to it while it is gone through.
    for (const each of reached) {
      for (const name of own.get(each) ?? []) names.add(name);
      const raw = States[each];
      for (const { to } of raw ? edgesOf(raw) : []) if (to !== undefined) reached.add(to);
    }
    all.set(state, names);
    return names;
  };
}

/** A variable, apart from the fields of that name. */
export const variableNamed = (name: string): string => `$${name}`;

function namesIn(state: RawState): readonly string[] {
  const own = fieldsOf(state).flatMap(({ value }) => {
    const said = String(value);
    const reference = referenceOf(said);
    return [...(reference ? [reference] : []), ...referencesIn(said)].flatMap(({ variable, segments }) => [
      ...(variable === undefined ? [] : [variableNamed(variable)]),
      ...segments.map(String),
    ]);
  });
  return [...new Set([...own, ...innerOf(state).flatMap(({ States }) => Object.values(States).flatMap(namesIn))])];
}
