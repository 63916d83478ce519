import { CHANGING_FUNCTIONS } from "../asl/functions";
import { edgesOf, fieldsOf, type RawState, type RawStates } from "../asl/states";

/** Expressions that yield another value each time. A state of its own makes such a value once and keeps it. */
const MADE_ONCE = new RegExp(
  `\\$(${[...CHANGING_FUNCTIONS].join("|")})\\s*\\(|States\\.(UUID|MathRandom)\\s*\\(|\\$\\$\\.State\\.EnteredTime`,
);

/**
 * Whether a Pass on the way to success does nothing that its neighbours could not do (S13). Three kinds of Pass are needed:
 * one that makes an identity, one between a Choice and an end, and one to which a Catch leads. In JSONPath mode a Choice
 * changes no data, so a Pass to which a Choice leads is needed too.
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
