import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const ROOT = join(__dirname, "../..");

function saga(...args: readonly string[]) {
  const main = join(ROOT, "saga/cli/main.ts");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["-r", "ts-node/register/transpile-only", main, "faults", ...args],
    { cwd: ROOT, encoding: "utf8" },
  );
  return { status, stdout, stderr };
}

describe("saga faults", function () {
  this.timeout(180_000);

  it("says how many scenarios there are before it tries them, and what came of them", () => {
    const { status, stdout, stderr } = saga(
      ...["OrderFulfilment", "--input", "@examples/faults/order.json", "--single", "--most", "5"],
    );
    expect(stderr).to.equal("");
    expect(stdout).to.match(/^At most 5 scenarios, in 2 settings:\n {2}nothing there before\n/);
    expect(stdout).to.match(/\n5 scenarios, 0 with violations, 87 left out by --most \(\d+ s\)\n$/);
    expect(status).to.equal(0);
  });

  it("refuses a command line that can't be followed, in a sentence", () => {
    for (const [said, ...args] of [
      ["'faults' wants what the saga starts with: --input '{…}', @file.json, or - for standard input"],
      ["no saga 'Orders'; there is OrderFulfilment", "Orders", "--input", "{}"],
      ["--most wants a whole number from 1, not 'many'", "--input", "{}", "--most", "many"],
      ["--undone wants ATTRIBUTE=VALUE, such as status=UNDONE, not 'UNDONE'", "--input", "{}", "--undone", "UNDONE"],
      ["--single and --pairs exclude each other", "--input", "{}", "--single", "--pairs"],
    ] as const) {
      const { status, stderr } = saga(...args);
      expect(stderr).to.contain(said);
      expect(status).to.equal(2);
    }
  });
});
