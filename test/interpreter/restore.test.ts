import { expect } from "chai";
import {
  type ExecutionOptions,
  type Invoke,
  type JournalEntry,
  type Machine,
  restoreExecution,
  seededRandom,
  startExecution,
  virtualClock,
} from "../../saga/interpreter";
import { fails, INVOKE, machineOf, secondsOf, types } from "./helpers";

type Options = Partial<Omit<ExecutionOptions, "input">>;

/** An execution, and its journal until it is abandoned. */
function begin(machine: Machine, options: Options = {}) {
  const clock = options.clock ?? virtualClock(0);
  const journal: JournalEntry[] = [];
  const execution = startExecution(machine, {
    input: {},
    clock,
    random: seededRandom(7),
    invoke: () => new Promise(() => {}),
    onEntry: (entry) => journal.push(JSON.parse(JSON.stringify(entry)) as JournalEntry),
    ...options,
  });
  return { execution, clock, journal };
}

/** Restores it at a later time, from the journal up to and including the event of a type. */
function goOn(
  machine: Machine,
  journal: readonly JournalEntry[],
  { seconds, ...options }: Options & { seconds: number },
) {
  const clock = virtualClock(seconds * 1000);
  const entries: JournalEntry[] = [];
  const execution = restoreExecution(machine, journal, {
    clock,
    random: seededRandom(8),
    invoke: () => Promise.resolve("answer"),
    onEntry: (entry) => entries.push(entry),
    ...options,
  });
  return { execution, clock, entries };
}

const until = (journal: readonly JournalEntry[], last: (entry: JournalEntry) => boolean): JournalEntry[] =>
  journal.slice(0, 1 + journal.findIndex(last));
const isMark = (mark: string) => (entry: JournalEntry) => "mark" in entry && entry.mark === mark;
const isEvent = (type: string) => (entry: JournalEntry) => "type" in entry && entry.type === type;
const task = (extra: object = {}) => machineOf({ A: { Type: "Task", Resource: INVOKE, End: true, ...extra } });

