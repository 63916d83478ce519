import { expect } from "chai";
import { coloursOf } from "../../saga/graph/colours";
import { dot } from "../../saga/graph/dot";
import { mermaid } from "../../saga/graph/mermaid";
import { graphOf } from "../../saga/graph/model";
import { keyOf, type Status } from "../../saga/graph/status";
import { svg } from "../../saga/graph/svg";
import { recorded } from "../control/fixtures";

function coloured(name: string, at?: number) {
  const { events, definition, declaration, story } = recorded(name);
  const graph = graphOf(name, definition, declaration);
  const colours = coloursOf(graph, story, at ?? events.at(-1)?.id ?? 0);
  const statuses = Object.fromEntries([...colours.statuses].filter(([id]) => !id.endsWith("/start")));
  return { graph, colours, statuses, story, events };
}

const ways = ({ taken }: { readonly taken: ReadonlySet<string> }): readonly string[] =>
  [...taken].map((edge) => edge.replace("\n", " → "));

describe("a graph in the colours of an execution", () => {
  const expected: Readonly<Record<string, Readonly<Record<string, Status>>>> = {
    "order-completed": { CreateOrder: "done", ProcessPayment: "done", ProcessShipment: "done", "/end": "done" },
    "order-compensated": {
      CreateOrder: "done",
      ProcessPayment: "failed",
      RefundPayment: "undone",
      DeleteOrder: "undone",
      SagaCompensated: "done",
    },
    "order-stuck": {
      CreateOrder: "done",
      ProcessPayment: "done",
      ProcessShipment: "failed",
      CancelShipment: "undone",
      RefundPayment: "stuck",
    },
    "order-redriven": {
      CreateOrder: "done",
      ProcessPayment: "done",
      ProcessShipment: "failed",
      CancelShipment: "undone",
      RefundPayment: "undone",
      DeleteOrder: "undone",
      SagaCompensated: "done",
    },
    "order-aborted": { CreateOrder: "done", ProcessPayment: "aborted" },
    "trip-waiting": { Expensive: "done", Approve: "waiting" },
  };
  for (const [name, statuses] of Object.entries(expected)) {
    it(`has the status of each state of ${name} at the end`, () => {
      expect(coloured(name).statuses).to.deep.include(statuses);
      const others = Object.keys(coloured(name).statuses).filter((id) => !Object.hasOwn(statuses, id));
      expect(others).to.deep.equal([]);
    });
  }

  it("has the edges that were taken, from the start to the end", () => {
    expect(ways(coloured("order-compensated").colours)).to.have.members([
      "/start → CreateOrder",
      "CreateOrder → ProcessPayment",
      "ProcessPayment → RefundPayment",
      "RefundPayment → DeleteOrder",
      "DeleteOrder → SagaCompensated",
    ]);
    expect(ways(coloured("order-completed").colours)).to.include("ProcessShipment → /end");
  });

  it("shows the most important status of a list's items, also on the item's box", () => {
    const { statuses } = coloured("trip-stuck");
    expect(statuses).to.include({
      "Undo_Book/2/Undo_Cars/0/ReturnCar": "stuck",
      "Undo_Book/2/Undo_Cars/0": "stuck",
      "Undo_Book/2": "stuck",
      "Undo_Book/0": "done",
      "Undo_Book/0/CancelFlight": "undone",
      "Book/2/Cars/0/RentCar": "done",
    });
    expect(coloured("trip-compensated").statuses).to.include({ "Book/2/Cars/0/RentCar": "failed", "Book/2": "done" });
  });

  it("changes from event to event: states that were not entered yet have no colour", () => {
    const { events, story } = coloured("order-compensated");
    expect(coloured("order-compensated", 1).statuses).to.deep.equal({});
    const payment = story.path.find(({ state }) => state === "ProcessPayment");
    expect(coloured("order-compensated", payment?.enteredAt).statuses).to.deep.equal({
      CreateOrder: "done",
      ProcessPayment: "in progress",
    });
    for (const { id } of events) {
      const { graph, colours } = coloured("order-compensated", id);
      const ids = new Set(graph.nodes.map((node) => node.id));
      const edges = new Set(graph.edges.map(keyOf));
      for (const each of colours.statuses.keys()) expect(ids.has(each), each).to.be.true;
      for (const each of colours.taken) expect(edges.has(each), each).to.be.true;
    }
  });

  it("has a mark beside each colour in all three formats", () => {
    const { graph, colours } = coloured("order-stuck");
    const drawn = svg(graph, colours);
    expect(drawn).to.match(/class="node task undo is-stuck"[^\n]*RefundPayment[^\n]*<title>stuck<\/title>■/);
    expect(drawn).to.match(/class="node task undo is-idle"[^\n]*DeleteOrder/);
    expect(drawn).to.match(/prefers-color-scheme: dark/);
    const lines = mermaid(graph, colours).split("\n");
    expect(lines).to.include('  n5{{"■ RefundPayment"}}:::stuck');
    expect(lines.find((line) => line.includes("classDef stuck"))).to.contain("stroke-width:4px");
    expect(dot(graph, colours)).to.match(/"RefundPayment" \[label="■ ↩ RefundPayment", shape="octagon"/);
  });
});

describe("a drawing", () => {
  const hostile = 'S"<b>\\ &`\n#';
  const graph = graphOf(
    hostile,
    { StartAt: hostile, States: { [hostile]: { Type: "Task", Next: "Two" }, Two: { Type: "Fail", Error: "<E>" } } },
    undefined,
  );

  it("escapes any name of a state", () => {
    expect(svg(graph).replaceAll(/<\/?(?:svg|title|style|defs|marker|path|rect|text)\b[^<>]*>/g, "")).not.to.match(
      /[<>]/,
    );
    expect(dot(graph)).to.contain('S\\"<b>\\\\');
    expect(mermaid(graph)).to.contain("S#34;#60;b#62;\\ #38;#96;<br>#35;");
    expect(mermaid(graph).split("\n")[0]).to.equal('%% S"<b>\\ &` #');
  });

  it("has a legend if it has several kinds of lines", () => {
    const legend = (drawn: string): boolean => drawn.includes(">goes on<");
    const one = graphOf("One", { StartAt: "A", States: { A: { Type: "Pass", End: true } } }, undefined);
    expect([legend(svg(graph)), legend(svg(one))]).to.deep.equal([true, false]);
  });
});
