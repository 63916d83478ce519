import { expect } from "chai";
import { MAX_PAYLOAD_BYTES, seededRandom, startExecution, TaskFailure, virtualClock } from "../../saga/interpreter";
import { answers, fails, INVOKE, machineOf, run, secondsOf, slow, start, types } from "./helpers";

const task = (extra: object) => ({ A: { Type: "Task", Resource: INVOKE, End: true, ...extra } });
const caught = (ErrorEquals: string[], extra: object = {}) => ({
  A: { Type: "Task", Resource: INVOKE, Catch: [{ ErrorEquals, Next: "Caught" }], Next: "Ok", ...extra },
  Ok: { Type: "Succeed", Output: "not caught" },
  Caught: { Type: "Succeed" },
});
const KIB_256 = "x".repeat(MAX_PAYLOAD_BYTES - 2);

describe("interpreter: timeouts", () => {
  it("a task that takes longer than TimeoutSeconds fails with States.Timeout, and its late answer is ignored", async () => {
    const clock = virtualClock(0);
    const { output, history } = await run(caught(["States.Timeout"], { TimeoutSeconds: 5 }), {
      clock,
      invoke: slow(clock, 6, "late"),
    });
    expect(output).to.deep.equal({ Error: "States.Timeout", Cause: "" });
    expect(secondsOf(history, "TaskTimedOut")).to.deep.equal([5]);
    await clock.sleep(10_000);
    expect(types(history)).not.to.include("TaskSucceeded");
  });

  it("a late failure is ignored too", async () => {
    const clock = virtualClock(0);
    const execution = start(caught(["States.Timeout"], { TimeoutSeconds: "{% 2 + 3 %}" }), {
      clock,
      invoke: async () => {
        await clock.sleep(6000);
        throw new TaskFailure("TooLate");
      },
    });
    expect(await execution.result).to.have.property("status", "SUCCEEDED");
    await clock.sleep(10_000);
  });

  it("aborts the signal of the call, and only then", async () => {
    const clock = virtualClock(0);
    const signals: AbortSignal[] = [];
    const invoke: Parameters<typeof startExecution>[1]["invoke"] = async (call) => {
      signals.push(call.signal);
      await clock.sleep(signals.length === 1 ? 60_000 : 1000);
      return null;
    };
    const Retry = [{ ErrorEquals: ["States.Timeout"] }];
    await run(task({ TimeoutSeconds: 5, Retry }), { clock, invoke });
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, false]);
  });

  it("an answer at the same instant as the timeout is in time if its timer was set first", async () => {
    const clock = virtualClock(0);
    const { status } = await run(task({ TimeoutSeconds: 5 }), { clock, invoke: slow(clock, 5) });
    expect(status).to.equal("SUCCEEDED");
  });

  it("the machine's own TimeoutSeconds ends the execution as TIMED_OUT, which nothing catches", async () => {
    const { status, history } = await run(caught(["States.ALL"]), {
      top: { TimeoutSeconds: 60 },
      invoke: () => new Promise(() => {}),
    });
    expect(status).to.equal("TIMED_OUT");
    expect(secondsOf(history, "ExecutionTimedOut")).to.deep.equal([60]);
    expect(types(history).slice(-2)).to.deep.equal(["TaskStarted", "ExecutionTimedOut"]);
  });
});

describe("interpreter: limits", () => {
  it("refuses an input of more than 256 KiB", () => {
    const machine = machineOf({ A: { Type: "Succeed" } });
    const options = { clock: virtualClock(), random: seededRandom(1), invoke: answers(null) };
    expect(() => startExecution(machine, { ...options, input: `${KIB_256}x` })).to.throw(/larger than 262144/);
    expect(() => startExecution(machine, { ...options, input: KIB_256 })).not.to.throw();
  });

  it("counts bytes, not characters", () => {
    const machine = machineOf({ A: { Type: "Succeed" } });
    const options = { clock: virtualClock(), random: seededRandom(1), invoke: answers(null) };
    expect(() => startExecution(machine, { ...options, input: "é".repeat(MAX_PAYLOAD_BYTES / 2) })).to.throw();
  });

  it("a result of more than 256 KiB is States.DataLimitExceeded, caught by name and by States.ALL", async () => {
    const invoke = answers(`${KIB_256}x`);
    for (const name of ["States.DataLimitExceeded", "States.ALL"]) {
      const { output, history } = await run(caught([name]), { invoke });
      expect(output).to.have.property("Error", "States.DataLimitExceeded");
      expect(types(history)).to.include("TaskFailed");
    }
  });

  it("so are arguments, output and variables of more than 256 KiB", async () => {
    const big = "{% $join([1..300].($pad('x', 1000, 'x'))) %}";
    for (const extra of [{ Arguments: { big } }, { Output: big }, { Assign: { big } }]) {
      expect(await run(task(extra))).to.have.property("error", "States.DataLimitExceeded");
    }
  });

  it("an execution fails at 25,000 history events", async () => {
    const { status, error, history } = await run({
      A: { Type: "Pass", Next: "B" },
      B: { Type: "Pass", Next: "A" },
    });
    expect({ status, error }).to.deep.equal({ status: "FAILED", error: "States.Runtime" });
    expect(history).to.have.length(25_000);
    expect(history.at(-1)).to.have.property("type", "ExecutionFailed");
  });
});

describe("interpreter: stop", () => {
  it("ends the execution as ABORTED in its current state, and no Catch runs", async () => {
    const clock = virtualClock(0);
    let signal: AbortSignal | undefined;
    const execution = start(caught(["States.ALL"]), {
      clock,
      invoke: (call) => {
        signal = call.signal;
        return new Promise(() => {});
      },
    });
    await clock.sleep(10_000);
    execution.stop("ByHand", "no longer wanted");
    expect(await execution.result).to.deep.equal({ status: "ABORTED", error: "ByHand", cause: "no longer wanted" });
    expect(signal?.aborted).to.equal(true);
    expect(execution.history.at(-1)).to.deep.include({ type: "ExecutionAborted", previousEventId: 0, error: "ByHand" });
  });

  it("interrupts a Wait and a backoff", async () => {
    for (const states of [
      { A: { Type: "Wait", Seconds: 1000, End: true } },
      task({ Retry: [{ ErrorEquals: ["E"], IntervalSeconds: 1000 }] }),
    ]) {
      const clock = virtualClock(0);
      const execution = start(states, { clock, invoke: answers(fails("E")) });
      await clock.sleep(10_000);
      execution.stop();
      expect(await execution.result).to.deep.equal({ status: "ABORTED" });
      expect(clock.now()).to.equal(10_000);
    }
  });

  it("does nothing once the execution has ended", async () => {
    const execution = start({ A: { Type: "Succeed" } });
    await execution.result;
    execution.stop();
    expect(await execution.result).to.have.property("status", "SUCCEEDED");
    expect(types(execution.history)).not.to.include("ExecutionAborted");
  });
});

describe("interpreter: an execution that runs out of history", () => {
  it("ends even if a Catch around the loop would go on", async () => {
    const loop = (name: string, next: string) => ({ [name]: { Type: "Pass", Next: next } });
    const branch = (name: string) => ({
      StartAt: name,
      States: { ...loop(name, `${name}2`), ...loop(`${name}2`, name) },
    });
    const { status, error, history } = await run({
      P: {
        Type: "Parallel",
        Branches: [branch("A"), branch("B")],
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "P" }],
        End: true,
      },
    });
    expect({ status, error }).to.deep.equal({ status: "FAILED", error: "States.Runtime" });
    expect(history).to.have.length(25_000);
  });
});