describe("interpreter: restore", () => {
  it("makes a call again that was running, with its whole timeout and the recorded arguments", async () => {
    const Arguments = { id: "{% $uuid() %}" };
    const machine = task({ TimeoutSeconds: 10, Arguments });
    const { clock, journal } = begin(machine);
    await clock.sleep(4000);
    const calls: unknown[] = [];
    const invoke: Invoke = async ({ arguments: args }) => {
      calls.push(args);
      await restored.clock.sleep(8000);
      return "late";
    };
    const restored = goOn(machine, journal, { seconds: 7, invoke });
    expect(await restored.execution.result).to.deep.equal({ status: "SUCCEEDED", output: "late" });
    const scheduled = journal.find(isEvent("TaskScheduled")) as { parameters?: unknown };
    expect(calls).to.deep.equal([scheduled.parameters]);
    expect(types(restored.execution.history).filter((type) => type === "TaskScheduled")).to.have.length(1);
    expect(restored.entries[0]).to.include({ type: "TaskSucceeded", timestamp: 15_000 });
  });

  it("waits for the rest of a backoff, jitter included, and has the rest of its retries", async () => {
    const Retry = [{ ErrorEquals: ["E"], IntervalSeconds: 100, MaxAttempts: 2, JitterStrategy: "FULL" }];
    const machine = task({ Retry });
    const { execution, journal } = begin(machine, { invoke: () => Promise.reject(fails("E")) });
    await execution.result;
    const [, second] = secondsOf(execution.history, "TaskScheduled");
    const { execution: again } = goOn(machine, until(journal, isMark("retry")), {
      seconds: 0.5,
      invoke: () => Promise.reject(fails("E")),
    });
    expect(await again.result).to.include({ status: "FAILED", error: "E" });
    expect(secondsOf(again.history, "TaskScheduled")[1]).to.equal(second);
    expect(secondsOf(again.history, "TaskScheduled")).to.have.length(3);
  });

  it("ends a Wait at its original time, and at once if that has passed", async () => {
    const machine = machineOf({ W: { Type: "Wait", Seconds: "{% 60 + $floor($random()) %}", End: true } });
    const { clock, journal } = begin(machine);
    await clock.sleep(1000);
    const cutOff = [...journal];
    for (const [seconds, end] of [
      [20, 60],
      [90, 90],
    ] as const) {
      const { execution } = goOn(machine, cutOff, { seconds });
      await execution.result;
      expect(secondsOf(execution.history, "WaitStateExited")).to.deep.equal([end]);
    }
  });

  describe("of a task that waits for a token", () => {
    const machine = machineOf({
      A: { Type: "Task", Resource: `${INVOKE}.waitForTaskToken`, TimeoutSeconds: 100, HeartbeatSeconds: 30, End: true },
    });
    async function waiting() {
      const tokens: string[] = [];
      const { execution, clock, journal } = begin(machine, {
        invoke: ({ taskToken = "" }) => {
          tokens.push(taskToken);
          return Promise.resolve("sent");
        },
      });
      await clock.sleep(20_000);
      return { execution, journal, token: tokens[0] as string };
    }

    it("keeps the token, and does not send it a second time", async () => {
      const { journal, token } = await waiting();
      const calls: unknown[] = [];
      const { execution, clock } = goOn(machine, journal, {
        seconds: 25,
        invoke: (call) => Promise.resolve(calls.push(call)),
      });
      await clock.sleep(1000);
      execution.sendTaskSuccess(token, "yes");
      expect(await execution.result).to.deep.equal({ status: "SUCCEEDED", output: "yes" });
      expect(calls).to.deep.equal([]);
    });

    it("sends the same token again if the journal does not say that it was sent", async () => {
      const { journal, token } = await waiting();
      const calls: unknown[] = [];
      const { execution } = goOn(machine, until(journal, isEvent("TaskStarted")), {
        seconds: 25,
        invoke: ({ taskToken }) => {
          execution.sendTaskSuccess(token, "yes");
          return Promise.resolve(calls.push(taskToken));
        },
      });
      expect(await execution.result).to.deep.equal({ status: "SUCCEEDED", output: "yes" });
      expect(calls).to.deep.equal([token]);
    });

    it("counts its timeout and its heartbeats from their original times", async () => {
      const { execution: beating, journal, token } = await waiting();
      beating.sendTaskHeartbeat(token);
      expect(journal.at(-1)).to.deep.equal({ mark: "heartbeat", token, at: 20_000 });
      const { execution } = goOn(machine, journal, { seconds: 25 });
      expect(await execution.result).to.include({ status: "FAILED", error: "States.Timeout" });
      expect(secondsOf(execution.history, "TaskTimedOut")).to.deep.equal([50]);
    });

    it("has an answer that came before the restore, even if it had no effect yet", async () => {
      const { execution: answered, journal, token } = await waiting();
      answered.sendTaskFailure(token, "Refused", "no");
      const { execution } = goOn(machine, until(journal, isMark("answered")), { seconds: 25 });
      expect(await execution.result).to.include({ status: "FAILED", error: "Refused", cause: "no" });
    });
  });

  it("stops an execution that was being stopped, and keeps its start and its redrives for the Context object", async () => {
    const machine = machineOf({
      W: { Type: "Wait", Seconds: 60, Output: "{% $states.context.Execution %}", End: true },
    });
    const { execution, clock, journal } = begin(machine, { execution: { name: "one" } });
    await clock.sleep(1000);
    execution.stop("Enough");
    const stopping = goOn(machine, until(journal, isMark("stopping")), { seconds: 5, execution: { name: "one" } });
    expect(await stopping.execution.result).to.deep.equal({ status: "ABORTED", error: "Enough" });
    await stopping.clock.sleep(5000);
    void stopping.execution.redrive();
    const whole = [...until(journal, isMark("stopping")), ...stopping.entries];
    const redriven = goOn(machine, whole, { seconds: 12, execution: { name: "one" } });
    const { output } = await redriven.execution.result;
    expect(output).to.deep.include({
      Name: "one",
      StartTime: "1970-01-01T00:00:00.000Z",
      RedriveCount: 1,
      RedriveTime: "1970-01-01T00:00:10.000Z",
    });
  });

  it("counts a machine's timeout from its start", async () => {
    const machine = machineOf({ W: { Type: "Wait", Seconds: 600, End: true } }, { TimeoutSeconds: 100 });
    const { journal } = begin(machine);
    const { execution } = goOn(machine, journal, { seconds: 40 });
    expect(await execution.result).to.deep.equal({ status: "TIMED_OUT" });
    expect(secondsOf(execution.history, "ExecutionTimedOut")).to.deep.equal([100]);
  });

  it("refuses a journal with a gap, of another machine, or without a beginning", async () => {
    const machine = task();
    const { execution, journal } = begin(machine, { invoke: () => Promise.resolve(null) });
    await execution.result;
    const refusal = (of: Machine, entries: readonly JournalEntry[]) => () => goOn(of, entries, { seconds: 1 });
    expect(refusal(machine, journal.slice(1))).to.throw("the journal of an execution must begin with ExecutionStarted");
    expect(refusal(machine, [...journal.slice(0, 2), ...journal.slice(3)])).to.throw(
      "event 3 is missing before event 4, TaskStarted",
    );
    const other = machineOf({ B: { Type: "Pass", End: true } });
    expect(refusal(other, journal)).to.throw("the execution cannot have reached the state 'A'");
  });
});
