import { expect } from "chai";
import type { RawStates } from "../../saga/asl/states";
import { readHistory } from "../../saga/control/history";
import { statusAt, type Story, storyOf } from "../../saga/control/story";
import { SLOW } from "../slow";
import { recorded } from "./fixtures";
import { record } from "./record";

/** What became of each state; where something was stopped, that depends on the moment. */
const told = (name: string, story: Story): readonly string[] =>
  name.endsWith("-aborted")
    ? [story.outcome]
    : story.path.map((visit) => `${visit.instance} ${statusAt(story, visit, Infinity) as string}`).sort();

describe("the recorded histories", function () {
  this.timeout(240_000);

  it(`are what executions still do, read through the wire ${SLOW}`, async () => {
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
