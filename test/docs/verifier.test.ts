import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { compile } from "../../saga/compile";
import { declarationOf } from "../../saga/compile/declaration";
import { saga, task } from "../../saga/language";
import { verify } from "../../saga/verify";
import { readMachine } from "../../saga/verify/machine";
import { Search } from "../../saga/verify/search/search";

/** The page up to where it goes on to the code. */
const [DRAWN = ""] =
  /### A search, drawn\n[^]*?```\n/.exec(readFileSync(join(__dirname, "../../docs/verifier.md"), "utf8")) ?? [];

/** The saga that the page draws. */
function drawn() {
  const call = (name: string) => task<object, object>(name, { table: [], handler: () => (of) => Promise.resolve(of) });
  const [work, unwork] = [call("work"), call("unwork")];
  const undo = (name: string) => ({ name, task: unwork, input: () => ({}) });
  const built = saga<object>("Trip")
    .step("Order", { task: work, input: () => ({}), undo: undo("CancelOrder") })
    .parallel("Book", {
      flight: (steps) => steps.step("Fly", { task: work, input: () => ({}), undo: undo("CancelFlight") }),
      hotel: (steps) => steps.step("Stay", { task: work, input: () => ({}), undo: undo("CancelStay") }),
    })
    .returns(() => ({}));
  return { definition: compile(built, ({ name }) => name), declaration: declarationOf(built) };
}

/** The states of the machine that the search enters, in order; one that it enters twice is there twice. */
function entered(): readonly string[] {
  const { definition, declaration } = drawn();
  const search = new Search(readMachine(definition as never, declaration), { limit: 100, seconds: 60 });
  const states: string[] = [];
  const step = search.step.bind(search);
  search.step = (around, point) => {
    states.push(point.at);
    return step(around, point);
  };
  search.run();
  return states;
}

describe("the search that docs/verifier.md draws", () => {
  const numbers = [...DRAWN.matchAll(/ (\d+) (?:states|of them)/g)].map(([, number]) => Number(number));
  const nodes = new Map([...DRAWN.matchAll(/(\w+)\["(\w+)/g)].map(([, node, state]) => [node, state as string]));

  it("takes as many states as the page says, and draws all but those that it names", () => {
    const { definition, declaration } = drawn();
    const { states, violations } = verify(definition as never, declaration);
    expect(violations).to.deep.equal([]);
    expect(numbers).to.deep.equal([states, states - nodes.size]);
  });

  it("enters each state as often as it is drawn, but for those that the page leaves out", () => {
    const left = [...entered()];
    for (const state of nodes.values()) {
      expect(left, state).to.include(state);
      left.splice(left.indexOf(state), 1);
    }
    expect(left.sort()).to.deep.equal(["Book_flight_end", "Book_hotel_end", "CancelFlight", "CancelStay"]);
  });
});
