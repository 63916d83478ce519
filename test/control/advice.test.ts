import { expect } from "chai";
import { adviceOf, type Known } from "../../saga/control/advice";
import { ledgerAt } from "../../saga/control/ledger";
import { storyOf } from "../../saga/control/story";
import { eventsOf, recorded } from "./fixtures";

const DAY = 86_400_000;

function advice(name: string, known: Known = {}) {
  const { story, declaration } = recorded(name);
  const ledger = ledgerAt(story, declaration, Infinity);
  const now = (story.ended ?? 0) + DAY;
  return adviceOf({ story, ledger, target: { execution: "E", options: "--stack prod" }, known: { now, ...known } });
}

describe("what to do about an execution", () => {
  it("completed, or compensated: nothing", () => {
    expect(advice("order-completed")).to.deep.include({ do: "nothing" }).and.not.to.have.property("command");
    expect(advice("order-compensated").text).to.equal("Nothing: all its effects are undone.");
    expect(advice("order-recovered").text).to.match(/^Nothing: it has undone the effects of the execution/);
  });

  it("stuck: repair the cause, and then redrive", () => {
    expect(advice("order-stuck")).to.deep.equal({
      do: "mend",
      text: "Repair what makes RefundPayment fail (StripeError: no answer from stripe.com). Then redrive the execution: it continues where it stopped, with fresh retries.",
      command: "npx saga redrive E --stack prod",
    });
    expect(advice("trip-stuck").text).to.match(/^Repair what makes ReturnCar\[0\] and ReturnCar\[1\] fail/);
    expect(advice("trip-forward").text).to.match(/^Repair what makes IssueTickets fail/);
  });

  it("stuck for too long to be redriven: the recovery undoes it", () => {
    const late = (recorded("order-stuck").story.ended ?? 0) + 14 * DAY;
    expect(advice("order-stuck", { now: late }).do).to.equal("recover");
    expect(advice("order-stuck", { now: late - 1 }).do).to.equal("mend");
    expect(advice("order-stuck", { redrivable: false }).do).to.equal("recover");
    expect(advice("order-stuck", { now: late, redrivable: true }).do).to.equal("mend");
  });

  it("waiting for somebody: answer", () => {
    expect(advice("trip-waiting")).to.deep.equal({
      do: "answer",
      text: "Approve waits for an answer.",
      command: "npx saga approve E '{…}' --stack prod",
    });
  });

  it("running: wait", () => {
    const { definition, declaration } = recorded("order-stuck");
    const story = storyOf({ events: eventsOf([{ type: "ExecutionStarted" }]), definition, declaration });
    expect(adviceOf({ story, ledger: [] })).to.deep.equal({ do: "wait", text: "Nothing: it is running." });
  });

  it("stopped: the recovery undoes it, and until then its effects may be live", () => {
    const { do: what, text, command } = advice("order-aborted");
    expect(what).to.equal("recover");
    expect(text).to.match(/^It was stopped.*Until then these effects may be live: CreateOrder, ProcessPayment\./);
    expect(command).to.equal("npx saga explain E --stack prod");
  });

  it("stopped and recovered: depends on the recovery's outcome", () => {
    const recovery = (outcome: "completed" | "running" | "stuck") =>
      advice("order-aborted", { recovery: { arn: "R", outcome } });
    expect(recovery("completed").do).to.equal("nothing");
    expect(recovery("running").do).to.equal("wait");
    expect(recovery("stuck")).to.deep.include({ do: "mend", command: "npx saga explain R --stack prod" });
  });

  it("stopped past its pivot: it can only go forward (S9)", () => {
    const { events, definition, declaration } = recorded("trip-forward");
    const paid = events.findIndex(({ type, state }) => type === "TaskStateExited" && state === "Pay");
    const aborted = { id: paid + 2, previousEventId: 0, timestamp: 0, type: "ExecutionAborted" };
    const story = storyOf({ events: [...events.slice(0, paid + 1), aborted], definition, declaration });
    const ledger = ledgerAt(story, declaration, Infinity);
    expect(adviceOf({ story, ledger })).to.deep.include({ do: "redrive", command: "npx saga redrive ARN" });
  });

  it("stopped before anything took effect: nothing", () => {
    const { definition, declaration } = recorded("order-aborted");
    const events = eventsOf([{ type: "ExecutionStarted" }, { type: "ExecutionAborted" }]);
    const story = storyOf({ events, definition, declaration });
    expect(adviceOf({ story, ledger: ledgerAt(story, declaration, Infinity) }).do).to.equal("nothing");
  });

  it("claims nothing about effects if no declaration tells of them", () => {
    const unknown = (name: string) => adviceOf({ story: recorded(name).story, ledger: undefined });
    expect(unknown("order-completed").text).to.equal("Nothing: it has completed.");
    expect(unknown("order-compensated").text).to.match(/No declaration says which effects its undos have undone/);
    const { do: what, text, command } = unknown("order-aborted");
    expect(what).to.equal("recover");
    expect(text).to.match(/No declaration says which of its effects may be live/);
    expect(command).to.equal("npx saga explain ARN -d @file.saga.json");
  });

  it("ended in a Fail of another machine: a redrive would fail there again", () => {
    const definition = { StartAt: "Broken", States: { Broken: { Type: "Fail" } } };
    const events = eventsOf([
      { type: "ExecutionStarted" },
      { type: "FailStateEntered", state: "Broken" },
      { type: "ExecutionFailed", error: "Broken" },
    ]);
    const { text, command } = adviceOf({ story: storyOf({ events, definition }), ledger: [] });
    expect(text).to.match(/^It ended in the Fail state Broken/);
    expect(command).to.equal(undefined);
  });
});
