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

  it(`are none where a retry stores the token that it brings (S4) ${SLOW}`, async () => {
    expect(violations(await strike(program, "Purchase", { ...asked, kinds: lost }))).to.deep.equal([]);
  });

  it(`find a token that a retry has replaced, and that is still stored ${SLOW}`, async () => {
    const mutant = await mutated(program, ['renew: ["token"]', "renew: []"]);
    expect(violations(await strike(mutant, "Purchase", { ...asked, kinds: lost }))).to.deep.equal([
      "bookings ada REQUEST keeps the task token of an earlier try of Ask: its answer would be refused",
    ]);
  });

  it(`find an undo that names another step's row, and say why the second try is left out ${SLOW}`, async () => {
    const input = { from: "ada", to: "bob", amount: 5 };
    const explored = await strike(program, "Transfer", { input, kinds: only("fails before the write") });
    expect(explored.plan.settings).to.not.include("a second try, whose Credit another saga holds");
    expect(explored.plan.notes).to.deep.equal([
      "left out: a second try, whose Credit another saga holds, since Credit fails in that saga's name: " +
        "AlreadyUndone: this saga has already undone its booking. Look whether an undo names another step's row",
    ]);
    for (const line of formatPlan(explored.plan).split("\n")) expect(line.length, line).to.be.at.most(80);
    expect(violations(explored)).to.include("compensated, but bookings ada BOOKING is there still, and not undone");
  });
});
