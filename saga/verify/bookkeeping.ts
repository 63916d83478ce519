import { edgesOf, fieldsOf, type RawState, type RawStates } from "../asl/states";

/** What yields another value each time: it is made once, in a state of its own, and kept. */
const MADE_ONCE = /\$(uuid|random|now|millis)\s*\(|States\.(UUID|MathRandom)\s*\(|\$\$\.State\.EnteredTime/;

/**
 * Whether a Pass on the way to success does nothing that its neighbours could not do (S13). One that makes an identity
 * does; so does one that is where a Choice leads to an end, or where a Catch leads; and in JSONPath mode, in which a
 * Choice changes no data, one that a Choice leads to.
 */
export function keepsBooks(name: string, { StartAt, States }: RawStates, jsonata: boolean): boolean {
  const state = States[name] as RawState;
  if (fieldsOf(state).some(({ value }) => MADE_ONCE.test(String(value)))) return false;
  if (StartAt === name) return true;
  const needed = (from: RawState): boolean => from.Type === "Choice" && (!jsonata || state["End"] === true);
  const ways = Object.values(States).flatMap((from) =>
    edgesOf({ ...from, Catch: [] }).flatMap(({ to }) => (to === name ? [from] : [])),
  );
  return ways.some((from) => !needed(from));
}
