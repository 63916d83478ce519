import { expect } from "chai";
import type { Declaration } from "../../saga/asl/declaration";
import type { RawStates } from "../../saga/asl/states";
import { isOutstanding, ledgerAt } from "../../saga/control/ledger";
import { storyOf } from "../../saga/control/story";
import { eventsOf, inShort, ledgerOf, type Line, recorded } from "./fixtures";

const task = (next?: string) => ({ Type: "Task", ...(next === undefined ? { End: true } : { Next: next }) });

/** A saga of another tool. It reserves, pays and confirms. One state undoes both reservation and payment. */
const DEFINITION: RawStates = {
  StartAt: "Reserve",
  States: {
    Reserve: task("Pay"),
    Pay: task("Confirm"),
    Confirm: task("Unlock"),
    Unlock: task(),
    Refund: task("Cancel"),
    Cancel: task("Failed"),
    Failed: { Type: "Fail" },
  },
};
const DECLARATION: Declaration = {
  saga: "Other",
  calls: {
    Reserve: { role: "compensable", undo: "Cancel", release: "Unlock", definite: ["SoldOut"] },
    Pay: { role: "compensable", undo: "Refund" },
    Confirm: { role: "compensable", confirms: "Reserve" },
  },
};

const START: Line = { type: "ExecutionStarted" };
const enter = (state: string): Line => ({ type: "TaskStateEntered", state });
const exit = (state: string): Line => ({ type: "TaskStateExited", state });
const scheduled: Line = { type: "TaskScheduled", resourceType: "lambda", resource: "invoke" };
const succeeded: Line = { type: "TaskSucceeded", resourceType: "lambda", resource: "invoke" };
const failed = (error: string): Line => ({ type: "TaskFailed", error });
const timedOut: Line = { type: "TaskTimedOut", error: "States.Timeout" };
const done = (state: string): readonly Line[] => [enter(state), scheduled, succeeded, exit(state)];

/** The ledger after some events. */
function after(...lines: readonly Line[]): Readonly<Record<string, string>> {
  const events = eventsOf([START, ...lines]);
  const story = storyOf({ events, definition: DEFINITION, declaration: DECLARATION });
  return inShort(ledgerAt(story, DECLARATION, Infinity));
}

