import { expect } from "chai";
import { testState } from "../../saga/interpreter";
import { INVOKE } from "./helpers";

const task = (extra: object = {}) => ({
  QueryLanguage: "JSONata",
  Type: "Task",
  Resource: INVOKE,
  Arguments: { Payload: "{% $states.input.n %}" },
  End: true,
  ...extra,
});
const error = { error: "E", cause: "why" };

describe("interpreter: TestState", () => {
  it("returns the output and the next state", async () => {
    const definition = task({ Output: "{% $states.result + $x %}", Next: "B", End: false });
    const result = await testState({ definition, input: { n: 1 }, variables: { x: 2 }, mock: { output: 40 } });
    expect(result).to.deep.equal({ status: "SUCCEEDED", output: 42, nextState: "B" });
  });

  it("inspects the evaluated Arguments from level DEBUG on", async () => {
    const { inspectionData } = await testState({
      definition: task(),
      input: { n: 1 },
      mock: { output: null },
      inspectionLevel: "DEBUG",
    });
    expect(inspectionData).to.deep.equal({ input: { n: 1 }, afterArguments: { Payload: 1 }, result: null });
  });

  it("returns a retry and its delay, by the number of retries so far", async () => {
    const definition = task({ Retry: [{ ErrorEquals: ["E"], MaxAttempts: 3 }] });
    const after = (retrierRetryCount: number) =>
      testState({
        definition,
        input: { n: 1 },
        mock: error,
        stateConfiguration: { retrierRetryCount },
        inspectionLevel: "DEBUG",
      });
    expect(await after(2)).to.deep.include({ status: "RETRIABLE", ...error });
    expect((await after(2)).inspectionData).to.deep.include({
      errorDetails: { retryIndex: 0, retryBackoffIntervalSeconds: 4 },
    });
    expect(await after(3)).to.deep.include({ status: "FAILED", ...error });
  });

  it("returns the catcher of the error", async () => {
    const definition = task({ Catch: [{ ErrorEquals: ["E"], Output: "{% $states.errorOutput.Error %}", Next: "C" }] });
    const result = await testState({ definition, input: { n: 1 }, mock: error });
    expect(result).to.deep.equal({ status: "CAUGHT_ERROR", output: "E", ...error, nextState: "C" });
  });

  it("runs one state of a machine, by its name", async () => {
    const definition = {
      QueryLanguage: "JSONata",
      StartAt: "A",
      States: {
        A: { Type: "Pass", Next: "B" },
        B: { Type: "Choice", Choices: [{ Condition: "{% $states.input %}", Next: "A" }] },
      },
    };
    expect(await testState({ definition, stateName: "B", input: true })).to.deep.equal({
      status: "SUCCEEDED",
      output: true,
      nextState: "A",
    });
  });
});
