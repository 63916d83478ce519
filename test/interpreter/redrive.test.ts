import { expect } from "chai";
import { type Json, virtualClock } from "../../saga/interpreter";
import { fails, INVOKE, start, types } from "./helpers";

const task = (name: string, extra: object = {}) => ({
  StartAt: name,
  States: { [name]: { Type: "Task", Resource: INVOKE, End: true, ...extra } },
});
const parallel = (branches: object[], extra: object = {}) => ({
  P: { Type: "Parallel", Branches: branches, End: true, ...extra },
});

describe("interpreter: redrive", () => {
  it("goes on in the state where it failed, with its variables and fresh retries", async () => {
    let broken = true;
    const calls: string[] = [];
    const execution = start(
      {
        A: { Type: "Task", Resource: INVOKE, Assign: { a: "{% $states.result %}" }, Next: "B" },
        B: { Type: "Task", Resource: INVOKE, Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 1 }], Next: "C" },
        C: { Type: "Pass", Output: "{% [$a, $states.input, $states.context.Execution.RedriveCount] %}", End: true },
      },
      {
        invoke: (call) => {
          calls.push(call.state);
          return call.state === "B" && broken ? Promise.reject(fails("E")) : Promise.resolve(call.state);
        },
      },
    );
    expect(await execution.result).to.deep.include({ status: "FAILED", failedState: "B" });
    expect(await execution.redrive()).to.have.property("status", "FAILED");
    broken = false;
    expect(await execution.redrive()).to.deep.equal({
      status: "SUCCEEDED",
      output: ["a", "B", 2].map((x) => (x === "a" ? "A" : x)),
    });
    expect(calls).to.deep.equal(["A", "B", "B", "B", "B", "B"]);
    const after = execution.history.slice(execution.history.findIndex(({ type }) => type === "ExecutionRedriven"));
    expect(types(after).slice(0, 3)).to.deep.equal(["ExecutionRedriven", "TaskScheduled", "TaskStarted"]);
  });

  it("runs only those branches of a Parallel again that did not succeed", async () => {
    let broken = true;
    const clock = virtualClock(0);
    const calls: string[] = [];
    const seconds: Record<string, number> = { A: 1, B: 2, C: 5 };
    const execution = start(parallel([task("A"), task("B"), task("C")]), {
      clock,
      invoke: async (call) => {
        calls.push(call.state);
        await clock.sleep((seconds[call.state] ?? 0) * 1000);
        if (call.state === "B" && broken) throw fails("E");
        return call.state.toLowerCase();
      },
    });
    await execution.result;
    broken = false;
    expect(await execution.redrive()).to.deep.equal({ status: "SUCCEEDED", output: ["a", "b", "c"] });
    expect(calls).to.deep.equal(["A", "B", "C", "B", "C"]);
  });

  it("runs only those iterations of a Map again that did not succeed", async () => {
    let broken = true;
    const calls: Json[] = [];
    const Items = [0, 1, 2];
    const execution = start(
      { M: { Type: "Map", Items, MaxConcurrency: 1, ItemProcessor: task("T"), End: true } },
      {
        invoke: (call) => {
          calls.push(call.arguments);
          return call.arguments === 1 && broken ? Promise.reject(fails("E")) : Promise.resolve(call.arguments);
        },
      },
    );
    await execution.result;
    broken = false;
    expect(await execution.redrive()).to.deep.equal({ status: "SUCCEEDED", output: [0, 1, 2] });
    expect(calls).to.deep.equal([0, 1, 1, 2]);
  });

  it("finds its place in a Parallel inside a Map", async () => {
    let broken = true;
    const calls: string[] = [];
    const processor = { StartAt: "P", States: parallel([task("A", { Next: "B", End: false }), task("C")]) };
    const [first] = processor.States.P.Branches as [{ States: object }];
    Object.assign(first.States, task("B").States);
    const execution = start(
      { M: { Type: "Map", Items: ["x", "y"], MaxConcurrency: 1, ItemProcessor: processor, End: true } },
      {
        invoke: (call) => {
          const item = ["x", "y"][call.iteration as number] as string;
          calls.push(call.state + item);
          if (call.state === "B" && item === "y" && broken) return Promise.reject(fails("E"));
          return Promise.resolve(call.state + item);
        },
      },
    );
    expect((await execution.result).failedPath).to.deep.equal(["M", "P", "B"]);
    broken = false;
    calls.length = 0;
    expect(await execution.redrive()).to.deep.equal({
      status: "SUCCEEDED",
      output: [
        ["Bx", "Cx"],
        ["By", "Cy"],
      ],
    });
    expect(calls).to.deep.equal(["By"]);
  });

  it("enters a Fail state again, which fails again", async () => {
    const execution = start({ A: { Type: "Fail", Error: "E" } });
    await execution.result;
    expect(await execution.redrive()).to.have.property("error", "E");
    expect(types(execution.history).filter((type) => type === "FailStateEntered")).to.have.length(2);
  });

  it("goes on after a stop, and not after a success", async () => {
    const execution = start({ A: { Type: "Wait", Seconds: 60, End: true } });
    execution.stop();
    expect(await execution.result).to.have.property("status", "ABORTED");
    expect(await execution.redrive()).to.have.property("status", "SUCCEEDED");
    expect(() => execution.redrive()).to.throw(/ExecutionNotRedrivable/);
  });
});
