import { expect } from "chai";
import * as fc from "fast-check";
import { tripBooking } from "../../examples/trip/saga";
import type { RawState, RawStates } from "../../saga/asl/states";
import { compile } from "../../saga/compile";
import { declarationOf } from "../../saga/compile/declaration";
import { layout, type Placed, type PlacedNode, type Point } from "../../saga/graph/layout";
import { type Graph, graphOf, isBox } from "../../saga/graph/model";
import type { Saga } from "../../saga/language/nodes";
import { orderFulfilment } from "../../orderFulfilment";
import { build } from "../generated/build";
import { scenario } from "../generated/spec";

const graphOfSaga = (saga: unknown): Graph => {
  const of = saga as Saga;
  const definition = compile(of, (called) => called.name) as unknown as RawStates;
  return graphOf(of.name, definition, declarationOf(of));
};

interface Rect {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const rectOf = ({ x, y, width, height }: PlacedNode): Rect => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - height / 2,
  bottom: y + height / 2,
});

const overlap = (one: Rect, other: Rect): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** Whether a stretch of an edge crosses a node. */
const runsThrough = (from: Point, to: Point, { left, right, top, bottom }: Rect): boolean =>
  overlap(
    {
      left: Math.min(from.x, to.x) - 0.1,
      right: Math.max(from.x, to.x) + 0.1,
      top: Math.min(from.y, to.y) - 0.1,
      bottom: Math.max(from.y, to.y) + 0.1,
    },
    { left: left + 1, right: right - 1, top: top + 1, bottom: bottom - 1 },
  );

const onBorder = ({ x, y }: Point, { left, right, top, bottom }: Rect, inset: number): boolean => {
  const across = x >= left - 0.1 && x <= right + 0.1;
  const down = y >= top - 0.1 && y <= bottom + 0.1;
  const atSide = Math.min(Math.abs(x - left), Math.abs(x - right)) <= inset + 0.1;
  return across && down && (atSide || Math.abs(y - top) < 0.1 || Math.abs(y - bottom) < 0.1);
};

/** The mistakes of a layout. */
function faultsOf({ nodes, edges, width, height }: Placed): readonly string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const get = (id: string): PlacedNode => byId.get(id) as PlacedNode;
  const around = ({ parent }: PlacedNode): readonly string[] =>
    parent === undefined ? [] : [parent, ...around(get(parent))];
  const page: Rect = { left: 0, right: width, top: 0, bottom: height };
  const faults: string[] = [];
  for (const node of nodes) {
    const box = node.parent === undefined ? page : rectOf(get(node.parent));
    const { left, right, top, bottom } = rectOf(node);
    if (left < box.left || right > box.right || top < box.top || bottom > box.bottom)
      faults.push(`${node.id} stands out of ${node.parent ?? "the page"}`);
    for (const other of nodes) {
      if (other.id <= node.id || around(node).includes(other.id) || around(other).includes(node.id)) continue;
      if (overlap(rectOf(node), rectOf(other))) faults.push(`${node.id} overlaps ${other.id}`);
    }
  }
  for (const { from, to, points } of edges) {
    const [first, last] = [points[0], points.at(-1)] as [Point, Point];
    const inset = (id: string): number => (get(id).kind === "choice" ? 18 : 0);
    if (!onBorder(first, rectOf(get(from)), inset(from))) faults.push(`${from} → ${to} does not begin at ${from}`);
    if (!onBorder(last, rectOf(get(to)), inset(to))) faults.push(`${from} → ${to} does not end at ${to}`);
    const holders = new Set([...around(get(from)), ...around(get(to))]);
    for (const [at, point] of points.entries()) {
      const before = points[at - 1];
      if (point.x < 0 || point.x > width || point.y < 0 || point.y > height)
        faults.push(`${from} → ${to} leaves the page`);
      if (!before) continue;
      if (before.x !== point.x && before.y !== point.y) faults.push(`${from} → ${to} runs aslant`);
      for (const node of nodes) {
        if (holders.has(node.id) || (isBox(node) && (node.id === from || node.id === to))) continue;
        const own = node.id === from || node.id === to;
        if (!own && runsThrough(before, point, rectOf(node))) faults.push(`${from} → ${to} runs through ${node.id}`);
      }
    }
  }
  return faults;
}

