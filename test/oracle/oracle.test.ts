import { expect } from "chai";
import { campaign, disagree, figures, story, UNCHANGED } from "./compare";
import { SLOW } from "../slow";

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const SAGAS = number("ORACLE_SAGAS", 6);
const MUTANTS = number("ORACLE_MUTANTS", 30);
const SEED = number("ORACLE_SEED", 1);
const RUNS = number("ORACLE_RUNS", 300);

describe(`the verifier, held against runs ${SLOW}`, () => {
  it(`says of ${SAGAS} sagas and ${MUTANTS} mutants of each what an explorer sees`, async function () {
    this.timeout(3_600_000);
    const size = { sagas: SAGAS, mutants: MUTANTS, seed: SEED, limits: { faults: 2, runs: RUNS } };
    const comparisons = await campaign(size);
    console.log(figures(comparisons).replace(/^/gm, "      "));

    for (const { mutation, outcome, verifier } of comparisons) {
      if (mutation === UNCHANGED) expect(outcome, verifier.join("\n")).to.equal("sound");
    }
    const unexplained = comparisons.filter((each) => disagree(each) && each.explained === undefined);
    expect(unexplained.map(story).join("\n\n"), "unexplained disagreements").to.equal("");
    // Neither side is worth anything if it calls all mutants the same.
    const seen = new Set(comparisons.filter(({ mutation }) => mutation !== UNCHANGED).map(({ outcome }) => outcome));
    expect([...seen]).to.include.members(["sound", "bad"]);
  });
});
