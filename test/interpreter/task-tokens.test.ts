import { expect } from "chai";
import { virtualClock } from "../../saga/interpreter";
import { answers, INVOKE, run, secondsOf, start, types } from "./helpers";

describe("interpreter: task tokens", () => {
  const Resource = `${INVOKE}.waitForTaskToken`;
  const Arguments = { Payload: { token: "{% $states.context.Task.Token %}" } };
  const states = (extra: object = {}) => ({ A: { Type: "Task", Resource, Arguments, End: true, ...extra } });

  function startWaiting(extra: object = {}) {
    const clock = virtualClock(0);
    const tokens: string[] = [];
    const execution = start(states(extra), {
      clock,
      invoke: (call) => {
        expect(call.arguments).to.deep.equal({ Payload: { token: call.taskToken } });
        tokens.push(call.taskToken ?? "");
        return Promise.resolve("submitted");
      },
    });
    return { execution, clock, tokens };
  }

  it("the task waits for SendTaskSuccess, whose output is its result", async () => {
    const { execution, clock, tokens } = startWaiting();
    await clock.sleep(60_000);
    execution.sendTaskSuccess(tokens[0] ?? "", { approved: true });
    expect(await execution.result).to.deep.equal({ status: "SUCCEEDED", output: { approved: true } });
    expect(types(execution.history).slice(2, 6)).to.deep.equal([
      "TaskScheduled",
      "TaskStarted",
      "TaskSubmitted",
      "TaskSucceeded",
    ]);
  });

  it("SendTaskFailure fails it; a retry has a token of its own", async () => {
    const { execution, clock, tokens } = startWaiting({ Retry: [{ ErrorEquals: ["Rejected"], MaxAttempts: 1 }] });
    await clock.sleep(1000);
    execution.sendTaskFailure(tokens[0] ?? "", "Rejected", "no");
    await clock.sleep(5000);
    expect(tokens).to.have.length(2);
    expect(tokens[1]).not.to.equal(tokens[0]);
    execution.sendTaskFailure(tokens[1] ?? "", "Rejected", "still no");
    expect(await execution.result).to.deep.include({ status: "FAILED", error: "Rejected", cause: "still no" });
  });

  it("a missed heartbeat is recorded as States.Timeout; each heartbeat restarts its time", async () => {
    const { execution, clock, tokens } = startWaiting({ HeartbeatSeconds: 10, TimeoutSeconds: 600 });
    for (const time of [8, 16, 24]) {
      await clock.sleep(time * 1000 - clock.now());
      execution.sendTaskHeartbeat(tokens[0] ?? "");
    }
    expect(await execution.result).to.deep.include({ status: "FAILED", error: "States.Timeout" });
    expect(secondsOf(execution.history, "TaskTimedOut")).to.deep.equal([34]);
  });

  it("States.HeartbeatTimeout catches a missed heartbeat and not an ordinary timeout", async () => {
    const Catch = [{ ErrorEquals: ["States.HeartbeatTimeout"], Next: "Caught" }];
    const outcome = async (extra: object) => {
      const waiting = { ...states({ Catch, ...extra }), Caught: { Type: "Pass", Output: "caught", End: true } };
      return run(waiting, { invoke: answers(null) });
    };
    expect(await outcome({ HeartbeatSeconds: 5 })).to.have.property("output", "caught");
    expect(await outcome({ TimeoutSeconds: 5 })).to.have.property("status", "FAILED");
  });

  it("an answer may come before the submission has ended", async () => {
    const clock = virtualClock(0);
    const execution = start(states(), {
      clock,
      invoke: async (call) => {
        execution.sendTaskSuccess(call.taskToken ?? "", "quick");
        await clock.sleep(1000);
        return "submitted";
      },
    });
    expect(await execution.result).to.deep.equal({ status: "SUCCEEDED", output: "quick" });
    await clock.sleep(5000);
    expect(types(execution.history)).not.to.include("TaskSubmitted");
  });

  it("a .sync task can report what it started", async () => {
    const { output, history } = await run(
      { A: { Type: "Task", Resource: "arn:aws:states:::states:startExecution.sync:2", Arguments: {}, End: true } },
      {
        invoke: (call) => {
          call.submitted({ ExecutionArn: "arn" });
          return Promise.resolve({ Output: {} });
        },
      },
    );
    expect(output).to.deep.equal({ Output: {} });
    expect(history.find(({ type }) => type === "TaskSubmitted")).to.deep.include({
      resource: "startExecution.sync:2",
      resourceType: "states",
      output: { ExecutionArn: "arn" },
    });
  });

  it("refuses a token for which no task waits, or no longer waits", async () => {
    const { execution, clock, tokens } = startWaiting({ TimeoutSeconds: 10 });
    expect(() => {
      execution.sendTaskSuccess("never issued", null);
    }).to.throw(/Task Timed Out/);
    await clock.sleep(11_000);
    expect(() => {
      execution.sendTaskSuccess(tokens[0] ?? "", null);
    }).to.throw(/Task Timed Out/);
  });
});
