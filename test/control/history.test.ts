import { expect } from "chai";
import { HistoryError, readEvents, readHistory } from "../../saga/control/history";
import { read } from "./fixtures";

const failure = (json: unknown): string => {
  try {
    readHistory(json);
  } catch (error) {
    expect(error).to.be.instanceOf(HistoryError);
    return (error as Error).message;
  }
  throw new Error("it was read");
};

describe("a saved history", () => {
  const started = { id: 1, type: "ExecutionStarted", timestamp: "2026-11-26T03:00:00.500Z" };
  const moment = Date.parse(started.timestamp);

  it("may be the AWS CLI's output, its events alone, or the SDK's objects", () => {
    const saved = read("order-stuck.json") as { events: object[] };
    const events = readHistory(saved);
    expect(events).to.have.length(saved.events.length);
    expect(readHistory(saved.events)).to.deep.equal(events);
    const dates = saved.events.map((event) => ({
      ...event,
      timestamp: new Date((event as { timestamp: string }).timestamp),
    }));
    expect(readHistory({ events: dates })).to.deep.equal(events);
  });

  it("may have times as dates, as ISO 8601 with an offset, or as seconds", () => {
    const times = [new Date(moment), "2026-11-26T04:00:00.500+01:00", moment / 1000];
    for (const timestamp of times) expect(readEvents([{ ...started, timestamp }])[0]?.timestamp).to.equal(moment);
  });

  it("is read with flat details and parsed data; data that is not JSON stays a string", () => {
    const details = { name: "Pay", output: '{"a":1}', assignedVariables: { pay: '{"id":7}', cut: '{"id":' } };
    const [event] = readEvents([{ ...started, type: "TaskStateExited", stateExitedEventDetails: details }]);
    expect(event).to.deep.include({
      state: "Pay",
      output: { a: 1 },
      assignedVariables: { pay: { id: 7 }, cut: '{"id":' },
    });
  });

  it("is sorted by id, also if it was requested in reverse", () => {
    const { events } = read("order-completed.json") as { events: object[] };
    expect(readHistory([...events].reverse())).to.deep.equal(readHistory(events));
  });

  it("says what is wrong with it", () => {
    const second = { ...started, id: 2, previousEventId: 1 };
    expect(failure({ status: "FAILED" })).to.match(
      /^has no 'events': save the output of 'aws stepfunctions get-execution-history/,
    );
    expect(failure([])).to.match(/^has no events/);
    expect(failure([started, 7])).to.equal("events[1] is not an object");
    expect(failure([{ ...started, id: "1" }])).to.equal("events[0].id is not a number");
    expect(failure([{ ...started, type: undefined }])).to.equal("events[0].type is not a string");
    expect(failure([{ ...started, timestamp: "yesterday" }])).to.equal("events[0].timestamp is not a time");
    expect(failure([second])).to.match(/^begins with event 2: events are missing\. Save the complete history/);
    expect(failure([started, { ...second, id: 4 }])).to.match(/^has event 4 after event 1: /);
  });

  it("may be read in parts with readEvents", () => {
    expect(readEvents([{ ...started, id: 7 }])).to.have.length(1);
  });
});
