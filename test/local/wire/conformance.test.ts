import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";
import { formatReport, runConformance } from "../../../saga/interpreter/conformance";
import { runCase } from "../../../saga/interpreter/conformance/run-case";
import { withConformanceWire } from "./conformance";

const RECORDINGS = resolve(__dirname, "../../../../shared/asl-conformance");

describe("recordings of the real service, through the wire", function () {
  this.timeout(60_000);
  const INVOKE = "arn:aws:states:::lambda:invoke";
  const CALL = { Type: "Task", Resource: INVOKE, Arguments: { n: "{% $states.input.n %}" } };
  const recording = {
    name: "a task in a list",
    definition: {
      QueryLanguage: "JSONata",
      StartAt: "List",
      States: {
        List: {
          Type: "Map",
          Items: "{% $states.input.list %}",
          ItemProcessor: { StartAt: "Call", States: { Call: { ...CALL, End: true } } },
          End: true,
        },
      },
    },
    input: { list: [{ n: 1 }] },
    tasks: { Call: [{ output: { id: "x" }, iteration: 0 }] },
    expected: {
      status: "SUCCEEDED",
      output: [{ id: "x" }],
      events: [
        { type: "ExecutionStarted", input: { list: [{ n: 1 }] } },
        { type: "MapStateEntered", state: "List" },
        { type: "MapStateStarted", state: "List", length: 1 },
        { type: "MapIterationStarted", state: "List", index: 0 },
        { type: "TaskStateEntered", state: "Call", iteration: 0, input: { n: 1 } },
        { type: "TaskScheduled", state: "Call", iteration: 0, parameters: { n: 1 }, resource: "invoke" },
        { type: "TaskStarted", state: "Call", iteration: 0, resourceType: "lambda" },
        { type: "TaskSucceeded", state: "Call", iteration: 0, output: { id: "x" } },
        { type: "TaskStateExited", state: "Call", iteration: 0 },
        { type: "MapIterationSucceeded", state: "List", index: 0 },
        { type: "MapStateSucceeded", state: "List" },
        { type: "MapStateExited", state: "List", output: [{ id: "x" }] },
        { type: "ExecutionSucceeded", output: [{ id: "x" }] },
      ],
    },
  };
  const verdictOf = (changes: object) =>
    withConformanceWire((compare) => runCase({ ...recording, ...changes }, compare));

  it("pass if they agree, or fail with the first difference", async () => {
    expect(await verdictOf({})).to.deep.equal({ kind: "passed" });
    const events = recording.expected.events.map((event) => ("index" in event ? { ...event, index: 1 } : event));
    expect(await verdictOf({ expected: { ...recording.expected, events } })).to.deep.equal({
      kind: "failed",
      difference: "event 4 MapIterationStarted, index: expected 1, got 0",
    });
  });

  it("compare the place of a refusal, and the result of a tested state", async () => {
    const refused = { definition: { QueryLanguage: "JSONata", StartAt: "A", States: {} } };
    const at = (location: string) => ({ ...refused, expected: { rejected: `x at ${location}'` } });
    expect(await verdictOf(at("/States"))).to.deep.equal({ kind: "passed" });
    expect((await verdictOf(at("/StartAt"))).kind).to.equal("failed");
    const tested = {
      testState: { ...CALL, QueryLanguage: "JSONata", End: true },
      mock: { output: 1 },
      input: { n: 1 },
    };
    expect(await verdictOf({ ...tested, expected: { status: "SUCCEEDED", output: 1 } })).to.deep.equal({
      kind: "passed",
    });
    expect(await verdictOf({ ...tested, expected: { status: "SUCCEEDED", output: 2 } })).to.deep.equal({
      kind: "failed",
      difference: "output: expected 2, got 1",
    });
  });

  it("all pass", async function () {
    if (!existsSync(RECORDINGS)) this.skip();
    const results = await withConformanceWire((compare) => runConformance(RECORDINGS, compare));
    expect(
      results.filter(({ verdict }) => verdict.kind === "failed"),
      formatReport(results),
    ).to.deep.equal([]);
  });
});
