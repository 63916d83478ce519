import { expect } from "chai";
import * as fc from "fast-check";
import type { RawStates } from "../../saga/asl/states";
import { type Ref, saga, serviceTask, task } from "../../saga";
import { compile, compileMachine, type Recovery, recoveryNote, recoveryOf } from "../../saga/compile";
import { declarationOf } from "../../saga/compile/declaration";
import { noteIn } from "../../saga/asl/machine-note";
import { declaredIn } from "../../saga/control/declared";
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

  it("has the calls of services, which carry no step's name, from the Comment", () => {
    const publish = serviceTask<{ TopicArn: string; Message: string }, { MessageId: string }>("publish", {
      resource: "arn:aws:states:::sns:publish",
      allow: [],
    });
    const notify = { task: publish, input: () => ({ TopicArn: "arn:aws:sns:eu-west-1:123456789012:t", Message: "m" }) };
    const book = task<{ id: string }, { id: string }>("book", {
      table: [],
      handler: () => (event) => Promise.resolve(event),
    });
    const free = task<{ id: string }, object>("free", { table: [], handler: () => () => Promise.resolve({}) });
    const input = ({ input }: { readonly input: Ref<{ id: string }> }) => ({ id: input.id });
    const mixed = saga<{ id: string }>("Mixed")
      .query("Ask", notify)
      .step("Book", { task: book, input, undo: { name: "Retract", ...notify } })
      .step("Tell", { ...notify, undo: { name: "Unbook", task: free, input } })
      .step("Rent", { task: book, input, undo: { name: "Return", task: free, input } })
      .pivot("Announce", { ...notify, undo: { name: "Recall", task: free, input } })
      .step("Log", notify)
      .returns(() => ({}));
    const declaration = declarationOf(mixed);
    const machine = compile(mixed, ({ name }) => name) as unknown as RawStates;
    const note = recoveryNote(
      recoveryOf(mixed) as Recovery,
      "arn:aws:states:eu-west-1:123456789012:stateMachine:undo:1",
    );
    expect(declaredIn({ ...machine, Comment: note } as RawStates)).to.deep.equal(declaration);
    // Without a recovery, the Comment does not name the pivot.
    expect(declaredIn(machine)?.calls["Book"]).to.deep.equal(declaration.calls["Book"]);
    const { machine: undos } = recoveryOf(mixed) as Recovery;
    const undo = declaredIn(compileMachine(undos, ({ name }) => name) as unknown as RawStates);
    expect(undo?.calls["Book"]).to.include({ undo: "Retract" });
    expect(undo?.calls["Tell"]).to.include({ undo: "Unbook" });
  });

  it("is undefined if a call has no identity, or the machine is of another tool", () => {
    const task = { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Arguments: "{% {} %}", End: true };
    expect(declaredIn({ StartAt: "A", States: { A: task }, Comment: "Saga Other" } as RawStates)).to.equal(undefined);
    const { definition } = recorded("order-stuck");
    expect(declaredIn({ ...definition, Comment: "orders" } as RawStates)).to.equal(undefined);
  });

  it("names the recovery machine, from the Comment", () => {
    expect(noteIn(recorded("trip-stuck").definition)).to.include({ saga: "TripBooking", pivot: "Pay" });
    expect(noteIn(recorded("trip-recovered").definition)).to.deep.equal({ saga: "TripBooking", undoOf: "TripBooking" });
    expect(noteIn({ StartAt: "A", States: {}, Comment: "{ no JSON" } as RawStates)).to.deep.equal({});
  });
});
