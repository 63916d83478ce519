import { expect } from "chai";
import { LocalCloud } from "../../saga/local/cloud";
import type { JsonObject } from "../../saga/interpreter";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { matches } from "./filter-pattern";
import { evaluated } from "../evaluated";

/** Log events as the service writes them without execution data, without the fields that are always the same. */
const events = {
  started: { type: "ExecutionStarted", details: { roleArn: "arn:aws:iam::000000000000:role/r" } },
  completed: { type: "ExecutionSucceeded", details: {} },
  stopped: { type: "ExecutionAborted", details: {} },
  "timed out": { type: "ExecutionTimedOut", details: {} },
  "failed by an error": { type: "ExecutionFailed", details: { error: "Contended", cause: "…" } },
  "failed by the runtime": { type: "ExecutionFailed", details: { error: "States.Runtime", cause: "…" } },
  "failed without an error": { type: "ExecutionFailed", details: {} },
  "failed with a null for an error": { type: "ExecutionFailed", details: { error: null, cause: null } },
  compensated: { type: "ExecutionFailed", details: { error: "SagaCompensated", cause: "{}" } },
  "failed in a step": { type: "TaskFailed", details: { error: "SagaCompensated", resource: "invoke" } },
};

describe("the metrics of outcomes", function () {
  this.timeout(60_000);
  let program: Program;
  before(async () => {
    program = await evaluated();
  });

  const pattern = (name: string, of = program) =>
    of.resources.find(({ type, name: its }) => type.endsWith(":LogMetricFilter") && its === `OrderFulfilment-${name}`)
      ?.inputs["pattern"] as string;
  const counted = (name: string, of = program) =>
    Object.entries(events).flatMap(([what, event]) => (matches(pattern(name, of), event) ? [what] : []));

  it("count as stuck executions that ended neither completed nor compensated (S6), and stopped ones without recovery (S12)", async () => {
    const failed = [
      "failed by an error",
      "failed by the runtime",
      "failed without an error",
      "failed with a null for an error",
    ];
    expect(counted("stuck")).to.deep.equal(failed);
    const ignoring = await evaluateProgram({ onAbort: "ignore" });
    expect(counted("stuck", ignoring)).to.deep.equal(["stopped", "timed out", ...failed]);
  });

  it("count as compensated only executions that were undone completely", () => {
    expect(counted("compensated")).to.deep.equal(["compensated"]);
  });

  it("count each execution of the deployed machine once, by its outcome", async () => {
    const cloud = await LocalCloud.start(program);
    const count = async (order: JsonObject) => {
      const { report } = await cloud.execute(order);
      const type = report.status === "SUCCEEDED" ? "ExecutionSucceeded" : "ExecutionFailed";
      const event = { type, details: { error: report.error, cause: report.cause } };
      return {
        outcome: report.outcome,
        counted: ["stuck", "compensated"].filter((name) => matches(pattern(name), event)),
      };
    };
    try {
      expect(await count({ order_id: "1", total: 1, card_no: "123-1234", address: "x" })).to.deep.equal({
        outcome: "completed",
        counted: [],
      });
      expect(await count({ order_id: "2" })).to.deep.equal({ outcome: "compensated", counted: ["compensated"] });
    } finally {
      await cloud.close();
    }
  });
});
