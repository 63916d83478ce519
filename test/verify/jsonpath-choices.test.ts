import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readDeclaration, type Rule, verify } from "../../saga/verify";
import type { MutableLevel } from "./mutations";

type State = Record<string, unknown>;
interface Case {
  readonly title: string;
  /** The rules of which one must be named; none for a machine that is sound. */
  readonly rules: readonly Rule[];
  readonly edit: (top: Record<string, State>, branches: Record<string, State>) => void;
}

const at = (file: string): unknown => JSON.parse(readFileSync(join(__dirname, "fixtures", file), "utf8"));

function foundIn(fixture: string, edit: Case["edit"]): readonly string[] {
  const machine = at(`${fixture}.asl.json`) as MutableLevel;
  const top = machine.States as unknown as Record<string, State>;
  const inner = Object.values(top).flatMap(({ Branches = [] }) => Branches as readonly MutableLevel[]);
  edit(top, Object.assign({}, ...inner.map(({ States }) => States)) as Record<string, State>);
  return verify(machine, readDeclaration(at(`${fixture}.saga.json`))).violations.map(({ rule }) => rule);
}

function tryEach(fixture: string, cases: readonly Case[]): void {
  for (const { title, rules, edit } of cases) {
    it(`${rules.length === 0 ? "calls sound" : "finds"} ${title} (${rules.join() || "nothing"})`, () => {
      const found = foundIn(fixture, edit);
      if (rules.length === 0) expect(found).to.deep.equal([]);
      else expect(found).to.include.oneOf([...rules]);
    });
  }
}

const field = (of: Record<string, State>, name: string): State => of[name] as State;
const rulesOf = (of: Record<string, State>, name: string): State[] => field(of, name)["Choices"] as State[];
/** Tests both records of the branches. */
const testBoth = (top: Record<string, State>, test: (record: string) => State): void => {
  const choice = field(top, "AllFilled");
  choice["Choices"] = rulesOf(top, "AllFilled").map(({ Next }, index) => ({ ...test(`$.filled[${index}]`), Next }));
};

