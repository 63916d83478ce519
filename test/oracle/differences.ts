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
/** Where both are right, each in its way. */
export const EXPLAINED: readonly Explained[] = [
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
      verifier.some((line) => /M\d+|\[\d\]|unknown/.test(line)) &&
      /items|item |list|expression|variable|handed on|forgotten|record/.test(mutation),
  },
  {
    outcome: "false alarm",
    why: "who calls is an expression that the verifier does not follow: it proves nothing of the call",
    explains: ({ verifier }) => verifier.every((line) => /^S11 .*is unknown/.test(line)),
  },
  {
    outcome: "false alarm",
    why: "the roles have an order (S9): what is never undone comes after a pivot, even where no run comes to harm",
    explains: ({ verifier }) => verifier.every((line) => line.startsWith("S9 ")),
  },
  {
    outcome: "false proof",
    why: "the name of the saga in a declaration is a label: the verifier holds no Cause to it",
    explains: (compared) => compared.mutation === "another saga is declared" && every(compared, /^S6: its Cause /),
  },
  {
    outcome: "false proof",
    why: "a step after the pivot whose Catch leads back to it is tried again: the verifier takes it that it succeeds in the end",
    explains: (compared) => compared.mutation === "what follows the pivot is caught" && every(compared, /^endless: /),
  },
  {
    outcome: "false alarm",
    why: "a failure without its cause: the verifier wants all four fields of a Cause (S6), and the oracle three",
    explains: ({ mutation, verifier }) =>
      mutation === "a record says that it failed" &&
      verifier.every((line) => /^S6 .*does not say which step/.test(line)),
  },
];

const RANDOM_VALUE = "a value stands in another one's place";
