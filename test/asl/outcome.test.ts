import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { COMPENSATED, executionOutcomeOf, outcomeOf } from "../../saga/asl/outcome";

const SAGA = join(__dirname, "../../saga");

describe("the outcome of an execution (S6)", () => {
  const ENDS = [
    { status: "SUCCEEDED", outcome: "completed" },
    { status: "FAILED", error: "SagaCompensated", outcome: "compensated" },
    { status: "FAILED", error: "States.Timeout", outcome: "stuck" },
    { status: "FAILED", outcome: "stuck" },
    { status: "ABORTED", outcome: "stuck", told: "aborted" },
    // Who stops an execution may give any error.
    { status: "ABORTED", error: "SagaCompensated", outcome: "stuck", told: "aborted" },
    { status: "TIMED_OUT", error: "States.Timeout", outcome: "stuck", told: "timed out" },
  ] as const;
  for (const end of ENDS) {
    const error = "error" in end ? end.error : undefined;
    const told = "told" in end ? end.told : end.outcome;
    it(`${end.status} with ${error ?? "no error"}: ${end.outcome}${told === end.outcome ? "" : `, and on AWS ${told}`}`, () => {
      expect(outcomeOf({ status: end.status, ...(error !== undefined && { error }) })).to.equal(end.outcome);
      expect(executionOutcomeOf(end.status, error)).to.equal(told);
    });
  }

  it("is running before the end", () => {
    expect(executionOutcomeOf("RUNNING", undefined)).to.equal("running");
  });

  it("has one name for a compensated end, which no other file of saga/ spells", () => {
    const files = readdirSync(SAGA, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path));
    const spell = files.filter((path) => readFileSync(join(SAGA, path), "utf8").includes(COMPENSATED));
    expect(spell.map((path) => path.replaceAll("\\", "/"))).to.deep.equal(["asl/outcome.ts"]);
  });
});
