import { expect } from "chai";
import { outcomeAt, statusAt, StoryError, storyOf, triesOf, variablesAt } from "../../saga/control/story";
import { readHistory } from "../../saga/control/history";
import { eventsOf, type Line, read, recorded } from "./fixtures";

/** The statuses of the states that make a call or wait. */
const path = (name: string, at = Infinity): readonly string[] => {
  const { story } = recorded(name);
  return story.path
    .filter(({ type }) => type === "Task")
    .map((visit) => `${visit.instance} ${statusAt(story, visit, at) ?? "-"}`);
};

describe("the story of an execution", () => {
  const outcomes = {
    "order-completed": "completed",
    "order-compensated": "compensated",
    "order-stuck": "stuck",
    "order-redriven": "compensated",
    "order-aborted": "aborted",
    "order-recovered": "completed",
    "trip-waiting": "running",
    "trip-forward": "stuck",
  };
  for (const [name, outcome] of Object.entries(outcomes)) {
    it(`${name} is ${outcome}`, () => {
      expect(recorded(name).story.outcome).to.equal(outcome);
    });
  }

  it("distinguishes a timed-out execution from a stopped one", () => {
    const { definition, declaration } = recorded("order-aborted");
    const timedOut = eventsOf([{ type: "ExecutionStarted" }, { type: "ExecutionTimedOut" }]);
    expect(storyOf({ events: timedOut, definition, declaration }).outcome).to.equal("timed out");
  });

  it("has the status and the side of each state", () => {
    expect(path("order-stuck")).to.deep.equal([
      "CreateOrder done",
      "ProcessPayment done",
      "ProcessShipment failed",
      "CancelShipment undone",
      "RefundPayment stuck",
    ]);
    expect(path("order-redriven").slice(-2)).to.deep.equal(["RefundPayment undone", "DeleteOrder undone"]);
    expect(path("order-aborted")).to.deep.equal(["CreateOrder done", "ProcessPayment aborted"]);
    expect(path("trip-waiting")).to.deep.equal(["Approve waiting"]);
    expect(path("trip-forward").slice(-2)).to.deep.equal(["Pay done", "IssueTickets stuck"]);
  });

  it("has the statuses as of any event", () => {
    const { events, story } = recorded("order-redriven");
    const redriven = events.find(({ type }) => type === "ExecutionRedriven")?.id as number;
    expect(path("order-redriven", redriven - 1).at(-2)).to.equal("RefundPayment stuck");
    expect(path("order-redriven", redriven).at(-2)).to.equal("RefundPayment in progress");
    expect(path("order-redriven", 3)).to.include("CreateOrder in progress").and.include("ProcessPayment -");
    expect([1, redriven - 1, redriven, Infinity].map((at) => outcomeAt(story, at))).to.deep.equal([
      "running",
      "stuck",
      "running",
      "compensated",
    ]);
  });

  it("counts tries, and counts again from a redrive", () => {
    const refund = recorded("order-redriven").story.path.find(({ state }) => state === "RefundPayment");
    expect(refund?.calls.map(({ tries }) => tries.length)).to.deep.equal([13, 1]);
    expect(refund?.retries).to.equal(12);
    expect(refund?.error).to.equal(undefined);
    expect(triesOf(refund as never)[0]).to.include({ outcome: "failed", error: "StripeError" });
    expect(triesOf(refund as never).at(-1)).to.include({ outcome: "succeeded" });
  });

  it("names the undo of an item by that item's index, also if not all items have undos (S11)", () => {
    const { story } = recorded("trip-compensated");
    const cars = story.path.filter(({ state }) => state === "RentCar" || state === "ReturnCar");
    expect(cars.map(({ instance, step, id }) => [instance, step, id])).to.deep.equal([
      ["RentCar[0]", "RentCar[0]", "Book/2/Cars/0/RentCar"],
      ["RentCar[1]", "RentCar[1]", "Book/2/Cars/0/RentCar"],
      ["RentCar[2]", "RentCar[2]", "Book/2/Cars/0/RentCar"],
      ["ReturnCar[0]", "RentCar[0]", "Undo_Book/2/Undo_Cars/0/ReturnCar"],
      ["ReturnCar[1]", "RentCar[1]", "Undo_Book/2/Undo_Cars/0/ReturnCar"],
      ["ReturnCar[2]", "RentCar[2]", "Undo_Book/2/Undo_Cars/0/ReturnCar"],
    ]);
    expect(cars[0]?.within?.state).to.equal("Cars");
    expect(cars[0]?.within?.within?.state).to.equal("Book");
    expect(story.path.filter(({ side }) => side === "undo").map(({ state }) => state)).to.include.members([
      "Undo_Book",
      "CancelFlight",
      "Undo_Cars",
      "ReturnCar",
      "SagaCompensated",
    ]);
    expect(story.path.find(({ state }) => state === "Book_settled")?.side).to.equal("forward");
  });

  it("has the variables as of each event, and those of items until their list is done", () => {
    const { story, events } = recorded("trip-compensated");
    const afterCar = events.find(({ type, state }) => type === "TaskStateExited" && state === "RentCar")?.id as number;
    expect(variablesAt(story, 1)).to.deep.equal({});
    const { story: order } = recorded("order-completed");
    const created = order.path[0]?.leftAt as number;
    expect(variablesAt(order, created - 1)).to.deep.equal({});
    expect(variablesAt(order, created)).to.deep.equal({ CreateOrder: { order_id: "1", total: 100 } });
    expect(Object.keys(variablesAt(story, afterCar)).filter((name) => name.startsWith("RentCar"))).to.deep.equal([]);
    expect(Object.keys(variablesAt(story, Infinity))).to.deep.equal(["Book", "Book_undo", "failure"]);
  });

  it("has a variable of each item while its list runs", () => {
    const inner = {
      StartAt: "Rent",
      States: { Rent: { Type: "Task", Next: "Wash" }, Wash: { Type: "Task", End: true } },
    };
    const definition = { StartAt: "Each", States: { Each: { Type: "Map", ItemProcessor: inner, End: true } } };
    const lines: readonly Line[] = [
      { type: "ExecutionStarted" },
      { type: "MapStateEntered", state: "Each" },
      { type: "MapStateStarted", length: 2 },
      { type: "MapIterationStarted", state: "Each", index: 1 },
      { type: "TaskStateEntered", state: "Rent" },
      { type: "TaskStateExited", state: "Rent", assignedVariables: { car: "Panda" } },
    ];
    const events = eventsOf(lines);
    expect(variablesAt(storyOf({ events, definition }), Infinity)).to.deep.equal({ "car[1]": "Panda" });
    const left = eventsOf([...lines, { type: "MapStateSucceeded" }, { type: "MapStateExited", state: "Each" }]);
    expect(variablesAt(storyOf({ events: left, definition }), Infinity)).to.deep.equal({});
  });

  it("can be read from a history without data", () => {
    const without = JSON.parse(JSON.stringify(read("trip-stuck.json")), (name, value: unknown) =>
      ["input", "output", "assignedVariables"].includes(name) ? undefined : name === "parameters" ? "{}" : value,
    ) as unknown;
    const { definition, declaration } = recorded("trip-stuck");
    const story = storyOf({ events: readHistory(without), definition, declaration });
    expect(story.path.map(({ instance }) => instance)).to.deep.equal(
      recorded("trip-stuck").story.path.map(({ instance }) => instance),
    );
    expect(story.input).to.equal(undefined);
  });

  it("refuses a history of another definition", () => {
    const { events } = recorded("trip-stuck");
    const { definition } = recorded("order-stuck");
    expect(() => storyOf({ events, definition })).to.throw(
      StoryError,
      /enters 'Expensive', but the definition has no such state/,
    );
  });
});
