import { expect } from "chai";
import { seededRandom } from "../../saga/interpreter";
import { answers, fails, INVOKE, run, secondsOf, types } from "./helpers";

const task = (extra: object) => ({ A: { Type: "Task", Resource: INVOKE, End: true, ...extra } });
const caught = (ErrorEquals: string[], extra: object = {}) => ({
  A: { Type: "Task", Resource: INVOKE, Catch: [{ ErrorEquals, Next: "Caught" }], Next: "Ok", ...extra },
  Ok: { Type: "Succeed", Output: "not caught" },
  Caught: { Type: "Succeed" },
});

describe("interpreter: Retry", () => {
  it("retries three times by default, after 1, 2 and 4 seconds", async () => {
    const { status, history } = await run(task({ Retry: [{ ErrorEquals: ["E"] }] }), { invoke: answers(fails("E")) });
    expect(status).to.equal("FAILED");
    expect(secondsOf(history, "TaskScheduled")).to.deep.equal([0, 1, 3, 7]);
  });

  it("follows IntervalSeconds and BackoffRate up to MaxDelaySeconds", async () => {
    const Retry = [{ ErrorEquals: ["E"], IntervalSeconds: 3, BackoffRate: 1.5, MaxDelaySeconds: 6, MaxAttempts: 4 }];
    const { history } = await run(task({ Retry }), { invoke: answers(fails("E")) });
    expect(secondsOf(history, "TaskScheduled")).to.deep.equal([0, 3, 7.5, 13.5, 19.5]);
  });

  it("does not retry with MaxAttempts 0", async () => {
    const Retry = [{ ErrorEquals: ["E"], MaxAttempts: 0 }, { ErrorEquals: ["States.ALL"] }];
    const { history } = await run(task({ Retry }), { invoke: answers(fails("E")) });
    expect(types(history).filter((type) => type === "TaskScheduled")).to.have.length(1);
  });

  it("gives each retrier a budget of its own", async () => {
    const Retry = [
      { ErrorEquals: ["E"], IntervalSeconds: 1, MaxAttempts: 1 },
      { ErrorEquals: ["F"], IntervalSeconds: 10, MaxAttempts: 2 },
    ];
    const invoke = answers(fails("E"), fails("F"), fails("F"), fails("E"));
    const { error, history } = await run(task({ Retry }), { invoke });
    expect(error).to.equal("E");
    expect(secondsOf(history, "TaskScheduled")).to.deep.equal([0, 1, 11, 31]);
  });

  it("with full jitter waits between 0 and the interval, the same for the same seed", async () => {
    const Retry = [{ ErrorEquals: ["E"], IntervalSeconds: 10, MaxAttempts: 5, JitterStrategy: "FULL" }];
    const delays = async (seed: number) => {
      const { history } = await run(task({ Retry }), { invoke: answers(fails("E")), random: seededRandom(seed) });
      const times = secondsOf(history, "TaskScheduled");
      return times.slice(1).map((time, index) => time - (times[index] ?? 0));
    };
    for (let seed = 0; seed < 50; seed++) {
      for (const [index, delay] of (await delays(seed)).entries()) expect(delay).to.be.within(0, 10 * 2 ** index);
    }
    expect(await delays(1)).to.deep.equal(await delays(1));
    expect(await delays(1)).not.to.deep.equal(await delays(2));
  });

  it("counts retries in the Context object and in the call", async () => {
    const attempts: number[] = [];
    const { output } = await run(
      task({ Retry: [{ ErrorEquals: ["E"] }], Output: "{% $states.context.State.RetryCount %}" }),
      {
        invoke: (call) => {
          attempts.push(call.attempt);
          return attempts.length < 3 ? Promise.reject(fails("E")) : Promise.resolve(null);
        },
      },
    );
    expect(attempts).to.deep.equal([0, 1, 2]);
    expect(output).to.equal(2);
  });

  it("takes no real time", async () => {
    const before = Date.now();
    const Retry = [{ ErrorEquals: ["E"], IntervalSeconds: 86400, MaxAttempts: 10 }];
    await run(task({ Retry }), { invoke: answers(fails("E")) });
    expect(Date.now() - before).to.be.below(1000);
  });
});

describe("interpreter: Catch", () => {
  it("returns the error as output, or the result of its own Assign and Output", async () => {
    const invoke = answers(fails("E", "why"));
    expect((await run(caught(["E"]), { invoke })).output).to.deep.equal({ Error: "E", Cause: "why" });
    const Catch = [
      {
        ErrorEquals: ["States.ALL"],
        Assign: { error: "{% $states.errorOutput.Error %}" },
        Output: "{% $states.input %}",
        Next: "Caught",
      },
    ];
    const states = { ...caught(["E"]), Caught: { Type: "Succeed", Output: "{% [$error, $states.input] %}" } };
    const { output } = await run({ ...states, A: { ...states.A, Catch } }, { invoke, input: 5 });
    expect(output).to.deep.equal(["E", 5]);
  });

  it("comes after the retries", async () => {
    const { output, history } = await run(caught(["E"], { Retry: [{ ErrorEquals: ["E"], MaxAttempts: 1 }] }), {
      invoke: answers(fails("E", "first"), fails("E", "second")),
    });
    expect(output).to.deep.equal({ Error: "E", Cause: "second" });
    expect(types(history).filter((type) => type === "TaskFailed")).to.have.length(2);
  });

  it("States.TaskFailed catches every error but a timeout", async () => {
    expect((await run(caught(["States.TaskFailed"]), { invoke: answers(fails("Anything")) })).status).to.equal(
      "SUCCEEDED",
    );
    const { error } = await run(caught(["States.TaskFailed"], { TimeoutSeconds: 1 }), {
      invoke: () => new Promise(() => {}),
    });
    expect(error).to.equal("States.Timeout");
  });

  it("nothing catches or retries States.Runtime", async () => {
    const states = caught(["States.ALL"], { Retry: [{ ErrorEquals: ["States.Runtime"] }] });
    const { status, error, history } = await run(states, { invoke: answers(fails("States.Runtime", "bad path")) });
    expect({ status, error }).to.deep.equal({ status: "FAILED", error: "States.Runtime" });
    expect(types(history).filter((type) => type === "TaskScheduled")).to.have.length(1);
  });

  it("catches an evaluation failure of the state itself", async () => {
    for (const extra of [{ Arguments: { x: "{% $nothing %}" } }, { Output: "{% $states.result.absent %}" }]) {
      const { output, history } = await run(caught(["States.QueryEvaluationError"], extra));
      expect(output).to.have.property("Error", "States.QueryEvaluationError");
      expect(types(history)).to.include("EvaluationFailed");
    }
  });

  it("does not catch an error in its own Output", async () => {
    const Catch = [{ ErrorEquals: ["States.ALL"], Output: "{% $nothing %}", Next: "Caught" }];
    const { error, history } = await run(caught([], { Catch }), { invoke: answers(fails("E")) });
    expect(error).to.equal("States.QueryEvaluationError");
    expect(history.at(-2)).to.deep.include({ type: "EvaluationFailed", location: "Catch[0]/Output" });
  });
});
