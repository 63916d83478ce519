import { changeEither, type Either, type OutstandingEffects, idOf, push } from "./effects";
import { after, type Trace } from "./trace";
import { keyOf, type Lengths, mapChoices, NeedsChoice, OneOf, type Value } from "./value";

/** Where a path through a level stands: all that what comes next may depend on. */
export interface SearchState {
  readonly at: string;
  /** Those that something still decides by; of the levels around it too. */
  readonly variables: ReadonlyMap<string, Value>;
  /** The output of the state before, or what the level was given, where something still depends on it. */
  readonly input: Value;
  /** The lengths that lists are assumed to have. */
  readonly lengths: Lengths;
  readonly outstanding: OutstandingEffects;
  /** States with branches whose records were lost: what is within may be undone without having run. */
  readonly lost: ReadonlySet<string>;
  /** Whether something has failed, here or in a branch; or has begun to be undone. */
  readonly failed: "no" | "here" | "branch" | "undoing";
  /** The pivot has succeeded. */
  readonly committed: boolean;
  /** The call that was refused just now, nothing having happened. */
  readonly refused: string | undefined;
  /** The ways in which branches may have ended, where several are open. */
  readonly choices: ReadonlyMap<string, readonly Alternative[]>;
  readonly trace: Trace;
}

/** A way in which a branch has ended. */
export interface Alternative {
  readonly lost: ReadonlySet<string>;
  readonly choices: SearchState["choices"];
  readonly trace: Trace;
}

/** The same text for points from which the same follows. */
export function stateKey(point: SearchState): string {
  return [
    point.at,
    idOf(point.outstanding),
    point.failed,
    point.committed,
    point.refused ?? "",
    [...point.lost].join(),
    [...point.lengths].map(([path, length]) => `${path}=${length}`).join(),
    [...point.variables].map(([name, value]) => `${name}=${keyOf(value)}`).join(),
    keyOf(point.input),
  ].join("|");
}

/** The points at which it is known which way a branch has ended. */
export function choose(point: SearchState, choice: string): readonly SearchState[] {
  const alternatives = point.choices.get(choice);
  if (!alternatives) throw new Error(`there is no choice ${choice} here`);
  return alternatives.map((alternative, index) => chosen(point, choice, index, alternative));
}

function chosen(point: SearchState, choice: string, index: number, alternative: Alternative): SearchState {
  const pick = (value: Value): Value =>
    mapChoices(value, (one) => (one.name === choice ? one.values[index] : new OneOf(one.name, one.values.map(pick))));
  const pickHeld = (outstanding: OutstandingEffects): OutstandingEffects =>
    changeEither(outstanding, (either) =>
      either.choice === choice
        ? (either.outstanding[index] ?? null)
        : { ...either, outstanding: either.outstanding.map(pickHeld) },
    );
  const choices = new Map([...point.choices, ...alternative.choices]);
  choices.delete(choice);
  return {
    ...point,
    variables: new Map([...point.variables].map(([name, value]) => [name, pick(value)])),
    input: pick(point.input),
    outstanding: pickHeld(point.outstanding),
    lost: union(point.lost, alternative.lost),
    choices,
    trace: after(point.trace, { text: "", chosen: { choice, trace: alternative.trace } }),
  };
}

/** What a level leaves for the one around it, its choices called by names of their own there. */
export function renamed(
  outstanding: OutstandingEffects,
  output: Value,
  choices: SearchState["choices"],
  scope: string,
) {
  const value = (of: Value): Value => mapChoices(of, (one) => new OneOf(scope + one.name, one.values.map(value)));
  const effects = (of: OutstandingEffects): OutstandingEffects =>
    changeEither(of, (either): Either => ({
      ...either,
      choice: scope + either.choice,
      outstanding: either.outstanding.map(effects),
    }));
  const named = (of: SearchState["choices"]): SearchState["choices"] =>
    new Map(
      [...of].map(([name, alternatives]) => [
        scope + name,
        alternatives.map((one) => ({ ...one, choices: named(one.choices) })),
      ]),
    );
  return { outstanding: effects(outstanding), output: value(output), choices: named(choices) };
}

/** Effects that are one of several. */
export const either = (choice: string, outstanding: readonly OutstandingEffects[]): OutstandingEffects =>
  push({ kind: "either", choice, outstanding }, null);

export const union = (one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> =>
  other.size === 0 ? one : new Set([...one, ...other]);

/** The points at which it is known what was not. */
export function resolved(point: SearchState, error: unknown): readonly SearchState[] {
  if (!(error instanceof NeedsChoice)) throw error;
  const { choice } = error;
  return choose(point, point.choices.has(choice) ? choice : (holderOf(point.choices, choice) ?? choice));
}

/** The choice of whose ends one holds another choice, however deep. */
function holderOf(choices: SearchState["choices"], choice: string): string | undefined {
  const holds = (end: Alternative): boolean => end.choices.has(choice) || holderOf(end.choices, choice) !== undefined;
  return [...choices].find(([, ends]) => ends.some(holds))?.[0];
}
