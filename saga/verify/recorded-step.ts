import { edgesOf, innerOf, type RawState, type RawStates } from "../asl/states";
import type { Flaw } from "./flaw";
import { fieldOf, isSpelledOut, textOf } from "./spelled";

/** The fields in the record of a failure (S6). */
export const FIELDS: readonly string[] = ["saga", "step", "error", "cause"];

type Fields = Readonly<Record<string, unknown>>;

/** The flaws of failures that are recorded under the name of another state, as after a copy of a Catch (S6). */
export function recordFlaws(definition: RawStates): readonly Flaw[] {
  const names = new Set(namesIn(definition));
  return flawsIn(definition, names);
}

function flawsIn(level: RawStates, names: ReadonlySet<string>): readonly Flaw[] {
  return Object.entries(level.States).flatMap(([name, state]) => {
    const own = ownOf(name, state);
    const caught = (state.Catch ?? []).flatMap(recordsOf).find((step) => names.has(step) && !own(step));
    const noted = state.Type === "Pass" ? notedBy(name, state, level) : undefined;
    return [
      ...(caught === undefined ? [] : [flaw(name, `${name}'s Catch records`, { step: caught, failed: name })]),
      ...(noted && names.has(noted.step) ? [flaw(name, `${name} records`, noted)] : []),
      ...innerOf(state).flatMap((inner) => flawsIn(inner, names)),
    ];
  });
}

interface Noted {
  readonly step: string;
  /** The state that has failed. */
  readonly failed: string;
}

const flaw = (state: string, who: string, { step, failed }: Noted): Flaw => ({
  rule: "S6",
  kind: "wrong-step",
  state,
  message: `${who} a failure of ${step}, but ${failed} has failed: the Cause would name the wrong step`,
  hint: `Record the step '${failed}' in ${who.replace(/ records$/, "")}`,
});

/** A wrong step in a Pass that only Catches lead to. */
function notedBy(name: string, state: RawState, { States }: RawStates): Noted | undefined {
  const [step] = recordsOf(state);
  const before = Object.entries(States).filter(([, other]) => edgesOf(other).some(({ to }) => to === name));
  const [first] = before;
  if (step === undefined || first === undefined) return undefined;
  const isWrong = before.every(
    ([from, other]) => other.Next !== name && other.Type !== "Choice" && !ownOf(from, other)(step),
  );
  return isWrong ? { step, failed: before.map(([from]) => from).join(" or ") } : undefined;
}

/** Whether a name is that of a state, of a state within it, or of the step with whose identity it calls. */
function ownOf(name: string, state: RawState): (step: string) => boolean {
  const own = new Set([name, ...innerOf(state).flatMap(namesIn)]);
  const said = JSON.stringify([state["Arguments"], state["Parameters"]]);
  return (step) => own.has(step) || said.includes(`'${step}'`) || said.includes(JSON.stringify(step));
}

const namesIn = ({ States }: RawStates): readonly string[] =>
  Object.entries(States).flatMap(([name, state]) => [name, ...innerOf(state).flatMap(namesIn)]);

/** The constant steps of the failures that a Catch or a Pass records. */
function recordsOf({ Assign, Output, Parameters, Result }: Fields): readonly string[] {
  const values = [...Object.values((Assign as Fields | undefined) ?? {}), Output, Parameters, Result];
  return values.flatMap((value) => stepOf(value) ?? []);
}

/** The constant step of a value with all fields of a record. */
function stepOf(value: unknown): string | undefined {
  const record = { raw: value };
  const has = (field: string): boolean => fieldOf(record, field) !== undefined;
  if (!isSpelledOut(record) || !FIELDS.every((field) => has(field) || has(`${field}.$`))) return undefined;
  const step = fieldOf(record, "step");
  return step && textOf(step);
}