describe("the verifier, on Choices in JSONPath mode,", () => {
  describe("that test what branches have recorded,", () => {
    tryEach("settled-branches", [
      { title: "a test of the constants in ResultSelector and Parameters", rules: [], edit: () => undefined },
      {
        title: "a test for a field that a failed branch records",
        rules: [],
        edit: (top) => {
          testBoth(top, (record) => ({ Variable: `${record}.failure`, IsPresent: true }));
        },
      },
      {
        title: "a test in JSONata",
        rules: [],
        edit: (top) => {
          field(top, "AllFilled")["QueryLanguage"] = "JSONata";
          testBoth(top, (record) => ({ Condition: `{% $states.input.${record.slice(2)}.ok = false %}` }));
        },
      },
      {
        title: "a test with Not, And and Or",
        rules: [],
        edit: (top) => {
          testBoth(top, (record) => {
            const isOk = { Variable: `${record}.ok`, BooleanEquals: true };
            return { Or: [{ Not: isOk }, { And: [isOk, { Variable: `${record}.ok`, IsBoolean: false }] }] };
          });
        },
      },
      {
        title: "records of text, made by the Result of a Pass, and selected from the Parallel",
        rules: [],
        edit: (top, branches) => {
          for (const name of ["Docs", "Invoice"]) {
            field(branches, name)["ResultSelector"] = { how: "done" };
            delete field(branches, `${name}Failed`)["Parameters"];
            field(branches, `${name}Failed`)["Result"] = { how: "failed" };
            field(branches, `${name}Failed`)["ResultPath"] = "$";
          }
          field(top, "Fill")["ResultSelector"] = { "docs.$": "$[0]", invoice: { "how.$": "$[1].how" } };
          const [docs, invoice] = rulesOf(top, "AllFilled").map(({ Next }) => Next);
          field(top, "AllFilled")["Choices"] = [
            { Variable: "$.filled.docs.how", StringEquals: "failed", Next: docs },
            { Variable: "$.filled.invoice['how']", StringEquals: "failed", Next: invoice },
          ];
          for (const name of ["DocsWhy", "InvoiceWhy"]) {
            delete field(top, name)["InputPath"];
            field(top, name)["Result"] = { saga: "Case", step: "Fill", error: "Failed", cause: "" };
          }
        },
      },
      {
        title: "the error that a Catch in a branch has left in the data",
        rules: [],
        edit: (top, branches) => {
          for (const name of ["Docs", "Invoice"]) {
            delete field(branches, name)["ResultSelector"];
            field(branches, name)["ResultPath"] = `$.${name}`;
            delete field(branches, `${name}Failed`)["Parameters"];
            field(branches, `${name}Failed`)["Result"] = { saga: "Case", step: name, error: "Failed", cause: "" };
            field(branches, `${name}Failed`)["ResultPath"] = "$.failure";
          }
          // Any field may be in the input of the execution, so the branches begin without it.
          field(top, "Fill")["Parameters"] = { "order.$": "$.order" };
          testBoth(top, (record) => ({ Variable: `${record}.error`, IsPresent: true }));
        },
      },
      {
        title: "a failed branch that records what a done one does",
        rules: ["S10"],
        edit: (_, branches) => {
          (field(branches, "DocsFailed")["Parameters"] as State)["ok"] = true;
        },
      },
      {
        title: "a Choice that tests one branch of two",
        rules: ["S10"],
        edit: (top) => void rulesOf(top, "AllFilled").pop(),
      },
      {
        title: "a Choice that tests one branch twice",
        rules: ["S10"],
        edit: (top) => {
          const [first, second] = rulesOf(top, "AllFilled") as [State, State];
          second["Variable"] = first["Variable"];
        },
      },
      {
        title: "a test for a field that each record has",
        rules: ["S6"],
        edit: (top) => {
          testBoth(top, (record) => ({ Variable: `${record}.ok`, IsPresent: true }));
        },
      },
      {
        title: "a record of what the function has answered",
        rules: ["S10"],
        edit: (_, branches) => {
          field(branches, "DocsFailed")["Parameters"] = { "ok.$": "$.order.ok", "failure.$": "$.error" };
        },
      },
      {
        title: "records that a Pass has replaced before the Choice",
        rules: ["S10"],
        edit: (top) => {
          field(top, "Fill")["Next"] = "Between";
          top["Between"] = {
            Type: "Pass",
            Parameters: { "again.$": "$.order" },
            ResultPath: "$.filled",
            Next: "AllFilled",
          };
          field(top, "AllFilled")["Choices"] = rulesOf(top, "AllFilled").map((rule) => ({
            ...rule,
            Variable: "$.filled.again.ok",
          }));
        },
      },
    ]);
  });

  describe("that test the input twice,", () => {
    const tests = (top: Record<string, State>, name: string): State[] =>
      (rulesOf(top, name)[0] as State)["And"] as State[];
    tryEach("optional-step", [
      { title: "an optional step, and the same test before its undo", rules: [], edit: () => undefined },
      {
        title: "a comparison that the verifier can't evaluate, in both Choices",
        rules: [],
        edit: (top) => {
          for (const name of ["Q", "Q2"]) tests(top, name)[1] = { Variable: "$.gift", StringMatches: "y*" };
        },
      },
      {
        title: "another test before the undo",
        rules: ["S1"],
        edit: (top) => {
          (tests(top, "Q2")[1] as State)["Variable"] = "$.present";
        },
      },
      {
        title: "another value before the undo",
        rules: ["S1"],
        edit: (top) => {
          (tests(top, "Q2")[1] as State)["BooleanEquals"] = false;
        },
      },
      {
        title: "a field that a Catch has overwritten between the two",
        rules: ["S1"],
        edit: (top) => {
          for (const catcher of field(top, "F")["Catch"] as State[]) catcher["ResultPath"] = "$.gift";
          (field(top, "NF")["Parameters"] as State)["error.$"] = "$.gift.Error";
          (field(top, "NF")["Parameters"] as State)["cause.$"] = "$.gift.Cause";
        },
      },
      {
        title: "a field that the result of the undo has replaced",
        rules: ["S1"],
        edit: (top) => {
          field(top, "UF")["ResultPath"] = "$";
        },
      },
    ]);
  });
});
