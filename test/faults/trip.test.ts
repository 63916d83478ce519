import { expect } from "chai";
import { tripBooking } from "../../examples/trip/saga";
import { declarationOf } from "../../saga/compile";
import { mainMachine } from "../../saga/local/cloud";
import { explore, type ExploreOptions, KINDS, setUpStages } from "../../saga/testing/faults";
import { SLOW } from "../slow";
import { evaluated } from "../evaluated";

const TRIP = { order_id: "1", traveller: "Ada", total: 4000, card_no: "123-1234", flight: "f", hotel: "h" };

describe(`faults of a saga with branches, a list, an approval and a pivot ${SLOW}`, function () {
  this.timeout(180_000);

  async function strike(options: Partial<ExploreOptions>) {
    const program = await evaluated("examples/trip/index.ts");
    const stages = await setUpStages(program, mainMachine(program));
    try {
      return await explore(stages, { input: { ...TRIP, cars: ["a", "b"] }, pairs: false, ...options });
    } finally {
      await Promise.all(stages.map((stage) => stage.close()));
    }
  }
  const answers = { Approve: { output: { by: "the manager" } } };

  it("strike the calls of branches and items, and leave none of them half undone", async () => {
    const kinds = KINDS.filter(({ name }) => name === "times out, arrives at the end");
    const { plan, findings } = await strike({ answers, declaration: declarationOf(tripBooking), kinds });
    expect(plan.settings).to.deep.equal(["a first try", "a second try; another saga holds the row of Pay"]);
    expect(plan.unseen).to.deep.equal([]);
    expect(new Set(findings.flatMap(({ scenario }) => scenario.faults.map(({ state }) => state)))).to.include.members([
      "Approve",
      "BookFlight",
      "BookHotel",
      "RentCar",
      "Pay",
      "IssueTickets",
      "ReturnCar",
    ]);
    expect(findings.flatMap(({ violations }) => violations)).to.deep.equal([]);
  });

  it("can't judge a call that asks a person, unless the saga declares it a query", async () => {
    const { plan, findings } = await strike({ answers, kinds: [], most: 1 });
    expect(plan.unseen).to.deep.equal(["Approve"]);
    expect(findings.every(({ unseen }) => unseen.includes("Approve"))).to.equal(true);
  });

  it("need an answer for each state that waits", async () => {
    const failure = await strike({ kinds: [] }).catch((error: unknown) => error);
    expect((failure as Error).message).to.equal(
      "'Approve' waits for an answer: give one, such as --answer Approve='{…}'",
    );
  });
});
