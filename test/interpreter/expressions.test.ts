import { expect } from "chai";
import { seededRandom } from "../../saga/interpreter";
import { answers, fails, INVOKE, run } from "./helpers";

const evaluate = async (expression: string, input: unknown = {}) =>
  run({ A: { Type: "Pass", Output: `{% ${expression} %}`, End: true } }, { input: input as never });

describe("interpreter: expressions", () => {
  it("one without a result fails with States.QueryEvaluationError, which names its field", async () => {
    const Output = { list: [1, { deep: "{% $states.input.absent %}" }] };
    const { error, cause, history } = await run({ A: { Type: "Pass", Output, End: true } });
    expect(error).to.equal("States.QueryEvaluationError");
    expect(cause).to.equal(
      "An error occurred while executing the state 'A' (entered at the event id #2). The JSONata expression " +
        "'$states.input.absent' specified for the field 'Output/list[1]/deep' returned nothing (undefined).",
    );
    expect(history.at(-2)).to.deep.include({ type: "EvaluationFailed", location: "Output/list[1]/deep", error });
  });

  it("an absent field inside an object expression is left out", async () => {
    expect((await evaluate("{ 'a': $states.input.absent, 'b': 1 }")).output).to.deep.equal({ b: 1 });
  });

  it("one that throws, and one that returns a function, fail the same way", async () => {
    expect((await evaluate("$number('x')")).cause).to.match(/threw an error during evaluation/);
    expect((await evaluate("function($x) { $x }")).cause).to.match(/returned an unsupported result type/);
    expect((await evaluate("{ 'f': $sum }")).error).to.equal("States.QueryEvaluationError");
    expect((await evaluate("/regex/")).error).to.equal("States.QueryEvaluationError");
  });

  it("returns plain JSON: sequences as arrays, one-item sequences as the item", async () => {
    expect((await evaluate("$states.input.a[n > 1].n", { a: [{ n: 1 }, { n: 2 }, { n: 3 }] })).output).to.deep.equal([
      2, 3,
    ]);
    expect((await evaluate("$states.input.a[n > 2].n", { a: [{ n: 2 }, { n: 3 }] })).output).to.equal(3);
    expect((await evaluate("-0")).output).to.satisfy((zero: number) => Object.is(zero, 0));
  });

  it("refuses one that reads from a context, as CreateStateMachine does", async () => {
    // Measured on the service by others, each with ValidateStateMachineDefinition.
    for (const taken of [
      ...["$states.input.items[phone > 3]", "$states.input.a[$ > 1]", "$states.input.a^(phone)", "{'k': 1}.phone"],
      ...["$states.input.a{'k': phone}", "$states.input.a.(phone)", "$map($states.input.a, function($x) { $x.phone })"],
    ]) {
      const definition = { A: { Type: "Pass", Output: { a: `{% $exists(${taken}) %}` }, End: true } };
      expect((await run(definition)).error, taken).to.equal(undefined);
    }
    for (const refused of [
      ...["phone", "(phone).other", "[phone].other", "{phone: 1}", "($x := phone; $x)", "$sum(phone)", "phone & 'x'"],
      ...["$map($states.input.a, function($y) { phone })", "$", "$.phone", "$string($)", "$states.input.a[$$.x]"],
    ]) {
      const evaluated = evaluate(refused).then(
        () => "taken",
        (error: unknown) => (error as Error).message,
      );
      expect(await evaluated, refused).to.include("UNSUPPORTED_JSONATA_EXPRESSION");
    }
  });

  it("nests as deep as the service evaluates, and no deeper", async () => {
    const repeated = (times: number, [open, close]: readonly [string, string], inner: string) =>
      open.repeat(times) + inner + close.repeat(times);
    const forms: readonly (readonly [string, number, (times: number) => string])[] = [
      ["parentheses", 99, (times) => repeated(times, ["(", ")"], "1")],
      ["brackets", 99, (times) => repeated(times, ["[", "]"], "1")],
      ["a sum of terms", 100, (times) => Array(times).fill("1").join(" + ")],
      ["a chain of functions", 99, (times) => "1" + " ~> $string()".repeat(times)],
      ["calls of itself", 31, (times) => `($f := function($n) {$n = 0 ? 0 : 1 + $f($n - 1)}; $f(${times}))`],
    ];
    for (const [title, most, form] of forms) {
      expect((await evaluate(form(most))).error, title).to.equal(undefined);
      expect((await evaluate(form(most + 1))).cause, title).to.match(/Stack overflow error: .* Depth=101 max=100/);
    }
  });

  it("$states.result and $states.errorOutput exist only after a result or an error", async () => {
    expect((await evaluate("$exists($states.result) or $exists($states.errorOutput)")).output).to.equal(false);
    const Output = "{% $exists($states.errorOutput) %}";
    const task = { Type: "Task", Resource: INVOKE, Output, End: true };
    expect((await run({ A: task }, { invoke: answers(1) })).output).to.equal(false);
    const Arguments = { result: "{% $exists($states.result) %}" };
    const calls: unknown[] = [];
    await run({ A: { ...task, Arguments } }, { invoke: (call) => Promise.resolve(calls.push(call.arguments)) });
    expect(calls).to.deep.equal([{ result: false }]);
  });

  it("sees the execution in $states.context", async () => {
    const Output = "{% $states.context %}";
    const { output } = await run(
      { Only: { Type: "Pass", Output, End: true } },
      {
        input: { a: 1 },
        execution: {
          name: "run-1",
          roleArn: "arn:aws:iam::123456789012:role/r",
          startTime: "2025-01-01T00:00:00.000Z",
        },
        stateMachine: { name: "Orders" },
      },
    );
    expect(output).to.deep.equal({
      Execution: {
        Id: "arn:aws:states:us-east-1:123456789012:execution:Orders:run-1",
        Input: { a: 1 },
        Name: "run-1",
        RoleArn: "arn:aws:iam::123456789012:role/r",
        StartTime: "2025-01-01T00:00:00.000Z",
        RedriveCount: 0,
      },
      StateMachine: { Id: "arn:aws:states:us-east-1:123456789012:stateMachine:Orders", Name: "Orders" },
      State: { Name: "Only", EnteredTime: "1970-01-01T00:00:00.000Z", RetryCount: 0 },
    });
  });

  it("sees in the Context object of a Catch how many retries were made", async () => {
    const { output } = await run(
      {
        A: {
          Type: "Task",
          Resource: INVOKE,
          Retry: [{ ErrorEquals: ["E"], MaxAttempts: 2 }],
          Catch: [{ ErrorEquals: ["E"], Output: "{% $states.context.State.RetryCount %}", Next: "B" }],
          Next: "B",
        },
        B: { Type: "Succeed" },
      },
      { invoke: answers(fails("E")) },
    );
    expect(output).to.equal(2);
  });

  describe("functions of Step Functions", () => {
    const cases: [string, unknown][] = [
      ["$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]],
      ["$partition([1], 5)", [[1]]],
      ["$range(0, 10, 3)", [0, 3, 6, 9]],
      ["$range(10, 0, -5)", [10, 5, 0]],
      ["$range(1, 9, 9)", 1],
      ["$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"],
      ["$parse('{\"a\":[1,null]}')", { a: [1, null] }],
      ["$length($uuid())", 36],
      ["$random(7) = $random(7)", true],
      ["$millis()", 0],
      ["$now()", "1970-01-01T00:00:00.000Z"],
      ["$now('[Y0001]-[M01]')", "1970-01"],
    ];
    for (const [expression, expected] of cases) {
      it(`${expression} returns ${JSON.stringify(expected)}`, async () => {
        expect((await evaluate(expression)).output).to.deep.equal(expected);
      });
    }

    for (const expression of [
      "$partition([1], 0)",
      "$range(1, 2, 0)",
      "$range(1, 5000, 1)",
      "$range(5, 1, 1)",
      "$hash('x', 'CRC')",
      "$parse('{')",
    ]) {
      it(`${expression} fails`, async () => {
        expect((await evaluate(expression)).error).to.equal("States.QueryEvaluationError");
      });
    }

    it("$random and $uuid follow the seed", async () => {
      const states = { A: { Type: "Pass", Output: "{% [$random(), $uuid()] %}", End: true } };
      const once = async (seed: number) => (await run(states, { random: seededRandom(seed) })).output;
      expect(await once(1)).to.deep.equal(await once(1));
      expect(await once(1)).not.to.deep.equal(await once(2));
    });
  });
});
