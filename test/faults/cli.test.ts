import { expect } from "chai";
import { command } from "../cli/command";
import { SLOW } from "../slow";

const saga = (...args: readonly string[]) => command(["faults", ...args]);

describe("saga faults", function () {
  this.timeout(180_000);

  it(`says how many scenarios there are before it tries them, and then their results ${SLOW}`, async () => {
    const { code, out, err } = await saga(
      ...["OrderFulfilment", "--input", "@examples/faults/order.json", "--single", "--most", "5"],
    );
    expect(err).to.equal("");
    expect(out).to.match(/^92 scenarios, in 2 settings:\n {2}a first try\n/);
    expect(out.replace(/\s+/g, " ")).to.contain(
      " At most 5 of them are tried: an even sample of the 92 with at most one fault, the same in each run. --most 92 tries all ",
    );
    expect(out).to.match(/\n5 scenarios, 0 with violations, 87 left out by --most: 92 tries all \(\d+ s\)\n$/);
    expect(code).to.equal(0);
  });

  it("refuses a wrong command line in one sentence", async () => {
    for (const [said, ...args] of [
      ["'faults' needs the saga's input: --input '{…}', @file.json, or - for standard input"],
      ["no saga 'Orders'; there is OrderFulfilment", "Orders", "--input", "{}"],
      ["--most must be a whole number from 1 on, not 'many'", "--input", "{}", "--most", "many"],
      ["--undone must be ATTRIBUTE=VALUE, such as status=UNDONE, not 'UNDONE'", "--input", "{}", "--undone", "UNDONE"],
      ["--single and --pairs exclude each other", "--input", "{}", "--single", "--pairs"],
    ] as const) {
      const { code, err } = await saga(...args);
      expect(err).to.contain(said);
      expect(code).to.equal(2);
    }
  });
});
