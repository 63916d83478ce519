import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { historyReader } from "../../../saga/deploy/recovery/history";

/** Events in the service's form. Each follows the one before it, unless it has a `previousEventId`. */
function read(pivot: string | undefined, reads: readonly string[], events: readonly Partial<HistoryEvent>[]) {
  const history = historyReader(pivot, reads);
  events.forEach((event, index) => {
    history.read({ id: index + 1, previousEventId: index, timestamp: new Date(0), ...event } as HistoryEvent);
  });
  return history;
}

const entered = (name: string, type = "Task") =>
  ({ type: `${type}StateEntered`, stateEnteredEventDetails: { name } }) as Partial<HistoryEvent>;
const exited = (name: string, assigned?: Record<string, unknown>, type = "Task") =>
  ({
    type: `${type}StateExited`,
    stateExitedEventDetails: {
      name,
      output: "{}",
      ...(assigned && {
        assignedVariables: Object.fromEntries(
          Object.entries(assigned).map(([key, value]) => [key, JSON.stringify(value)]),
        ),
      }),
    },
  }) as Partial<HistoryEvent>;
const succeeded = (output: unknown, resource = "invoke", resourceType = "lambda") =>
  ({
    type: "TaskSucceeded",
    taskSucceededEventDetails: { resourceType, resource, output: JSON.stringify(output) },
  }) as Partial<HistoryEvent>;
const item = (name: string, index: number) =>
  ({ type: "MapIterationStarted", mapIterationStartedEventDetails: { name, index } }) as Partial<HistoryEvent>;
const at = (previousEventId: number, event: Partial<HistoryEvent>) => ({ ...event, previousEventId });

describe("the results in a history", () => {
  it("have the last value of each assigned variable that an undo reads", () => {
    const { historyResults } = read(
      undefined,
      ["A", "B"],
      [
        { type: "ExecutionStarted" },
        entered("A"),
        exited("A", { A: { id: 1 }, other: { id: 2 } }),
        entered("B"),
        exited("B", { B: { id: 3 } }),
        exited("B", { B: null }),
      ],
    );
    expect(historyResults).to.deep.equal({ results: { A: { id: 1 }, B: null }, items: {} });
  });

  it("have the result of a task whose state was not left yet, for every kind of call", () => {
    const reads = ["Function", "Token", "Service", "Child", "Child_undo"];
    const { historyResults } = read(undefined, reads, [
      entered("Function"),
      succeeded({ Payload: { a: 1 }, StatusCode: 200 }),
      entered("Token"),
      succeeded({ b: 2 }, "invoke.waitForTaskToken"),
      entered("Service"),
      succeeded({ MessageId: "c" }, "publish", "sns"),
      entered("Child"),
      succeeded({ Output: { output: { d: 4 }, results: { R: 5 } } }, "startExecution.sync:2", "states"),
    ]);
    expect(historyResults.results).to.deep.equal({
      Function: { a: 1 },
      Token: { b: 2 },
      Service: { MessageId: "c" },
      Child: { d: 4 },
      Child_undo: { R: 5 },
    });
  });

  it("combine branches, and separate items and nested items", () => {
    const { historyResults } = read(
      undefined,
      ["In", "Deep", "After"],
      [
        entered("Outer", "Map"), // 1
        item("Outer", 0), // 2
        at(1, item("Outer", 1)), // 3
        at(2, entered("In")), // 4
        at(3, entered("In")), // 5
        at(4, exited("In", { In: "first" })), // 6
        at(5, exited("In", { In: "second" })), // 7
        at(7, entered("Inner", "Map")), // 8
        at(8, item("Inner", 2)), // 9
        at(9, entered("Deep")), // 10
        at(10, exited("Deep", { Deep: "deep" })), // 11
        // States after a Map do not belong to its last item.
        at(11, exited("Inner", { In: "third" }, "Map")), // 12
        at(12, exited("Outer", {}, "Map")), // 13
        at(13, entered("After")), // 14
        at(14, exited("After", { After: 1 })), // 15
      ],
    );
    expect(historyResults).to.deep.equal({
      results: { After: 1 },
      items: {
        Outer: {
          0: { results: { In: "first" }, items: {} },
          1: { results: { In: "third" }, items: { Inner: { 2: { results: { Deep: "deep" }, items: {} } } } },
        },
      },
    });
  });

  it("contain the pivot only if it has succeeded", () => {
    const committed = (...events: Partial<HistoryEvent>[]) => read("Pay", [], events).committed();
    expect(committed(entered("Pay"), succeeded({ Payload: 1 }))).to.equal(false);
    expect(committed(entered("Pay"), exited("Pay", { failure: {}, Pay: null }))).to.equal(false);
    expect(committed(entered("Other"), exited("Other", {}))).to.equal(false);
    expect(committed(entered("Pay"), exited("Pay"))).to.equal(true);
    expect(committed(entered("Pay"), exited("Pay", { Pay: 1 }), { type: "ExecutionAborted" })).to.equal(true);
  });

  it("are complete once the last event ends the execution", () => {
    const end = { type: "ExecutionTimedOut" } as const;
    expect(read(undefined, [], [entered("A"), end]).ended()).to.equal(true);
    expect(read(undefined, [], [entered("A")]).ended()).to.equal(false);
    expect(read(undefined, [], [end, { type: "ExecutionRedriven" }]).ended()).to.equal(false);
  });
});
