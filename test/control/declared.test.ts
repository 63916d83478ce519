import { expect } from "chai";
import * as fc from "fast-check";
import type { RawStates } from "../../saga/asl/states";
import { compile } from "../../saga/compile";
import { declarationOf } from "../../saga/compile/declaration";
import { declaredIn, noteIn } from "../../saga/control/declared";
import { build } from "../generated/build";
import { scenario } from "../generated/spec";
import { recorded } from "./fixtures";

describe("the declaration read from a saga's machine", () => {
  for (const name of ["order-stuck", "trip-stuck"]) {
    it(`is the saga's own: ${name}`, () => {
      const { definition, declaration } = recorded(name);
      expect(declaredIn(definition)).to.deep.equal(declaration);
    });
  }

  it("has the steps of the undos in a recovery machine", () => {
    const told = declaredIn(recorded("order-recovered").definition);
    const { declaration } = recorded("order-stuck");
    expect(told).to.deep.equal(declaration);
  });

  it("is the saga's own, except for the pivot, for generated sagas", () => {
    fc.assert(
      fc.property(scenario, ({ nodes }) => {
        const { saga } = build(nodes);
        const machine = compile(saga, (task) => task.name) as unknown as RawStates;
        const { calls } = declarationOf(saga);
        const told = declaredIn(machine)?.calls ?? {};
        expect(Object.keys(told)).to.have.members(Object.keys(calls));
        for (const [name, { role, undo }] of Object.entries(calls)) {
          expect(told[name]?.undo, name).to.equal(undo);
          if (role === "compensable") expect(told[name]?.role, name).to.equal(role);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is undefined if a call has no identity, or the machine is of another tool", () => {
    const task = { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Arguments: "{% {} %}", End: true };
    expect(declaredIn({ StartAt: "A", States: { A: task }, Comment: "Saga Other" } as RawStates)).to.equal(undefined);
    const { definition } = recorded("order-stuck");
    expect(declaredIn({ ...definition, Comment: "orders" } as RawStates)).to.equal(undefined);
  });

  it("names the recovery machine, from the Comment", () => {
    expect(noteIn(recorded("trip-stuck").definition)).to.include({ saga: "TripBooking", pivot: "Pay" });
    expect(noteIn(recorded("trip-recovered").definition)).to.deep.equal({ saga: "TripBooking" });
    expect(noteIn({ StartAt: "A", States: {}, Comment: "{ no JSON" } as RawStates)).to.deep.equal({});
  });
});
