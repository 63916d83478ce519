import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";
import type { AnyRecording } from "../../saga/interpreter/conformance/case";
import { runCase } from "../../saga/interpreter/conformance/run-case";
import { formatReport, runConformance } from "../../saga/interpreter/conformance";

const RECORDINGS = resolve(__dirname, "../../../shared/asl-conformance");

describe("interpreter: comparing with a recording", () => {
  const INVOKE = "arn:aws:states:::lambda:invoke";
  const recording = {
    name: "one task",
    definition: {
      QueryLanguage: "JSONata",
      StartAt: "A",
      States: { A: { Type: "Task", Resource: INVOKE, Arguments: { n: "{% $states.input.n %}" }, End: true } },
    },
    input: { n: 1 },
    tasks: { A: [{ output: { id: "<uuid:1>" } }] },
    expected: {
      status: "SUCCEEDED",
      output: { id: "<uuid:1>" },
      events: [
        { type: "ExecutionStarted", id: 1, input: { n: 1 } },
        { type: "TaskStateEntered", id: 2, state: "A", input: { n: 1 } },
        { type: "TaskScheduled", id: 3, state: "A", parameters: { n: 1 }, resource: "invoke", resourceType: "lambda" },
        { type: "TaskStarted", id: 4, state: "A" },
        { type: "TaskSucceeded", id: 5, state: "A" },
        { type: "TaskStateExited", id: 6, state: "A" },
        { type: "ExecutionSucceeded", id: 7, output: { id: "<uuid:1>" } },
      ],
    },
  };
  const differenceWith = async (expected: object, tasks: object = recording.tasks) => {
    const changed = { ...recording, tasks, expected: { ...recording.expected, ...expected } };
    const verdict = await runCase(changed as unknown as AnyRecording);
    return verdict.kind === "failed" ? verdict.difference : verdict.kind;
  };

  it("passes an execution that agrees", async () => {
    expect(await differenceWith({})).to.equal("passed");
  });

  it("names the first difference", async () => {
    expect(await differenceWith({ status: "FAILED" })).to.equal('status: expected "FAILED", got "SUCCEEDED"');
    const events = recording.expected.events.map((event) =>
      event.type === "TaskScheduled" ? { ...event, parameters: { n: 2 } } : event,
    );
    expect(await differenceWith({ events })).to.equal(
      'event 3 TaskScheduled, parameters: expected {"n":2}, got {"n":1}',
    );
    expect(await differenceWith({ events: recording.expected.events.slice(0, 6) })).to.equal(
      "event 7: expected no more, got ExecutionSucceeded",
    );
    expect(await differenceWith({}, { A: [] })).to.match(/was called more often than it was recorded/);
  });

  it("accepts any value where the recording is masked, and only there", async () => {
    const masked = { ...recording, placeholderTokens: ["<uuid:1>"], tasks: { A: [{ output: { id: "5f0c" } }] } };
    expect(await runCase(masked)).to.deep.equal({ kind: "passed" });
    const other = { ...masked, tasks: { A: [{ output: { other: "5f0c" } }] } };
    expect(await runCase(other)).to.have.property("kind", "failed");
  });

  it("reports what is not implemented as out of scope", async () => {
    const States = { A: { Type: "Pass", End: true } };
    const jsonPath = { ...recording, definition: { StartAt: "A", States } };
    expect(await runCase(jsonPath)).to.deep.equal({
      kind: "out of scope",
      reason: "JSONPath states",
    });
  });
});

describe("interpreter: recordings of the real service", () => {
  if (!existsSync(RECORDINGS)) {
    it(`cannot be compared: there are none in ${RECORDINGS}`);
    return;
  }

  it("are reproduced, except for what is out of scope", async () => {
    const results = await runConformance(RECORDINGS);
    expect(results).not.to.have.length(0);
    const failed = results.filter(({ verdict }) => verdict.kind === "failed");
    expect(failed, formatReport(results)).to.have.length(0);
    // A comparison that never compares would pass as well.
    expect(results.filter(({ verdict }) => verdict.kind === "passed").length).to.be.above(results.length / 2);
  });
});
