import { expect } from "chai";
import { type Invoke, type Json, TaskFailure, virtualClock } from "../../saga/interpreter";
import { fails, INVOKE, run, secondsOf, types } from "./helpers";

const task = (name: string, extra: object = {}) => ({
  StartAt: name,
  States: { [name]: { Type: "Task", Resource: INVOKE, End: true, ...extra } },
});
const parallel = (branches: object[], extra: object = {}) => ({
  P: { Type: "Parallel", Branches: branches, End: true, ...extra },
});

/** Answers by the state's name, after that many seconds, with a value or an error. */
function byState(
  clock: ReturnType<typeof virtualClock>,
  script: Record<string, [seconds: number, Json | TaskFailure]>,
) {
  const calls: string[] = [];
  const aborted: string[] = [];
  const invoke: Invoke = async (call) => {
    calls.push(call.state);
    call.signal.addEventListener("abort", () => aborted.push(call.state));
    const [seconds, answer] = script[call.state] ?? [0, null];
    await clock.sleep(seconds * 1000);
    if (answer instanceof TaskFailure) throw answer;
    return answer;
  };
  return { invoke, calls, aborted, clock };
}

describe("interpreter: Parallel", () => {
  it("runs its branches at the same time and returns their outputs in the order of the definition", async () => {
    const script = byState(virtualClock(0), { A: [5, "a"], B: [2, "b"] });
    const { output, history } = await run(parallel([task("A"), task("B")]), script);
    expect(output).to.deep.equal(["a", "b"]);
    expect(secondsOf(history, "ParallelStateSucceeded")).to.deep.equal([5]);
  });

  it("passes its input, or its Arguments, to every branch", async () => {
    const branch = (name: string) => ({ StartAt: name, States: { [name]: { Type: "Pass", End: true } } });
    const branches = [branch("A"), branch("B")];
    expect((await run(parallel(branches), { input: 1 })).output).to.deep.equal([1, 1]);
    const Arguments = { doubled: "{% $states.input * 2 %}" };
    expect((await run(parallel(branches, { Arguments }), { input: 1 })).output).to.deep.equal([
      { doubled: 2 },
      { doubled: 2 },
    ]);
  });

  it("a branch that fails aborts the others and fails the state with its error", async () => {
    const script = byState(virtualClock(0), { A: [5, "a"], B: [2, fails("E", "why")] });
    const result = await run(parallel([task("A"), task("B")]), script);
    expect(result).to.deep.include({ status: "FAILED", error: "E", cause: "why", failedState: "B" });
    expect(result.failedPath).to.deep.equal(["P", "B"]);
    expect(script.aborted).to.include("A");
    expect(secondsOf(result.history, "ExecutionFailed")).to.deep.equal([2]);
    expect(types(result.history).slice(-5)).to.deep.equal([
      "TaskFailed",
      "TaskStateAborted",
      "TaskStateAborted",
      "ParallelStateFailed",
      "ExecutionFailed",
    ]);
  });

  it("catches an error that a branch did not catch; a branch that catches its own error goes on", async () => {
    const Catch = [{ ErrorEquals: ["E"], Next: "Caught" }];
    const Caught = { Type: "Pass", Output: "caught", End: true };
    const script = byState(virtualClock(0), { A: [5, "a"], B: [2, fails("E")] });
    const outside = { ...parallel([task("A"), task("B")], { Catch }), Caught };
    expect((await run(outside, script)).output).to.equal("caught");
    const B = task("B", { Catch });
    const inside = parallel([task("A"), { ...B, States: { ...B.States, Caught } }]);
    expect((await run(inside, script)).output).to.deep.equal(["a", "caught"]);
  });

  it("retries all its branches", async () => {
    const clock = virtualClock(0);
    let failures = 0;
    const { output, history } = await run(parallel([task("A"), task("B")], { Retry: [{ ErrorEquals: ["E"] }] }), {
      clock,
      invoke: (call) =>
        call.state === "B" && failures++ < 1 ? Promise.reject(fails("E")) : Promise.resolve(call.state),
    });
    expect(output).to.deep.equal(["A", "B"]);
    expect(types(history).filter((type) => type === "ParallelStateStarted")).to.have.length(2);
    expect(types(history)).not.to.include("ParallelStateFailed");
  });

  it("a branch reads outer variables, and its own variables end with it", async () => {
    const branch = {
      StartAt: "In",
      States: {
        In: { Type: "Pass", Assign: { inner: "{% $outer + 1 %}" }, Next: "Out" },
        Out: { Type: "Pass", Output: "{% $inner %}", End: true },
      },
    };
    const { output } = await run({
      S: { Type: "Pass", Assign: { outer: 1 }, Next: "P" },
      P: { Type: "Parallel", Branches: [branch], Assign: { result: "{% $states.result[0] %}" }, Next: "End" },
      End: { Type: "Pass", Output: "{% [$result, $exists($inner)] %}", End: true },
    });
    expect(output).to.deep.equal([2, false]);
  });
});

