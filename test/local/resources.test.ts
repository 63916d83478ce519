import { expect } from "chai";
import type { Resource } from "../../saga/local/program";
import { sagaOf } from "../../saga/local/resources";

describe("the saga of a state machine", () => {
  const machine = (name: string, comment: string): Resource =>
    ({ name, inputs: { definition: JSON.stringify({ Comment: comment, States: {} }) } }) as unknown as Resource;
  const withServices = JSON.stringify({ saga: "Checkout", services: { Announce: {} } });

  it("is in its Comment, as text or in JSON", () => {
    expect(sagaOf(machine("Shop", "Saga Checkout"))).to.equal("Checkout");
    expect(sagaOf(machine("Shop", withServices))).to.equal("Checkout");
  });

  it("is not that of a machine of undos, whose Comment may be JSON too", () => {
    const undos = JSON.stringify({ undoOf: "Checkout", services: { Announce: {} } });
    expect(sagaOf(machine("Checkout_undo", "Recovery of saga Checkout"))).to.equal(undefined);
    expect(sagaOf(machine("Checkout_undo", undos))).to.equal(undefined);
  });
});
