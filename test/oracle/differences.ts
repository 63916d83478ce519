import type { Comparison } from "./compare";

/** A kind of disagreement whose reason is known. */
export interface Explained {
  readonly outcome: "false proof" | "false alarm" | "crash";
  readonly why: string;
  readonly explains: (comparison: Compared) => boolean;
}

type Compared = Pick<Comparison, "mutation" | "case" | "oracle" | "verifier">;

const every = ({ oracle }: Compared, what: RegExp): boolean =>
  (oracle.bad?.offences ?? []).every((offence) => what.test(`${offence.rule}: ${offence.what}`));
const lines = ({ verifier }: Compared, what: RegExp): boolean => verifier.every((line) => what.test(line));

/** Every field of a definition, and within its fields, by its name. */
const fieldsIn = (value: unknown): readonly (readonly [name: string, value: unknown])[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]: [string, unknown]) => [[name, inner] as const, ...fieldsIn(inner)]);

/** What a saga decides by: conditions, lists, and variables that say what has begun and what has failed. */
const DECIDES = /^(Condition|Items|failure|\w+_(undo|taken))$/;
/** What a function has answered. */
const ANSWER = /\$S\d+\b|\$states\.result\.Payload/;

const decidesByAnAnswer = ({ case: { definition } }: Compared): boolean =>
  fieldsIn(definition).some(([name, value]) => DECIDES.test(name) && typeof value === "string" && ANSWER.test(value));

/** So many states a run that goes round enters each time, or fewer. */
const ROUND = 30;

/** Whether a run that never ends goes round by a Catch. */
function comesBack({ case: { definition }, oracle: { bad } }: Compared): boolean {
  const round = new Set<unknown>(bad?.entered.slice(-ROUND));
  const leadsBack = (state: unknown): boolean =>
    fieldsIn((state as { readonly Catch?: unknown }).Catch).some(([name, to]) => name === "Next" && round.has(to));
  return fieldsIn(definition).some(([name, state]) => round.has(name) && leadsBack(state));
}

/** The names in the Cause of an offence, where it has all that a Cause is to have. */
function sagaIn(what: string): unknown {
  try {
    const told = JSON.parse(what.slice(what.indexOf("{"))) as Readonly<Record<string, unknown>>;
    return ["step", "error", "cause"].every((field) => typeof told[field] === "string") ? told["saga"] : undefined;
  } catch {
    return undefined;
  }
}

/** Where both are right, each in its way. */
export const EXPLAINED: readonly Explained[] = [
  {
    outcome: "false proof",
    why: "an undo withstands that there is nothing to undo (S3): the verifier asks for no more within a list",
    explains: (compared) => every(compared, /^(S1: .*\] never began|S2: .*\] was refused)$/),
  },
  {
    outcome: "false proof",
    why: "the name of the saga in a declaration is a label: the verifier holds no Cause to it",
    explains: ({ case: { declaration }, oracle }) =>
      (oracle.bad?.offences ?? []).every(({ rule, what }) => {
        const named = sagaIn(what);
        return rule === "S6" && typeof named === "string" && named !== declaration.saga;
      }),
  },
  {
    outcome: "false proof",
    why: "a step after the pivot whose Catch leads back to it is tried again: the verifier takes it that it succeeds in the end",
    explains: (compared) => every(compared, /^endless: /) && comesBack(compared),
  },
  {
    outcome: "false proof",
    why: "an expression whose error is caught may fail, or may not: the verifier does not know that it always does",
    explains: (compared) => every(compared, /^S6: nothing fails but what .* computes, and it never completes/),
  },
  {
    outcome: "false alarm",
    why: "what a function answers may be anything to the verifier, and is one thing here: it can't be decided by",
    explains: (compared) => lines(compared, /^S(1|2|6|10) |^S11 .*is unknown/) && decidesByAnAnswer(compared),
  },
  {
    outcome: "false alarm",
    why: "who calls is an expression that the verifier does not follow: it proves nothing of the call",
    explains: (compared) => lines(compared, /^S11 .*is unknown/),
  },
  {
    outcome: "false alarm",
    why: "the roles have an order (S9): what is never undone comes after a pivot, even where no run comes to harm",
    explains: (compared) => lines(compared, /^S9 /),
  },
  {
    outcome: "false alarm",
    why: "a step that has been done, and is done again after another one's failure, acts after a failure: in the same name, so that it does no harm",
    explains: (compared) =>
      lines(compared, /^S(1|2|10) /) &&
      compared.verifier.some((line) =>
        /^S[12] (\S+): \1 starts after an earlier step has failed, and leaves behind .*\b\1\b/.test(line),
      ),
  },
  {
    outcome: "false alarm",
    why: "the explorer asks that a Cause names a step, and not that it is the one that failed",
    explains: (compared) => lines(compared, /^S6 \S+: .* a failure of \S+, but .* has failed: /),
  },
];
