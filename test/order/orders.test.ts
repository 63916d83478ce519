import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { LocalCloud } from "../../saga/local/cloud";
import type { JsonObject } from "../../saga/interpreter";
import { evaluated } from "../evaluated";

const ORDERS = JSON.parse(readFileSync(join(__dirname, "../../examples/orders.json"), "utf8")) as {
  title: string;
  input: JsonObject;
  path: string[];
  outcome: string;
}[];

describe("the order saga, deployed on this machine", function () {
  this.timeout(60_000);
  let cloud: LocalCloud;
  const logs: string[] = [];

  before(async () => {
    cloud = await LocalCloud.start(await evaluated(), { onLog: (line) => logs.push(line) });
  });
  beforeEach(async () => {
    logs.length = 0;
    await cloud.table.clear();
  });
  after(() => cloud.close());

  const run = async (input: JsonObject) => (await cloud.execute(input)).report;
  const good = ORDERS[0]?.input as JsonObject;

  for (const { title, input, path, outcome } of ORDERS) {
    it(`${title}: ${outcome}, by ${path.join(", ")}`, async () => {
      const report = await run(input);
      expect(report.path).to.deep.equal(path);
      expect(report.outcome).to.equal(outcome);
      expect(JSON.stringify({ ...report, input: null })).not.to.match(/123-?1234/);
      if (outcome === "completed") {
        expect(report.status).to.equal("SUCCEEDED");
        expect(report.tables["orders"]?.map(({ entity, status }) => [entity, status])).to.deep.equal([
          ["ORDER", "LIVE"],
          ["PAYMENT", "LIVE"],
          ["SHIPMENT", "LIVE"],
        ]);
        return;
      }
      expect(report).to.include({ status: "FAILED", error: "SagaCompensated" });
      const cause = JSON.parse(report.cause as string) as Record<string, string>;
      expect(cause).to.have.all.keys("saga", "step", "error", "cause");
      expect(cause).to.include({ saga: "OrderFulfilment", step: path[path.length / 2 - 1] });
      expect(report.tables["orders"]).to.have.length(path.length / 2);
      for (const row of report.tables["orders"] ?? []) {
        expect(row["status"]).to.equal("UNDONE");
        expect(row["undone_by"]).to.deep.equal([row["saga_id"]]);
        expect(row["saga_id"]).to.match(/^arn:aws:states:.*:execution:OrderFulfilment-[0-9a-f]{7}:[0-9a-f-]{36}$/);
        expect(row["expires_at"]).to.be.above(Date.now() / 1000 + 24 * 60 * 60);
      }
    });
  }

  it("enters exactly three states on the success path (S13)", async () => {
    expect((await cloud.execute(good)).visits.map(({ state, did }) => [state, did])).to.deep.equal([
      ["CreateOrder", "done"],
      ["ProcessPayment", "done"],
      ["ProcessShipment", "done"],
    ]);
  });

  it("refuses and compensates a second execution of the same order, and leaves the first one's data unchanged", async () => {
    const first = await run(good);
    const second = await run(good);
    expect(second).to.include({ outcome: "compensated", status: "FAILED" });
    expect(second.path).to.deep.equal(["CreateOrder", "DeleteOrder"]);
    expect(JSON.parse(second.cause as string)).to.include({ step: "CreateOrder", error: "OrderAlreadyExists" });
    // Only the second saga's mark is new, by which its actions are refused from now on.
    const withoutTombstones = (await cloud.table.rows()).map(({ undone_by, ...rest }) => {
      expect(undone_by ?? []).to.have.length(rest["entity"] === "ORDER" ? 1 : 0);
      return rest;
    });
    expect(withoutTombstones).to.deep.equal(first.tables["orders"]);
  });

  it("accepts a customer's second try for an order whose first try was undone", async () => {
    const first = await run(ORDERS[3]?.input as JsonObject);
    expect(first.outcome).to.equal("compensated");
    const second = await run({ ...good, order_id: "5" });
    expect(second.outcome).to.equal("completed");
    const byFirst = first.tables["orders"]?.[0]?.["saga_id"];
    expect(second.tables["orders"]?.map(({ status, undone_by }) => [status, undone_by])).to.deep.equal(
      Array.from({ length: 3 }, () => ["LIVE", [byFirst]]),
    );
  });

  it("writes nothing for an order without a valid id", async () => {
    for (const order_id of [5, "", null, ["1"]]) {
      const report = await run({ ...good, order_id });
      expect(report.outcome).to.equal("compensated");
      expect(report.path).to.deep.equal(["CreateOrder", "DeleteOrder"]);
      expect(JSON.parse(report.cause as string)).to.include({ step: "CreateOrder", error: "InvalidOrder" });
    }
    expect(await cloud.table.rows()).to.deep.equal([]);
  });

  it("compensates an input that is not an object", async () => {
    for (const input of [5, "text", null, [], true]) {
      expect((await cloud.execute(input)).report).to.include({ outcome: "compensated" });
    }
    expect(await cloud.table.rows()).to.deep.equal([]);
  });

  it("never shows more of a card number than its last four digits", async () => {
    const card_no = "4111-1111-1111-9876";
    for (const changes of [{}, { address: 7 }, { total: -1 }, { card_no: `${card_no}x` }]) {
      const { output, error, cause, tables } = await run({
        ...good,
        order_id: JSON.stringify(changes).slice(0, 9),
        card_no,
        ...changes,
      });
      const shown = JSON.stringify([output, error, cause, tables]) + logs.join("\n");
      // A random id may contain four of its digits in a row, but not eight.
      expect(shown).not.to.match(/4111-?1111|1111-?9876/);
    }
    expect(JSON.stringify(await cloud.table.rows()))
      .to.contain("9876")
      .and.not.to.match(/1111-?9876/);
  });

  it("logs one line of JSON for each call, with saga, step, outcome and milliseconds", async () => {
    await run({ order_id: "2" });
    expect(logs.map((line) => JSON.parse(line) as Record<string, unknown>)).to.satisfy((lines: any[]) => {
      expect(lines.map(({ task, step, outcome, error }) => ({ task, step, outcome, error }))).to.deep.equal([
        { task: "createOrder", step: "CreateOrder", outcome: "refused", error: "InvalidOrder" },
        { task: "deleteOrder", step: "CreateOrder", outcome: "undone", error: undefined },
      ]);
      return lines.every(({ saga, ms }) => /^arn:/.test(saga) && typeof ms === "number");
    });
  });
});