describe("the ledger of effects", () => {
  describe("of recorded executions", () => {
    const UNTOUCHED = { IssueTickets: "not begun", SendItinerary: "not begun" };
    const ledgers: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ["order-completed", { CreateOrder: "live", ProcessPayment: "live", ProcessShipment: "live" }],
      ["order-compensated", { CreateOrder: "undone", ProcessPayment: "tombstoned", ProcessShipment: "not begun" }],
      [
        "order-stuck",
        { CreateOrder: "live", ProcessPayment: "live, RefundPayment failed", ProcessShipment: "tombstoned" },
      ],
      ["order-redriven", { CreateOrder: "undone", ProcessPayment: "undone", ProcessShipment: "tombstoned" }],
      ["order-aborted", { CreateOrder: "live", ProcessPayment: "in doubt", ProcessShipment: "not begun" }],
      [
        "trip-compensated",
        {
          BookFlight: "undone",
          BookHotel: "undone",
          "RentCar[0]": "undone",
          "RentCar[1]": "tombstoned",
          "RentCar[2]": "undone",
          Pay: "not begun",
          ...UNTOUCHED,
        },
      ],
      [
        "trip-stuck",
        {
          BookFlight: "undone",
          BookHotel: "undone",
          "RentCar[0]": "live, ReturnCar failed",
          "RentCar[1]": "live, ReturnCar failed",
          Pay: "tombstoned",
          ...UNTOUCHED,
        },
      ],
      [
        "trip-redriven",
        {
          BookFlight: "undone",
          BookHotel: "undone",
          "RentCar[0]": "undone",
          "RentCar[1]": "undone",
          Pay: "tombstoned",
          ...UNTOUCHED,
        },
      ],
      [
        "trip-forward",
        {
          BookFlight: "live",
          BookHotel: "live",
          "RentCar[0]": "live",
          "RentCar[1]": "live",
          Pay: "live",
          IssueTickets: "in doubt",
          SendItinerary: "not begun",
        },
      ],
      [
        "trip-waiting",
        {
          BookFlight: "not begun",
          BookHotel: "not begun",
          RentCar: "not begun",
          Pay: "not begun",
          ...UNTOUCHED,
        },
      ],
    ];
    for (const [name, ledger] of ledgers) {
      it(name, () => {
        expect(ledgerOf(name)).to.deep.equal(ledger);
      });
    }

    it("a recovery begins with the effects of the execution, and tombstones steps that never began (S12)", () => {
      const { story, declaration } = recorded("order-aborted");
      const before = ledgerAt(story, declaration, Infinity);
      const recovery = recorded("order-recovered");
      expect(recovery.story.recovers).to.match(/:order-aborted$/);
      expect(inShort(ledgerAt(recovery.story, declaration, 0, before))).to.deep.equal(ledgerOf("order-aborted"));
      expect(inShort(ledgerAt(recovery.story, declaration, Infinity, before))).to.deep.equal({
        CreateOrder: "undone",
        ProcessPayment: "tombstoned",
        ProcessShipment: "tombstoned",
      });
    });

    it("a recovery without the execution's history begins with the results in its input", () => {
      const { story, declaration } = recorded("order-recovered");
      const events = story.events.map((event) =>
        event.type === "ExecutionStarted"
          ? { ...event, input: { ...(event.input as object), results: { ProcessPayment: { payment_id: "pay_1" } } } }
          : event,
      );
      const { definition } = recorded("order-recovered");
      const given = storyOf({ events, definition, declaration });
      expect(inShort(ledgerAt(given, declaration, 1))).to.deep.equal({
        CreateOrder: "in doubt",
        ProcessPayment: "live",
        ProcessShipment: "in doubt",
      });
      expect(inShort(ledgerAt(given, declaration, Infinity))).to.include({ ProcessPayment: "undone" });
    });

    it("has the effects as of any event", () => {
      const { story, declaration, events } = recorded("order-stuck");
      const statuses = events.map(({ id }) => inShort(ledgerAt(story, declaration, id))["ProcessPayment"]);
      const changes = statuses.filter((status, at) => status !== statuses[at - 1]);
      expect(changes).to.deep.equal([
        "not begun",
        "in progress",
        "live",
        "live, RefundPayment in progress",
        "live, RefundPayment failed",
      ]);
    });
  });

  it("not begun: the state was entered, but not called", () => {
    expect(after(enter("Reserve"))).to.include({ Reserve: "not begun" });
  });

  it("not begun: the arguments could not be evaluated", () => {
    const evaluation: Line = { type: "EvaluationFailed", error: "States.QueryEvaluationError", state: "Reserve" };
    expect(after(enter("Reserve"), evaluation, exit("Reserve"))).to.include({ Reserve: "not begun" });
  });

  it("in progress: called, or about to be retried", () => {
    expect(after(enter("Reserve"), scheduled)).to.include({ Reserve: "in progress" });
    expect(after(enter("Reserve"), scheduled, failed("Oops"))).to.include({ Reserve: "in progress" });
  });

  it("in doubt: failed with an error that is not definite (S2)", () => {
    expect(after(enter("Reserve"), scheduled, failed("Oops"), exit("Reserve"))).to.include({ Reserve: "in doubt" });
    expect(after(enter("Reserve"), scheduled, timedOut, exit("Reserve"))).to.include({ Reserve: "in doubt" });
  });

  it("in doubt: the execution ended during the call or before a retry (S12)", () => {
    const aborted: Line = { type: "ExecutionAborted", after: 0 };
    expect(after(enter("Reserve"), scheduled, aborted)).to.include({ Reserve: "in doubt" });
    expect(after(enter("Reserve"), scheduled, failed("Oops"), aborted)).to.include({ Reserve: "in doubt" });
  });

  it("refused: failed with a definite error (S2)", () => {
    expect(after(enter("Reserve"), scheduled, failed("SoldOut"), exit("Reserve"))).to.include({ Reserve: "refused" });
    expect(after(enter("Pay"), scheduled, failed("SoldOut"), exit("Pay"))).to.include({ Pay: "in doubt" });
  });

  it("live: succeeded after failed tries", () => {
    expect(after(enter("Pay"), scheduled, failed("Oops"), scheduled, succeeded)).to.include({ Pay: "live" });
  });

  it("live: succeeded, although the state then failed to evaluate the answer", () => {
    const evaluation: Line = { type: "EvaluationFailed", error: "States.QueryEvaluationError", state: "Pay" };
    expect(after(enter("Pay"), scheduled, succeeded, evaluation, exit("Pay"))).to.include({ Pay: "live" });
  });

  it("confirmed: live, and its confirmation has succeeded", () => {
    expect(after(...done("Reserve"), ...done("Pay"), ...done("Confirm"))).to.deep.equal({
      Reserve: "confirmed",
      Pay: "live",
      Confirm: "live",
    });
  });

  it("not confirmed by a confirmation in doubt", () => {
    const doubtful = [enter("Confirm"), scheduled, timedOut, exit("Confirm")];
    expect(after(...done("Reserve"), ...doubtful)).to.include({ Reserve: "live", Confirm: "in doubt" });
  });

  it("released: on the success path", () => {
    expect(after(...done("Reserve"), ...done("Unlock"))).to.include({ Reserve: "released" });
  });

  it("undone together with its confirmation by one undo; tombstoned if it may never have happened (S3)", () => {
    const doubtful = [enter("Confirm"), scheduled, timedOut, exit("Confirm")];
    expect(after(...done("Reserve"), ...done("Pay"), ...doubtful, ...done("Refund"), ...done("Cancel"))).to.deep.equal({
      Reserve: "undone",
      Pay: "undone",
      Confirm: "tombstoned",
    });
    expect(after(...done("Reserve"), ...done("Cancel"))).to.include({ Confirm: "tombstoned", Pay: "not begun" });
  });

  it("undone, also after a confirmation or a release", () => {
    const confirmed = [...done("Reserve"), ...done("Pay"), ...done("Confirm")];
    expect(after(...confirmed, ...done("Cancel"))).to.include({ Reserve: "undone", Confirm: "undone" });
    expect(after(...done("Reserve"), ...done("Unlock"), ...done("Cancel"))).to.include({ Reserve: "undone" });
  });

  it("stays undone or tombstoned if the undo runs again", () => {
    const events = eventsOf([START, ...done("Reserve"), ...done("Cancel"), ...done("Cancel")]);
    const story = storyOf({ events, definition: DEFINITION, declaration: DECLARATION });
    const [reserve, , confirm] = ledgerAt(story, DECLARATION, Infinity);
    expect(reserve).to.deep.include({ status: "undone", since: 8 });
    expect(confirm).to.deep.include({ status: "tombstoned", since: 8 });
  });

  it("live while its undo runs, and after it has failed", () => {
    const begun = [...done("Pay"), enter("Refund"), scheduled];
    expect(after(...begun)).to.include({ Pay: "live, Refund in progress" });
    expect(after(...begun, failed("Down"))).to.include({ Pay: "live, Refund in progress" });
    expect(after(...begun, failed("Down"), exit("Refund"))).to.include({ Pay: "live, Refund failed" });
    const end: Line = { type: "ExecutionFailed", error: "Down" };
    expect(after(...begun, failed("Down"), end)).to.include({ Pay: "live, Refund failed" });
  });

  it("undone: a child saga that was compensated", () => {
    const cause = JSON.stringify({ ExecutionArn: "arn:…", Error: "SagaCompensated", Status: "FAILED" });
    const failure: Line = { type: "TaskFailed", error: "States.TaskFailed", cause };
    expect(after(enter("Pay"), scheduled, failure, exit("Pay"))).to.include({ Pay: "undone" });
    const other: Line = { ...failure, cause: JSON.stringify({ ExecutionArn: "arn:…", Error: "Broken" }) };
    expect(after(enter("Pay"), scheduled, other, exit("Pay"))).to.include({ Pay: "in doubt" });
  });

  it("has for each effect since which event and why", () => {
    const events = eventsOf([START, enter("Pay"), scheduled, failed("Down"), exit("Pay"), ...done("Refund")]);
    const story = storyOf({ events, definition: DEFINITION, declaration: DECLARATION });
    expect(ledgerAt(story, DECLARATION, Infinity)[1]).to.deep.equal({
      step: "Pay",
      instance: "Pay",
      role: "compensable",
      status: "tombstoned",
      since: 8,
      error: { error: "Down" },
      undo: { state: "Refund", status: "done", since: 8 },
    });
    expect(ledgerAt(story, DECLARATION, 7)[1]).to.deep.include({ status: "in doubt", since: 5 });
  });

  it("is outstanding if it may still have to be undone", () => {
    const outstanding = ["in progress", "in doubt", "live", "confirmed"] as const;
    const over = ["not begun", "refused", "released", "undone", "tombstoned"] as const;
    for (const status of outstanding) expect(isOutstanding({ status }), status).to.equal(true);
    for (const status of over) expect(isOutstanding({ status }), status).to.equal(false);
  });

  describe("in a list whose undos carry no index", () => {
    const inList = (name: string) => ({
      Type: "Map",
      ItemProcessor: { StartAt: name, States: { [name]: task() } },
      Next: "Failed",
    });
    const definition: RawStates = {
      StartAt: "Each",
      States: { Each: inList("Rent"), Undo_Each: inList("Return"), All: task("Failed"), Failed: { Type: "Fail" } },
    };
    const calls = (undo: string): Declaration => ({ saga: "List", calls: { Rent: { role: "compensable", undo } } });

    /** Two of three items have begun, and the second one has succeeded. */
    const BEGUN: readonly Line[] = [
      START,
      { type: "MapStateEntered", state: "Each" },
      { type: "MapStateStarted", length: 3 },
      { type: "MapIterationStarted", state: "Each", index: 0, after: 3 },
      { ...enter("Rent"), after: 4 },
      { ...scheduled, after: 5 },
      { ...failed("SoldOut"), after: 6 },
      { ...exit("Rent"), after: 7 },
      { type: "MapIterationStarted", state: "Each", index: 2, after: 3 },
      { ...enter("Rent"), after: 9 },
      { ...scheduled, after: 10 },
      { ...succeeded, after: 11 },
      { ...exit("Rent"), after: 12 },
      { type: "MapStateSucceeded", after: 13 },
      { type: "MapStateExited", state: "Each", after: 14 },
    ];
    const undoOf = (length: number, index: number): readonly Line[] => [
      { type: "MapStateEntered", state: "Undo_Each" },
      { type: "MapStateStarted", length },
      { type: "MapIterationStarted", state: "Undo_Each", index },
      enter("Return"),
      scheduled,
      succeeded,
    ];
    const ledger = (declaration: Declaration, lines: readonly Line[]) => {
      const story = storyOf({ events: eventsOf([...BEGUN, ...lines]), definition, declaration });
      return inShort(ledgerAt(story, declaration, Infinity));
    };

    it("each item has an entry from the beginning of the list", () => {
      expect(ledger(calls("Return"), [])).to.deep.equal({
        "Rent[0]": "in doubt",
        "Rent[1]": "not begun",
        "Rent[2]": "live",
      });
    });

    it("a list of as many undos matches by index", () => {
      expect(ledger(calls("Return"), undoOf(3, 1))).to.deep.equal({
        "Rent[0]": "in doubt",
        "Rent[1]": "tombstoned",
        "Rent[2]": "live",
      });
    });

    it("a shorter list of undos has the items that have begun", () => {
      expect(ledger(calls("Return"), undoOf(2, 1))).to.deep.equal({
        "Rent[0]": "in doubt",
        "Rent[1]": "not begun",
        "Rent[2]": "undone",
      });
    });

    it("an undo outside the list undoes all of its items", () => {
      expect(ledger(calls("All"), done("All"))).to.deep.equal({
        "Rent[0]": "tombstoned",
        "Rent[1]": "tombstoned",
        "Rent[2]": "undone",
      });
    });

    it("a list of no items has no effects", () => {
      const events = eventsOf([
        START,
        { type: "MapStateEntered", state: "Each" },
        { type: "MapStateStarted", length: 0 },
      ]);
      const declaration = calls("Return");
      expect(ledgerAt(storyOf({ events, definition, declaration }), declaration, Infinity)).to.deep.equal([]);
    });
  });
});
