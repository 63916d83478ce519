import { join } from "node:path";
import { expect } from "chai";
import { SLOW } from "../slow";
import type { Json } from "../../saga/interpreter";
import { LocalCloud, mainMachine } from "../../saga/local/cloud";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { explore, type Explored, type ExploreOptions, formatPlan, KINDS, setUp } from "../../saga/testing/faults";
import { mutated } from "./mutated";

describe("faults of a newcomer's sagas", function () {
  this.timeout(240_000);
  let program: Program;

  before(async () => {
    program = await evaluateProgram({}, join(__dirname, "careless.ts"));
  });

  const only = (...names: readonly string[]) => KINDS.filter(({ name }) => names.includes(name));
  const violations = ({ findings }: Explored) => [...new Set(findings.flatMap((each) => each.violations))];

  async function strike(of: Program, name: string, options: Partial<ExploreOptions> & { readonly input: Json }) {
    const machine = mainMachine(of, name);
    const open = (twins: Program) => LocalCloud.start(twins, { time: "virtual" });
    const stage = await setUp(of, { machine, open });
    try {
      return await explore([stage], { pairs: false, ...options });
    } finally {
      await stage.close();
    }
  }

  const asked = { input: { account: "ada" }, answers: { Ask: { output: { by: "bob" } } } };
  const lost = only("fails after the write, once", "is delivered twice at once");

  it(`are none if a retry stores its new token (S4) ${SLOW}`, async () => {
    expect(violations(await strike(program, "Purchase", { ...asked, kinds: lost }))).to.deep.equal([]);
  });

  it(`find a stored token that a retry has replaced ${SLOW}`, async () => {
    const mutant = await mutated(program, ['renew: ["token"]', "renew: []"]);
    expect(violations(await strike(mutant, "Purchase", { ...asked, kinds: lost }))).to.deep.equal([
      "bookings ada REQUEST keeps the task token of an earlier try of Ask: Step Functions would refuse the answer",
    ]);
  });

  it(`find an undo that names another step's row, and say why the second try is left out ${SLOW}`, async () => {
    const input = { from: "ada", to: "bob", amount: 5 };
    const explored = await strike(program, "Transfer", { input, kinds: only("fails before the write") });
    expect(explored.plan.settings).to.not.include("a second try; another saga holds the row of Credit");
    expect(explored.plan.notes).to.deep.equal([
      "the setting 'a second try; another saga holds the row of Credit' is left out: Credit fails with that saga's identity: " +
        "AlreadyUndone: this saga has already undone its booking. Check whether an undo names another step's row",
    ]);
    for (const line of formatPlan(explored.plan).split("\n")) expect(line.length, line).to.be.at.most(80);
    expect(violations(explored)).to.include("compensated, but bookings ada BOOKING is still there, and not undone");
  });
});
