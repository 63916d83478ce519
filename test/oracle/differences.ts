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
const text = (compared: Compared): string => JSON.stringify(compared.case.definition);
const role = ({ case: { declaration }, oracle }: Compared, rule: string): string | undefined => {
  const what = oracle.bad?.offences.find((offence) => offence.rule === rule)?.what;
  return declaration.calls[what?.split(" ")[0] ?? ""]?.role;
};

/** Where both are right, each in its way. */
const AS_IT_SHOULD_BE: readonly Explained[] = [
  {
    outcome: "false proof",
    why: "an undo withstands that there is nothing to undo (S3): the verifier asks for no more within a list",
    explains: (compared) => every(compared, /^(S1: .*\] never began|S2: .*\] was refused)$/),
  },
  {
    outcome: "false alarm",
    why: "a condition asked twice, of the same input: the verifier lets each time go its own way",
    explains: ({ mutation, verifier, ...compared }) =>
      verifier.every((line) => /^S(1|2|6|10) /.test(line)) &&
      text({ mutation, verifier, ...compared }).includes('"Type":"Choice"') &&
      (/tried again|elsewhere|follows itself|back to the first/.test(mutation) || mutation === RANDOM_VALUE),
  },
  {
    outcome: "false alarm",
    why: "the items come from their list in a way that the verifier does not follow: it proves nothing of them",
    explains: ({ mutation, verifier }) =>
      verifier.some((line) => /M\d+|\[\d\]|not known/.test(line)) &&
      /items|item |list|expression|variable|handed on|forgotten|record/.test(mutation),
  },
  {
    outcome: "false alarm",
    why: "who calls is an expression that the verifier does not follow: it proves nothing of the call",
    explains: ({ verifier }) => verifier.every((line) => /^S11 .*is not known/.test(line)),
  },
  {
    outcome: "false alarm",
    why: "the roles have an order (S9): what is never undone comes after a pivot, even where no run comes to harm",
    explains: ({ verifier }) => verifier.every((line) => line.startsWith("S9 ")),
  },
];

const RANDOM_VALUE = "a value stands in another one's place";

/** Where the verifier calls sound what runs have shown to be bad. An entry goes with what it tells of. */
const KNOWN: readonly Explained[] = [
  {
    outcome: "crash",
    why: "the search looks for a choice that it has forgotten, where a failed Parallel follows another one and goes on",
    explains: ({ verifier }) => verifier.every((line) => line.startsWith("Error: there is no choice ")),
  },
  {
    outcome: "false proof",
    why: "what the Cause of SagaCompensated says is not looked at (S6)",
    explains: (compared) => every(compared, /^S6: (its Cause|nothing fails)/),
  },
  {
    outcome: "false proof",
    why: "a machine that can end may yet go round for ever another way",
    explains: (compared) => every(compared, /^(endless|S11): /) && /^endless/m.test(offences(compared)),
  },
  {
    outcome: "false proof",
    why: "the number of the try is taken for a constant (S11)",
    explains: (compared) => text(compared).includes("State.RetryCount"),
  },
  {
    outcome: "false proof",
    why: "who calls is looked at where something is undone alone (S11)",
    explains: (compared) =>
      /^S11: /m.test(offences(compared)) && ["retriable", "query"].includes(role(compared, "S11") ?? ""),
  },
  {
    outcome: "false proof",
    why: "two calls in one name, where nothing is undone (S11)",
    explains: (compared) => every(compared, /^S11: .*share the identity/),
  },
  {
    outcome: "false proof",
    why: "a query that does not try again after a fault that passes (S4)",
    explains: (compared) => every(compared, /^S4: /) && role(compared, "S4") === "query",
  },
  {
    outcome: "false proof",
    why: "the results of many undos together may be too large, where they hand them on (S7)",
    explains: (compared) => every(compared, /^S5: .*with States\.DataLimitExceeded/),
  },
  {
    outcome: "false proof",
    why: "an object that has a key twice can't be evaluated, and is taken for one that can",
    explains: (compared) => /'(\w+)': [^,{}]*, '\1':/.test(text(compared)),
  },
];

const offences = ({ oracle }: Compared): string =>
  (oracle.bad?.offences ?? []).map(({ rule, what }) => `${rule}: ${what}`).join("\n");

export const EXPLAINED: readonly Explained[] = [...AS_IT_SHOULD_BE, ...KNOWN];
