import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Declaration } from "../../saga/asl/declaration";
import type { RawStates } from "../../saga/asl/states";
import { graphOf } from "../../saga/graph/model";
import { coloursOfPlay, stepsOf } from "../../saga/graph/play";
import { keyOf } from "../../saga/graph/status";
import { verify } from "../../saga/verify";

const VERIFY = join(__dirname, "../verify");
const read = (path: string): unknown => JSON.parse(readFileSync(join(VERIFY, path), "utf8"));

function machine(path: string) {
  const definition = read(`${path}.asl.json`) as RawStates;
  const declaration = read(`${path}.saga.json`) as Declaration;
  const { violations } = verify(definition, declaration);
  return { graph: graphOf(path, definition, declaration), violations };
}

const violation = ({ violations }: ReturnType<typeof machine>, rule: string, kind?: string) => {
  const found = violations.find((each) => each.rule === rule && (kind === undefined || each.kind === kind));
  if (!found) throw new Error(`no violation of ${rule}`);
  return found;
};

describe("a counterexample on the graph", () => {
  const reference = machine("fixtures/reference");

  it("goes from state to state with the outstanding effects after each, and ends with the violation", () => {
    const { graph } = reference;
    const found = violation(reference, "S6");
    const steps = stepsOf(graph, found);
    expect(steps.map(({ node, did, outstanding }) => [node, did, outstanding])).to.deep.equal([
      ["CreateOrder", "failed", [{ instance: "CreateOrder", status: "doubtful" }]],
      ["DeleteOrder", "undone", []],
      ["/end", "done", []],
    ]);
    expect(steps.map(({ text }) => text)).to.deep.equal(found.counterexample);
    expect(steps.map(({ offence }) => offence)).to.deep.equal([undefined, undefined, found.message]);
  });

  it("colours the states and edges up to each step", () => {
    const { graph } = reference;
    const steps = stepsOf(graph, violation(reference, "S6"));
    expect(coloursOfPlay(graph, steps, 0)).to.deep.equal({ statuses: new Map(), taken: new Set() });
    const two = coloursOfPlay(graph, steps, 2);
    expect([...two.statuses]).to.deep.equal([
      ["CreateOrder", "failed"],
      ["DeleteOrder", "undone"],
    ]);
    expect([...two.taken]).to.deep.equal([
      keyOf({ from: "/start", to: "CreateOrder" }),
      keyOf({ from: "CreateOrder", to: "DeleteOrder" }),
    ]);
    expect(coloursOfPlay(graph, steps, 3).statuses.get("/end")).to.equal("stuck");
  });

  it("of a violation without a path is its state", () => {
    const { graph } = reference;
    const found = violation(reference, "S7", "no-timeout");
    expect(stepsOf(graph, found)).to.deep.equal([
      { node: found.state, text: found.message, depth: 0, did: "done", outstanding: [], offence: found.message },
    ]);
  });

  it("follows the items of a list, each with its own effects", () => {
    const list = machine("lists/list-undo-of-successes-only");
    const steps = stepsOf(list.graph, violation(list, "S2"));
    const ids = new Set(list.graph.nodes.map(({ id }) => id));
    const inItems = steps.filter(({ depth, node }) => depth === 2 && node !== undefined);
    expect(inItems).not.to.be.empty;
    for (const { node } of inItems) expect(ids.has(node as string) && node?.includes("/0/"), node).to.be.true;
    expect(steps.filter(({ node }) => node === undefined).map(({ text }) => text)).to.include("item 0:");
    expect(steps.at(-1)?.outstanding).not.to.be.empty;
  });

  it("has a node for every state that it names, and all lines of the text, for every violation", () => {
    for (const { graph, violations } of [
      reference,
      machine("lists/list-undo-map-caught"),
      machine("lists/list-undo-reversed"),
    ]) {
      const ids = new Set(graph.nodes.map(({ id }) => id));
      for (const each of violations) {
        const steps = stepsOf(graph, each);
        for (const { node } of steps) expect(node === undefined || ids.has(node), node).to.be.true;
        expect(steps.at(-1)?.offence).to.equal(each.message);
        const lines = steps.map(({ text, depth }) => "  ".repeat(depth) + text);
        if (each.counterexample.length > 0) expect(lines).to.deep.equal(each.counterexample);
      }
    }
  });
});
