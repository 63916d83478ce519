import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { deployedForm, LocalCloud } from "../../saga/local/cloud";
import type { FunctionOptions } from "../../saga/local/lambda/function";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { stranger, type Stranger } from "./stranger";

describe("the package, as another program uses it", function () {
  this.timeout(120_000);
  let seats: Stranger;
  let program: Program;
  let functions: readonly FunctionOptions[];

  before(async () => {
    seats = stranger();
    const here = process.cwd();
    // Where a program stands tells Pulumi what its functions depend on.
    process.chdir(seats.folder);
    try {
      program = await evaluateProgram({}, join(seats.folder, "index.ts"));
      const deployed = program.resources.filter(({ type }) => type === "aws:lambda/function:Function");
      functions = await Promise.all(deployed.map(deployedForm));
    } finally {
      process.chdir(here);
    }
  });
  after(() => {
    seats.remove();
  });

  it("has the builder and the component, and nothing else of this project", () => {
    expect(readdirSync(seats.installed)).to.have.members(["LICENSE", "README.md", "dist", "package.json"]);
    expect(readdirSync(join(seats.installed, "dist"))).to.have.members([
      "asl",
      "compile",
      "deploy",
      "index.d.ts",
      "index.js",
      "interpreter",
      "language",
      "local",
      "store",
      "testing",
      "verify",
    ]);
  });

  it("has declarations that a strict program type-checks against", () => {
    expect(seats.diagnose()).to.deep.equal([]);
  });

  it("comes into no function, and neither does what it needs itself", () => {
    expect(functions.map(({ name }) => name)).to.have.members([
      "Seats-holdSeat",
      "Seats-releaseSeat",
      "Seats-pay",
      "Seats-repay",
      "Seats_recover",
      "Seats_sweep",
    ]);
    for (const { name, code } of functions) {
      const text = Object.values(code).join("");
      const required = [...text.matchAll(/\brequire\("([^"]*)"\)/g)].map(([, module]) => module as string);
      expect(required, name).not.to.be.empty;
      expect(required.filter((module) => !/^(@aws-sdk\/[\w-]+|crypto)$/.test(module))).to.deep.equal([], name);
      expect(text.length, name).to.be.lessThan(16_000);
      expect(text, name).not.to.include(seats.folder);
    }
  });

  it("books a seat, and gives back none that another booking has", async () => {
    const cloud = await LocalCloud.start(program);
    try {
      const booking = { order_id: "1", seat: "12A", price: 40 };
      const [first, second] = [await cloud.execute(booking), await cloud.execute(booking)];
      expect(first.report).to.deep.include({ outcome: "completed", output: { booked: "1" } });
      expect(second.report).to.deep.include({ outcome: "compensated", path: ["Hold", "Release"] });
      expect(second.report.items).to.deep.equal(first.report.items);
      expect(first.report.items.map(({ entity, status }) => [entity, status])).to.deep.equal([
        ["PAYMENT", "LIVE"],
        ["SEAT", "LIVE"],
      ]);
    } finally {
      await cloud.close();
    }
  });
});
