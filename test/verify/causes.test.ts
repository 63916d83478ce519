import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readDeclaration, verify } from "../../saga/verify";
import { edited, step } from "./edited";
import { type MutableLevel, stateOf } from "./mutations";

const at = (name: string): unknown => JSON.parse(readFileSync(join(__dirname, "lists", name), "utf8"));

/** The rules and states of a machine's violations, in their order. */
function toldOf(name: string, edit: (machine: MutableLevel) => void = () => undefined): readonly string[] {
  const machine = at(`${name}.asl.json`) as MutableLevel;
  edit(machine);
  const { violations } = verify(machine, readDeclaration(at(`${name}.saga.json`)));
  return violations.map(({ rule, state }) => `${rule} ${state ?? ""}`);
}

describe("the verifier tells a cause before what follows from it:", () => {
  it("an expression that may fail, before the effects that are left when it does", () => {
    const broken = toldOf("list-in-brackets", (machine) => {
      stateOf(machine, "PutBack")["Items"] = "{% $states.context.Execution.Input.items %}";
    });
    expect(broken).to.deep.equal(["S7 PutBack", "S1 PutBack"]);
  });

  it("missing data, before the identities that are made of it and the undos that miss them", () => {
    const [first, ...others] = toldOf("list-output-loses-item");
    expect(first).to.equal("assignment CaptureLine");
    expect(others).to.include.members(["S11 CaptureLine", "S1 DropHold", "S2 DropHold"]);
  });

  it("and otherwise in the order of the rules, also if several are broken in one state", () => {
    const { violations } = edited({
      nodes: [step, step],
      edit: (machine) => {
        for (const field of ["TimeoutSeconds", "Catch", "Retry"]) Reflect.deleteProperty(stateOf(machine, "S2"), field);
      },
    });
    expect(violations.map(({ rule, state }) => `${rule} ${state ?? ""}`)).to.deep.equal([
      "definition U2",
      "S2 S2",
      "S4 S2",
      "S7 S2",
      "S7 S2",
    ]);
  });
});
