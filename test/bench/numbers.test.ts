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
  it("are from the last run: other results make another README, page and plot", () => {
    const other = changed("evaluation", "this", "processor ms", 98765);
    expect(numbersBlock(other)).to.include("98,765 ms").and.not.to.equal(numbersBlock(readResults()));
    expect(README).not.to.include("98,765");
    expect(readmePage(other)).to.include("98,765 ms");
    expect(numbersPage(other)).to.include("98,765");
    const slower = changed("growth", "100 steps", "verify ms", 98765);
    expect(growthPlot(slower)).not.to.equal(growthPlot(readResults()));
  });

  it("are refused if no run has printed them", () => {
    expect(() => numbersBlock(changed("growth", "100 steps", "verify ms", undefined))).to.throw(
      "no run has printed 'verify ms' of '100 steps': npm run bench -- --only growth",
    );
    expect(() => figure({}, "price", "this, completed", "calls")).to.throw("npm run bench -- --only price");
    expect(() => growthPlot({})).to.throw("npm run bench -- --only growth");
  });

  it("are between their marks in the README, and nowhere else", () => {
    const [before = "", , after = ""] = README.split(/<!-- \/?numbers -->/);
    const measured = /\d(?:[\d.,]*\d)?\s?(?:ms|s|seconds|minutes|MB|MiB|KiB|×|times|percent|%)(?![\w/])/;
    expect(measured.exec("It takes 980 ms.")?.[0]).to.equal("980 ms");
    expect(measured.exec(before)).to.be.null;
    expect(measured.exec(after)).to.be.null;
  });
});

describe("the arithmetic of the benchmarks", () => {
  it("has the median, which is the mean of two middle values, and pairs ratios by round", () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
    expect(pairedRatio([1, 10, 3], [2, 20, 3])).to.equal(0.5);
    expect([0.123456, 12.3456, 1234.56].map(round)).to.deep.equal([0.123, 12.3, 1235]);
  });

  it("counts a state for each call, and one more for a compensated end; an undo writes, a refused action does not", async () => {
    const all = async (definition: Definition): Promise<readonly Execution[]> =>
      Promise.all(ORDERS.map(async (order) => definition.run(order)));
    expect(await all(ours(0.25))).to.deep.equal([
      { transitions: 3, calls: 3, writes: 3 },
      { transitions: 3, calls: 2, writes: 1 },
      { transitions: 5, calls: 4, writes: 3 },
      { transitions: 7, calls: 6, writes: 5 },
    ]);
    // In that definition, an undone order succeeds: it has no Fail state.
    expect((await all(reference())).map(({ transitions }) => transitions)).to.deep.equal([3, 2, 4, 6]);
  });
});
