import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type DeclaredCall, readDeclaration, storiesOf, verify } from "../../saga/verify";
import { followed } from "./follow";

type State = Record<string, unknown>;
type States = Record<string, State>;
interface Case {
  readonly title: string;
  readonly machine: string;
  readonly hint: string;
  /** The hint asks for what no program can make up, such as a function that undoes. */
  readonly asks?: true;
  readonly edit: (states: States, calls: Record<string, DeclaredCall>) => void;
}

const at = (file: string): unknown => JSON.parse(readFileSync(join(__dirname, file), "utf8"));
const statesWithin = (level: unknown): States => (level as { readonly States: States }).States;
const branchesOf = (state: State | undefined): readonly States[] =>
  ((state?.["Branches"] ?? []) as readonly unknown[]).map(statesWithin);
const SETTLED = "fixtures/settled-branches";
const LIST = "lists/list-in-brackets";

const CASES: readonly Case[] = [
  {
    title: "the Map that has the undo in its items, for a Catch at the top",
    machine: LIST,
    hint: "Give Pick a Catch for States.ALL that leads to PutBack",
    edit: ({ Pick }) => delete Pick?.["Catch"],
  },
  {
    title: "the Choice that is there, if it does not test every branch",
    machine: SETTLED,
    hint: "Let AllFilled test the record of every branch of Fill: it goes on if all are done, else to Unfill and Close",
    edit: ({ AllFilled }) => (AllFilled?.["Choices"] as unknown[]).pop(),
  },
  {
    title: "the Parallel that a Choice is to follow",
    machine: SETTLED,
    hint: "Let one Choice follow Fill: it goes on if all branches are done, else to Unfill and Close",
    edit: ({ Fill = {} }) => (Fill["Next"] = "Sign"),
  },
  {
    title: "no Catch for a Fail, which can have none",
    machine: SETTLED,
    hint: "Make DocsFailed a Pass that ends its branch with a record of the failure",
    edit: ({ Fill }) => {
      (branchesOf(Fill)[0] as States)["DocsFailed"] = { Type: "Fail", Error: "DocsFailed" };
    },
  },
  {
    title: "the two Maps that go through different lists",
    machine: LIST,
    hint: "Let PutBack undo every call of PickOne: go through the same list as Pick",
    edit: ({ PutBack = {} }) => (PutBack["Items"] = "{% [$states.context.Execution.Input.others] %}"),
  },
  {
    title: "the Map that is to undo first",
    machine: LIST,
    hint: "Lead to PutBack first, and from there on to Close",
    edit: ({ Pick }) => {
      for (const catcher of Pick?.["Catch"] as State[]) catcher["Next"] = "Close";
    },
  },
  {
    title: "no Catch for an undo whose expressions may fail",
    machine: LIST,
    hint: "Change the expressions of PutBack that S7 names, so that they can't fail, and give PutBack no Catch",
    edit: ({ PutBack = {} }) => (PutBack["Items"] = "{% $states.context.Execution.Input.items %}"),
  },
  {
    title: "the Map whose Catch gives up an undo within",
    machine: LIST,
    hint: "Give PutBack no Catch: the execution then stops in it, and a redrive resumes it",
    edit: ({ PutBack = {} }) => (PutBack["Catch"] = [{ ErrorEquals: ["States.ALL"], Next: "Close" }]),
  },
  {
    title: "the Retry that lists an error with MaxAttempts 0",
    machine: LIST,
    hint: "Give Retry[0] of Open MaxAttempts above 0",
    edit: ({ Open }) => ((Open?.["Retry"] as [State])[0]["MaxAttempts"] = 0),
  },
  {
    title: "the Retry that takes an error before the one that lists it",
    machine: LIST,
    hint: "Put Retry[1] of Open before Retry[0]",
    edit: ({ Open }) => (Open?.["Retry"] as State[]).unshift({ ErrorEquals: ["States.TaskFailed"], MaxAttempts: 0 }),
  },
  {
    title: "the saga.id, if it is the part of an identity that changes",
    machine: LIST,
    hint: "Give Open the saga.id {% $states.context.Execution.Id %}",
    edit: ({ Open }) => {
      const args = Open?.["Arguments"] as { readonly Payload: { readonly saga: State } };
      args.Payload.saga["id"] = "{% $states.context.State.EnteredTime %}";
    },
  },
  {
    title: "the declaration, if it has no undo to lead to",
    machine: "fixtures/optional-step",
    asks: true,
    hint: "Declare an undo of F, and lead F's Catch to it; or declare the errors as definite after which F has done nothing",
    edit: (states, calls) => {
      calls["F"] = { role: "pivot" };
      (states["NF"] as State)["Next"] = "Q2";
      Reflect.deleteProperty(states, "UF");
    },
  },
];

describe("the hints of the verifier name", () => {
  for (const { title, machine, hint, edit, asks = false } of CASES) {
    it(`${title}, ${asks ? "and ask what only a person knows" : "and lead to a sound machine"}`, () => {
      const definition = at(`${machine}.asl.json`);
      const { calls, ...declaration } = readDeclaration(at(`${machine}.saga.json`));
      const changed = { ...calls };
      edit(statesWithin(definition), changed);
      const hints = verify(definition as never, { ...declaration, calls: changed }).violations.map((one) => one.hint);
      expect(hints).to.include(hint);
      if (!asks) expect(followed(definition, { ...declaration, calls: changed })).not.to.be.empty;
    });
  }

  it("the Retry of several steps in one sentence, if it lists an error with MaxAttempts 0", () => {
    const definition = at(`${LIST}.asl.json`);
    const { Open, Pick } = statesWithin(definition);
    const { PickOne } = statesWithin(Pick?.["ItemProcessor"]);
    for (const step of [Open, PickOne]) (step?.["Retry"] as [State])[0]["MaxAttempts"] = 0;
    const { violations } = verify(definition as never, readDeclaration(at(`${LIST}.saga.json`)));
    expect(storiesOf(violations).map(({ hint }) => hint)).to.include("Give Retry[0] of each MaxAttempts above 0");
  });
});
