import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { growthPlot } from "../../bench/growth/plot";
import { type Definition, type Execution, ORDERS, ours, reference } from "../../bench/price/executions";
import { figure, readResults, type Results } from "../../bench/last-run";
import { median, pairedRatio, round } from "../../bench/statistics";
import { numbersBlock, numbersPage, readmePage } from "../../docs/numbers";

const README = readFileSync(join(__dirname, "../../README.md"), "utf8");

/** The results with one figure changed, or left out. */
function changed(part: string, name: string, of: string, value: number | undefined): Results {
  const all = JSON.parse(JSON.stringify(readResults())) as Record<string, any>;
  const row = all[part].rows.find((each: { name: string }) => each.name === name);
  expect(row.figures[of], `${name}: ${of}`).to.be.a("number");
  // JSON has no undefined.
  row.figures = JSON.parse(JSON.stringify({ ...row.figures, [of]: value }));
  return all;
}

describe("the figures of the pages", () => {
  it("are those of the last run: another run's make another README, another page and another plot", () => {
    const other = changed("evaluation", "this", "processor ms", 98765);
    expect(numbersBlock(other)).to.include("98,765 ms").and.not.to.equal(numbersBlock(readResults()));
    expect(README).not.to.include("98,765");
    expect(readmePage(other)).to.include("98,765 ms");
    expect(numbersPage(other)).to.include("98,765");
    const slower = changed("growth", "100 steps", "verify ms", 98765);
    expect(growthPlot(slower)).not.to.equal(growthPlot(readResults()));
  });

  it("are refused where no run has printed them", () => {
    expect(() => numbersBlock(changed("growth", "100 steps", "verify ms", undefined))).to.throw(
      "no run has printed 'verify ms' of '100 steps': npm run bench -- --only growth",
    );
    expect(() => figure({}, "price", "this, completed", "calls")).to.throw("npm run bench -- --only price");
    expect(() => growthPlot({})).to.throw("npm run bench -- --only growth");
  });

  it("stand in the README between their marks, and nowhere else", () => {
    const [before = "", , after = ""] = README.split(/<!-- \/?numbers -->/);
    const measured = /\d(?:[\d.,]*\d)?\s?(?:ms|s|seconds|minutes|MB|MiB|KiB|×|times|percent|%)(?![\w/])/;
    expect(measured.exec("It takes 980 ms.")?.[0]).to.equal("980 ms");
    expect(measured.exec(before)).to.be.null;
    expect(measured.exec(after)).to.be.null;
  });
});

describe("what the benchmarks count with", () => {
  it("is the middle, of two middles their mean, and of ratios those of the same round", () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
    expect(pairedRatio([1, 10, 3], [2, 20, 3])).to.equal(0.5);
    expect([0.123456, 12.3456, 1234.56].map(round)).to.deep.equal([0.123, 12.3, 1235]);
  });

  it("enters a state for each call, and one more that ends a compensated order; each undo writes, an action that is refused does not", async () => {
    const all = async (definition: Definition): Promise<readonly Execution[]> =>
      Promise.all(ORDERS.map(async (order) => definition.run(order)));
    expect(await all(ours(0.25))).to.deep.equal([
      { transitions: 3, calls: 3, writes: 3 },
      { transitions: 3, calls: 2, writes: 1 },
      { transitions: 5, calls: 4, writes: 3 },
      { transitions: 7, calls: 6, writes: 5 },
    ]);
    // To Step Functions, an order that was undone has succeeded there: no state says otherwise.
    expect((await all(reference())).map(({ transitions }) => transitions)).to.deep.equal([3, 2, 4, 6]);
  });
});