/** Random machines, with loops, edges back and unreachable states. */
const machine: fc.Arbitrary<RawStates> = fc
  .array(
    fc.record({
      type: fc.constantFrom("Task", "Choice", "Pass", "Wait", "Parallel", "Map"),
      next: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 3 }),
      caught: fc.array(fc.nat({ max: 9 }), { maxLength: 2 }),
      ends: fc.boolean(),
      long: fc.boolean(),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((all) => {
    const name = (at: number): string => {
      const state = all[at % all.length];
      return state?.long === true ? `S${at % all.length}AStateWithAVeryLongNameThatGoesOnAndOn` : `S${at % all.length}`;
    };
    const inner: RawStates = { StartAt: "In", States: { In: { Type: "Pass", Next: "Out" }, Out: { Type: "Succeed" } } };
    const states = all.map(({ type, next, caught, ends }, at): [string, RawState] => [
      name(at),
      {
        Type: type,
        ...(type === "Choice"
          ? { Choices: next.map((to) => ({ Next: name(to) })) }
          : ends
            ? { End: true }
            : { Next: name(next[0] as number) }),
        ...(type !== "Choice" && { Catch: caught.map((to) => ({ ErrorEquals: ["States.ALL"], Next: name(to) })) }),
        ...(type === "Parallel" && { Branches: [inner, inner] }),
        ...(type === "Map" && { ItemProcessor: inner }),
      },
    ]);
    return { StartAt: name(0), States: Object.fromEntries(states) };
  });

describe("the layout", () => {
  it("draws each undo of the order beside its step: the steps lead down, and the undos lead up", () => {
    const { nodes } = layout(graphOfSaga(orderFulfilment));
    const at = (id: string): PlacedNode => nodes.find((node) => node.id === id) as PlacedNode;
    const pairs = [
      ["CreateOrder", "DeleteOrder"],
      ["ProcessPayment", "RefundPayment"],
      ["ProcessShipment", "CancelShipment"],
    ].map((ids) => ids.map(at) as [PlacedNode, PlacedNode]);
    for (const [step, undo] of pairs) {
      expect(undo.y).to.equal(step.y);
      expect(undo.x - undo.width / 2).to.be.above(step.x + step.width / 2);
    }
    const heights = pairs.map(([{ y }]) => y);
    expect(heights).to.deep.equal(heights.toSorted((one, other) => one - other));
    expect(at("SagaCompensated").y).to.be.below(at("DeleteOrder").y);
  });

  it("draws the undos of branches beside the branches, with notes on waits, the pivot and lists", () => {
    const { nodes } = layout(graphOfSaga(tripBooking));
    const at = (id: string): PlacedNode => nodes.find((node) => node.id === id) as PlacedNode;
    expect(at("Undo_Book").y).to.equal(at("Book").y);
    expect(at("Refund").y).to.equal(at("Pay").y);
    const notes = nodes.flatMap(({ lines }) => lines.flatMap(({ text, note }) => (note ? [text] : [])));
    expect(notes).to.include.members(["waits for an answer", "pivot: no way back", "each item"]);
  });

  it("is deterministic", () => {
    expect(layout(graphOfSaga(tripBooking))).to.deep.equal(layout(graphOfSaga(tripBooking)));
  });

  it("of any saga has no overlaps and keeps nodes in their boxes, and its edges end at their nodes and cross none", () => {
    fc.assert(
      fc.property(scenario, ({ nodes }) => {
        expect(faultsOf(layout(graphOfSaga(build(nodes).saga)))).to.deep.equal([]);
      }),
      { numRuns: 30 },
    );
  });

  it("of any other machine has none of these mistakes either", () => {
    fc.assert(
      fc.property(machine, (definition) => {
        expect(faultsOf(layout(graphOf("any", definition, undefined)))).to.deep.equal([]);
      }),
      { numRuns: 80 },
    );
  });

  it("is checked: the test notices overlaps, nodes outside of their boxes, and edges across nodes", () => {
    const placed = layout(graphOfSaga(orderFulfilment));
    const move = (id: string, x: number, y: number): Placed => ({
      ...placed,
      nodes: placed.nodes.map((node) => (node.id === id ? { ...node, x: node.x + x, y: node.y + y } : node)),
    });
    expect(faultsOf(placed)).to.deep.equal([]);
    expect(faultsOf(move("ProcessPayment", 0, 60))).to.include("ProcessPayment overlaps ProcessShipment");
    expect(faultsOf(move("SagaCompensated", -200, 0)).join()).to.contain("runs through SagaCompensated");
    expect(faultsOf(move("completed", -400, 0)).length).to.equal(0);
    expect(faultsOf(move("/end", -400, 0))).to.include("/end stands out of the page");
  });
});
