import { expect } from "chai";
import { INVOKE, answers, fails, run, secondsOf, types } from "./helpers";
import { virtualClock } from "../../saga/interpreter";

describe("interpreter: one state", () => {
  describe("Pass", () => {
    it("returns its input if it has no Output", async () => {
      const { status, output, history } = await run({ A: { Type: "Pass", End: true } }, { input: { a: [1] } });
      expect(status).to.equal("SUCCEEDED");
      expect(output).to.deep.equal({ a: [1] });
      expect(types(history)).to.deep.equal([
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
      ]);
      expect(history.map(({ id, previousEventId }) => [id, previousEventId])).to.deep.equal([
        [1, 0],
        [2, 0],
        [3, 2],
        [4, 3],
      ]);
    });

    it("evaluates only strings that begin with {% and end with %}", async () => {
      const Output = { n: "{% 1 + 1 %}", blank: " {% 1 %} ", path: "$.a", nested: [{ deep: "{% $states.input.a %}" }] };
      const { output } = await run({ A: { Type: "Pass", Output, End: true } }, { input: { a: "x" } });
      expect(output).to.deep.equal({ n: 2, blank: " {% 1 %} ", path: "$.a", nested: [{ deep: "x" }] });
    });

    it("evaluates Assign and Output from the values before either", async () => {
      const { output, history } = await run({
        A: { Type: "Pass", Assign: { x: 1 }, Next: "B" },
        B: { Type: "Pass", Assign: { x: "{% $x + 1 %}", y: "{% $x %}" }, Output: "{% $x %}", Next: "C" },
        C: { Type: "Pass", Output: "{% [$x, $y, $states.input] %}", End: true },
      });
      expect(output).to.deep.equal([2, 1, 1]);
      expect(history.find(({ state, type }) => state === "B" && type === "PassStateExited")).to.deep.include({
        assignedVariables: { x: 2, y: 1 },
      });
    });
  });

  describe("Succeed and Fail", () => {
    it("Succeed ends the execution with its Output", async () => {
      const { status, output } = await run({ A: { Type: "Succeed", Output: { done: true } } });
      expect({ status, output }).to.deep.equal({ status: "SUCCEEDED", output: { done: true } });
    });

    it("Fail takes Error and Cause from expressions", async () => {
      const { status, error, cause, failedState } = await run(
        { A: { Type: "Fail", Error: "{% $states.input.e %}", Cause: "{% 'because of ' & $states.input.e %}" } },
        { input: { e: "Broken" } },
      );
      expect({ status, error, cause, failedState }).to.deep.equal({
        status: "FAILED",
        error: "Broken",
        cause: "because of Broken",
        failedState: "A",
      });
    });

    it("Fail needs neither", async () => {
      const result = await run({ A: { Type: "Fail" } });
      expect(result.status).to.equal("FAILED");
      expect(result).not.to.have.any.keys("error", "cause");
    });

    it("Fail with an Error that is no string fails with QueryEvaluationError", async () => {
      const { error, history } = await run({ A: { Type: "Fail", Error: "{% 1 %}" } });
      expect(error).to.equal("States.QueryEvaluationError");
      expect(history.at(-2)).to.deep.include({ type: "EvaluationFailed", location: "Error" });
    });
  });

  describe("Wait", () => {
    it("waits as many seconds as its expression says", async () => {
      const states = { A: { Type: "Wait", Seconds: "{% $states.input.s %}", End: true } };
      const { history } = await run(states, { input: { s: 3600 } });
      expect(secondsOf(history, "WaitStateExited")).to.deep.equal([3600]);
    });

    it("waits until a timestamp, and not at all for one in the past", async () => {
      const until = async (Timestamp: string) =>
        secondsOf((await run({ A: { Type: "Wait", Timestamp, End: true } })).history, "WaitStateExited");
      expect(await until("1970-01-01T00:01:00Z")).to.deep.equal([60]);
      expect(await until("1970-01-01T01:01:00+01:00")).to.deep.equal([60]);
      expect(await until("1969-12-31T23:00:00Z")).to.deep.equal([0]);
    });

    for (const text of [
      "2016-13-05T21:29:29Z",
      "2016-02-30T21:29:29Z",
      "2016-03-14T01:59:00",
      "2016-03-14 01:59:00Z",
    ]) {
      it(`refuses the timestamp ${text} at run time`, async () => {
        const states = { A: { Type: "Wait", Timestamp: "{% $states.input %}", End: true } };
        const { error, history } = await run(states, { input: text });
        expect(error).to.equal("States.QueryEvaluationError");
        expect(history.at(-2)).to.deep.include({ type: "EvaluationFailed", location: "Timestamp" });
      });
    }
  });

  describe("Choice", () => {
    const states = {
      Choose: {
        Type: "Choice",
        Choices: [
          { Condition: "{% $states.input.n < 10 %}", Assign: { size: "small" }, Next: "End" },
          { Condition: "{% $states.input.n < 100 %}", Output: { replaced: true }, Next: "End" },
        ],
        Default: "End",
        Assign: { size: "large" },
        Output: "{% $states.input.n %}",
      },
      End: {
        Type: "Pass",
        Output: { size: "{% $exists($size) ? $size : 'none' %}", input: "{% $states.input %}" },
        End: true,
      },
    };

    it("takes the first rule that is true, with that rule's Assign and Output", async () => {
      expect((await run(states, { input: { n: 5 } })).output).to.deep.equal({ size: "small", input: { n: 5 } });
      expect((await run(states, { input: { n: 50 } })).output).to.deep.equal({
        size: "none",
        input: { replaced: true },
      });
    });

    it("takes the Default with the state's own Assign and Output", async () => {
      expect((await run(states, { input: { n: 500 } })).output).to.deep.equal({ size: "large", input: 500 });
    });

    it("without a match and a Default fails with States.NoChoiceMatched", async () => {
      const { error, failedState } = await run({
        A: { Type: "Choice", Choices: [{ Condition: "{% false %}", Next: "B" }] },
        B: { Type: "Succeed" },
      });
      expect({ error, failedState }).to.deep.equal({ error: "States.NoChoiceMatched", failedState: "A" });
    });

    it("requires a boolean, and refuses a truthy value", async () => {
      const { error, history } = await run({
        A: { Type: "Choice", Choices: [{ Condition: "{% 1 %}", Next: "B" }] },
        B: { Type: "Succeed" },
      });
      expect(error).to.equal("States.QueryEvaluationError");
      expect(history.at(-2)).to.deep.include({ type: "EvaluationFailed", location: "Choices[0]/Condition" });
    });
  });

  describe("Task", () => {
    it("passes the evaluated Arguments to its resource, and the result to Assign and Output", async () => {
      const { output, history } = await run(
        {
          A: {
            Type: "Task",
            Resource: INVOKE,
            Arguments: { FunctionName: "f", Payload: { id: "{% $states.input.id %}" } },
            TimeoutSeconds: 30,
            Assign: { seen: "{% $states.result.Payload %}" },
            Output: "{% $states.result.Payload.ok %}",
            Next: "B",
          },
          B: { Type: "Pass", Output: "{% [$states.input, $seen] %}", End: true },
        },
        { input: { id: 7 }, invoke: answers({ Payload: { ok: true } }) },
      );
      expect(output).to.deep.equal([true, { ok: true }]);
      expect(history.find(({ type }) => type === "TaskScheduled")).to.deep.include({
        state: "A",
        parameters: { FunctionName: "f", Payload: { id: 7 } },
        resource: "invoke",
        resourceType: "lambda",
        timeoutInSeconds: 30,
      });
    });

    it("of a function's own ARN takes the state's input if it has no Arguments, and has LambdaFunction events", async () => {
      const Resource = "arn:aws:lambda:us-east-1:123456789012:function:f";
      const calls: unknown[] = [];
      const { output, history } = await run(
        { A: { Type: "Task", Resource, End: true } },
        {
          input: { a: 1 },
          invoke: (call) => {
            calls.push(call.arguments);
            return Promise.resolve("done");
          },
        },
      );
      expect(calls).to.deep.equal([{ a: 1 }]);
      expect(output).to.equal("done");
      expect(types(history).slice(2, 5)).to.deep.equal([
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
      ]);
    });

    it("cannot change the machine's data through its arguments or its result", async () => {
      const result = { list: [1] };
      const { output } = await run(
        {
          A: {
            Type: "Task",
            Resource: INVOKE,
            Arguments: "{% $states.input %}",
            Output: "{% $states.result %}",
            Next: "B",
          },
          B: { Type: "Wait", Seconds: 1, Output: "{% [$states.input, $states.context.Execution.Input] %}", End: true },
        },
        {
          input: { a: [] },
          invoke: (call) => {
            (call.arguments as { a: number[] }).a.push(1);
            setImmediate(() => result.list.push(2));
            return Promise.resolve(result);
          },
        },
      );
      expect(output).to.deep.equal([{ list: [1] }, { a: [] }]);
    });

    it("that fails uncaught fails the execution with its error and cause, in that state", async () => {
      const { status, error, cause, failedState, history } = await run(
        { A: { Type: "Task", Resource: INVOKE, End: true } },
        { invoke: answers(fails("Refused", "no money")) },
      );
      expect({ status, error, cause, failedState }).to.deep.equal({
        status: "FAILED",
        error: "Refused",
        cause: "no money",
        failedState: "A",
      });
      expect(types(history).slice(-2)).to.deep.equal(["TaskFailed", "ExecutionFailed"]);
    });

    it("whose invoke throws anything but a TaskFailure is a fault of the caller: the result rejects", async () => {
      const clock = virtualClock();
      let thrown: unknown;
      await run(
        {
          A: { Type: "Task", Resource: INVOKE, Catch: [{ ErrorEquals: ["States.ALL"], Next: "B" }], Next: "B" },
          B: { Type: "Succeed" },
        },
        { clock, invoke: () => Promise.reject(new TypeError("a bug")) },
      ).catch((error: unknown) => (thrown = error));
      expect(thrown).to.be.instanceOf(TypeError);
    });
  });
});
