import { expect } from "chai";
import { type Revision, StateMachines } from "../../saga/local/step-functions/machines";
import { definition } from "./wire/fixture";

describe("a state machine", () => {
  it("is unchanged by an update that is refused", () => {
    let now = 1000;
    const machines = new StateMachines({ now: () => now });
    const before = definition({ Pass: { Type: "Pass", End: true } });
    const machine = machines.create({ arn: "arn:m", name: "m", definition: before, roleArn: "arn:role" });
    const update = (changes: Partial<Revision>) => () => {
      now += 1000;
      machines.update(machine, changes);
    };
    const wrong = definition({ Pass: { Type: "Pass" } });
    expect(update({ definition: wrong, roleArn: "arn:other" })).to.throw("Invalid State Machine Definition");
    expect(machine.updateDate).to.equal(1000);
    expect(machine.revision).to.deep.include({ definition: before, roleArn: "arn:role" });
    update({ roleArn: "arn:other" })();
    expect(machine.updateDate).to.equal(3000);
    expect(machine.revision.roleArn).to.equal("arn:other");
  });
});
