import { join } from "node:path";
import { expect } from "chai";
import { declarationOf } from "../../saga/compile";
import { mainMachine } from "../../saga/local/cloud";
import { evaluateProgram, type Program } from "../../saga/local/program";
import {
  explore,
  type Explored,
  type ExploreOptions,
  formatPlan,
  formatVerdict,
  isSound,
  KINDS,
  setUpStages,
} from "../../saga/testing/faults";
import { mutated } from "./mutated";
import { SLOW } from "../slow";

const ACCOUNT = { account: "ada", plan: "pro" };
const CLOSED = { attribute: "stage_is", value: "closed" };

describe(`faults of a stranger's saga, with a table of its own form ${SLOW}`, function () {
  this.timeout(240_000);
  let program: Program;

  before(async () => {
    program = await evaluateProgram({}, join(__dirname, "stranger.ts"));
  });

  async function strike(of: Program, options: Partial<ExploreOptions> = {}): Promise<Explored> {
    const machine = mainMachine(of);
    const stages = await setUpStages(of, machine);
    try {
      return await explore(stages, { input: ACCOUNT, pairs: false, undone: CLOSED, ...options });
    } finally {
      await Promise.all(stages.map((stage) => stage.close()));
    }
  }
  const violations = ({ findings }: Explored) => [...new Set(findings.flatMap((each) => each.violations))];

  it("are judged by its rows; a task without rows is reported as not judged", async () => {
    const explored = await strike(program, { beside: { account: "bob", plan: "free" } });
    expect(violations(explored)).to.deep.equal([]);
    const { plan, findings } = explored;
    expect(plan.unseen).to.deep.equal(["Welcome"]);
    // It does not get past the notes of another sign-up.
    expect(plan.settings).to.deep.equal(["a first try", "a second try; another saga has completed the same"]);
    // Welcome is called only if the saga completes.
    const open = findings.filter(({ unseen }) => unseen.length > 0);
    expect(open.length).to.be.above(5);
    expect(open.length).to.be.below(findings.length);
    expect(isSound(explored)).to.equal(true);
    expect(formatVerdict(explored).replace(/\s+/g, " ")).to.equal(
      `${findings.length} scenarios, 0 with violations, ${open.length} not judged: the effects of Welcome can't be seen here`,
    );
    expect(formatPlan(plan)).to.contain("Welcome changes no table and sends no message");
    for (const line of formatPlan(plan).split("\n")) expect(line.length, line).to.be.at.most(80);
    expect(findings.length).to.be.at.most(plan.scenarios);
  });

  it("are as many as the plan says, and those above --most are counted", async () => {
    const explored = await strike(program, { most: 12, pairs: true });
    const { plan, findings, left } = explored;
    expect(plan.most).to.equal(12);
    expect(plan.scenarios).to.be.above(plan.alone);
    expect(findings).to.have.length(12);
    // The pairs of the faults that are not tried alone are not known.
    expect(left).to.be.within(plan.alone - 12, plan.scenarios - 12);
    expect(explored.leftMore).to.equal(true);
    expect(formatVerdict(explored)).to.contain(`at least ${left} left out by --most`);
  });

  const only = (...names: readonly string[]) => KINDS.filter(({ name }) => names.includes(name));

  it("find an undo that does nothing", async () => {
    const mutant = await mutated(program, ["await db.send(undo)", "await Promise.resolve(undo)"]);
    const explored = await strike(mutant, { kinds: only("fails after the write, each time") });
    expect(violations(explored)).to.include("compensated, but accounts ada LOGIN is still there, and not undone");
    expect(isSound(explored)).to.equal(false);
  });

  it("find an action that ignores the note of its undo", async () => {
    const mutant = await mutated(program, ["(signup = :me AND stage_is = :open)", "signup = :me"]);
    const found = violations(await strike(mutant, { kinds: only("times out, arrives at the end") }));
    expect(found).to.include("OpenAccount took effect after its undo, but it should have been refused");
    expect(found).to.include("compensated, but accounts ada LOGIN is still there, and not undone");
  });

  it("find an action that counts each repetition", async () => {
    const mutant = await mutated(
      program,
      ["SET signup = :me, stage_is = :open", "ADD times :one SET signup = :me, stage_is = :open"],
      ['":open": {', '":one": { N: "1" }, ":open": {'],
    );
    const found = violations(await strike(mutant, { kinds: only("is delivered again at the end") }));
    expect(found).to.include("completed, but in accounts ada LOGIN this differs from a run without a fault: times");
  });

  it("find an undo that overwrites what another sign-up holds", async () => {
    const mutant = await mutated(program, [
      "attribute_not_exists(tenant) OR signup = :me",
      "attribute_not_exists(nothing)",
    ]);
    const found = violations(await strike(mutant, { kinds: [] }));
    expect(found).to.include("compensated, but accounts ada LOGIN is not as it was before the saga");
  });

  it("report every row if the mark of undone rows is another one than --undone says", async () => {
    const undone = { attribute: "status", value: "UNDONE" };
    const found = violations(await strike(program, { undone, kinds: only("fails after the write, each time") }));
    expect(found).to.include("compensated, but accounts ada LOGIN is still there, and not undone");
  });

  it("use the saga's declaration: a call that is declared a query needs no visible effects", async () => {
    const { signUp } = await import("./stranger");
    const declaration = declarationOf(signUp);
    const { Welcome, ...calls } = declaration.calls;
    expect(Welcome).to.deep.equal({ role: "retriable" });
    const query = { ...declaration, calls: { ...calls, Welcome: { role: "query" } as const } };
    const { plan } = await strike(program, { declaration: query, most: 1 });
    expect(plan.unseen).to.deep.equal([]);
  });
});