describe("interpreter: inline Map", () => {
  const map = (extra: object = {}, processor: object = task("T")) => ({
    M: { Type: "Map", ItemProcessor: processor, End: true, ...extra },
  });

  it("runs once for each item and keeps the order of the items", async () => {
    const clock = virtualClock(0);
    const { output, history } = await run(map({ Items: "{% $states.input.list %}" }), {
      clock,
      input: { list: [3, 1, 2] },
      invoke: async (call) => {
        await clock.sleep(Number(call.arguments) * 1000);
        return `${call.iteration}:${JSON.stringify(call.arguments)}`;
      },
    });
    expect(output).to.deep.equal(["0:3", "1:1", "2:2"]);
    expect(secondsOf(history, "MapIterationSucceeded")).to.deep.equal([1, 2, 3]);
  });

  it("runs at most MaxConcurrency at a time, and at most 40", async () => {
    for (const [limit, expected] of [
      [2, 2],
      [0, 40],
      ["{% 1 + 2 %}", 3],
    ] as const) {
      const clock = virtualClock(0);
      let running = 0;
      let most = 0;
      await run(map({ Items: Array.from({ length: 60 }, (_, n) => n), MaxConcurrency: limit }), {
        clock,
        invoke: async () => {
          most = Math.max(most, ++running);
          await clock.sleep(1000);
          running--;
          return null;
        },
      });
      expect(most).to.equal(expected);
    }
  });

  it("makes each input with ItemSelector, from the item and the state's own input", async () => {
    const ItemSelector = {
      value: "{% $states.context.Map.Item.Value.v %}",
      index: "{% $states.context.Map.Item.Index %}",
      all: "{% $count($states.input) %}",
    };
    const processor = { StartAt: "Pass", States: { Pass: { Type: "Pass", End: true } } };
    const { output } = await run(map({ ItemSelector }, processor), { input: [{ v: "a" }, { v: "b" }] });
    expect(output).to.deep.equal([
      { value: "a", index: 0, all: 2 },
      { value: "b", index: 1, all: 2 },
    ]);
  });

  it("shows the item to its ItemSelector only, and not to the states of an iteration or of an inner Map", async () => {
    const item = "{% $exists($states.context.Map) ? $states.context.Map.Item.Value : 'none' %}";
    const pass = { StartAt: "P", States: { P: { Type: "Pass", Output: item, End: true } } };
    const inner = {
      StartAt: "Inner",
      States: {
        Inner: { Type: "Map", Items: ["{% $exists($states.context.Map) %}", 7], ItemProcessor: pass, End: true },
      },
    };
    const { output } = await run(map({ ItemSelector: item, Items: ["x", "y"] }, inner));
    expect(output).to.deep.equal([
      ["none", "none"],
      ["none", "none"],
    ]);
    const selected = { StartAt: "S", States: { S: { Type: "Pass", End: true } } };
    expect((await run(map({ ItemSelector: item, Items: ["x", "y"] }, selected))).output).to.deep.equal(["x", "y"]);
  });

  it("one iteration that fails aborts the others and fails the state", async () => {
    const clock = virtualClock(0);
    const { error, history } = await run(map({ Items: [3, 1, 2] }), {
      clock,
      invoke: async (call) => {
        await clock.sleep(Number(call.arguments) * 1000);
        throw fails("E");
      },
    });
    expect(error).to.equal("E");
    const end = types(history).slice(-8);
    expect(end.slice(0, 2)).to.deep.equal(["TaskFailed", "MapIterationFailed"]);
    expect(end.slice(2, 6)).to.have.members([
      "TaskStateAborted",
      "TaskStateAborted",
      "MapIterationAborted",
      "MapIterationAborted",
    ]);
    expect(end.slice(6)).to.deep.equal(["MapStateFailed", "ExecutionFailed"]);
    expect(secondsOf(history, "ExecutionFailed")).to.deep.equal([1]);
  });

  it("has no outputs if it has no items", async () => {
    expect((await run(map({ Items: [] }))).output).to.deep.equal([]);
  });

  it("requires an array", async () => {
    const { error, history } = await run(map({ Items: "{% 5 %}" }));
    expect(error).to.equal("States.QueryEvaluationError");
    expect(types(history).slice(-3)).to.deep.equal(["EvaluationFailed", "MapStateFailed", "ExecutionFailed"]);
  });
});
