import { expect } from "chai";
import type { RawStates } from "../../saga/asl/states";
import { readHistory } from "../../saga/control/history";
import { statusAt, type Story, storyOf } from "../../saga/control/story";
import { SLOW } from "../slow";
import { recorded } from "./fixtures";
import { record } from "./record";

/** The statuses of all states. If the execution was stopped, they depend on the moment of the stop. */
const told = (name: string, story: Story): readonly string[] =>
  name.endsWith("-aborted")
    ? [story.outcome]
    : story.path.map((visit) => `${visit.instance} ${statusAt(story, visit, Infinity) as string}`).sort();

describe("the recorded histories", function () {
  this.timeout(240_000);

  it(`are the same if the executions run again ${SLOW}`, async () => {
    const recordings = await record();
    expect(recordings.size).to.be.above(12);
    for (const [name, { history, definition }] of recordings) {
      const { declaration, story } = recorded(name);
      const events = readHistory(history);
      const anew = storyOf({ events, definition: definition as RawStates, declaration });
      expect(told(name, anew), `${name}: record it anew with test/control/record.ts`).to.deep.equal(told(name, story));
    }
  });
});
