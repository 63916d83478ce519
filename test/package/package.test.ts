import { cpSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { deployedForm, LocalCloud } from "../../saga/local/cloud";
import { deployFunction, type FunctionOptions } from "../../saga/local/lambda/function";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { type Package, stranger, type Stranger } from "./stranger";
import { SLOW } from "../slow";

const says = (said: string) => `module.exports = () => ${said};`;
/** Two packages depend on different versions of a third. */
const PACKAGES: readonly Package[] = [
  { name: "second", version: "1.0.0", inner: true, files: { "index.js": says('"second 1"') } },
  { name: "second", version: "2.0.0", inner: true, files: { "index.js": says('"second 2"') } },
  {
    name: "first",
    version: "1.0.0",
    needs: { second: "1.0.0" },
    files: { "index.js": says('`first of ${require("second")()}`') },
  },
  {
    name: "@scope/third",
    version: "1.0.0",
    needs: { second: "2.0.0" },
    files: { "index.js": "", "part.js": says('`third of ${require("second")()}`') },
  },
];

/** A program in another folder, with its serialised functions. */
async function evaluate({ folder }: Stranger, file: string) {
  const here = process.cwd();
  // The folder of a program decides which packages its functions contain.
  process.chdir(folder);
  try {
    const program = await evaluateProgram({}, join(folder, file));
    const deployed = program.resources.filter(({ type }) => type === "aws:lambda/function:Function");
    return { program, functions: await Promise.all(deployed.map(deployedForm)) };
  } finally {
    process.chdir(here);
  }
}

/** The files of a function's archive, and their total size in bytes. */
function filesOf({ code, files: others = {} }: FunctionOptions): {
  readonly names: readonly string[];
  readonly bytes: number;
} {
  const files = new Map(Object.entries(code).map(([name, text]) => [name, Buffer.byteLength(text)]));
  const add = (name: string, source: string): void => {
    const stats = statSync(source);
    if (stats.isDirectory()) for (const each of readdirSync(source)) add(`${name}/${each}`, join(source, each));
    else files.set(name, stats.size);
  };
  for (const [name, source] of Object.entries(others)) add(name, source);
  return { names: [...files.keys()].sort(), bytes: [...files.values()].reduce((sum, each) => sum + each, 0) };
}

describe(`the package in another program ${SLOW}`, function () {
  this.timeout(120_000);
  let seats: Stranger;
  let program: Program;
  let functions: readonly FunctionOptions[];

  before(async () => {
    seats = stranger("examples/seats", PACKAGES);
    ({ program, functions } = await evaluate(seats, "index.ts"));
  });
  after(() => {
    seats.remove();
  });

  it("has the builder and the component, and nothing else of this project", () => {
    expect(readdirSync(seats.installed)).to.have.members(["LICENSE", "README.md", "dist", "package.json"]);
    expect(readdirSync(join(seats.installed, "dist"))).to.have.members([
      "asl",
      "cli",
      "compile",
      "console",
      "control",
      "deploy",
      "graph",
      "index.d.ts",
      "index.js",
      "interpreter",
      "language",
      "local",
      "policy",
      "store",
      "testing",
      "verify",
    ]);
  });

  it("has declarations for a strict type check", () => {
    expect(seats.diagnose()).to.deep.equal([]);
  });

  it("is in no function, and neither are its dependencies", () => {
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

  describe("ships each function with its handler, its packages and their dependencies, and nothing else", () => {
    const QUOTE = [
      "__index.js",
      "node_modules/@scope/third/index.js",
      "node_modules/@scope/third/node_modules/second/index.js",
      "node_modules/@scope/third/node_modules/second/package.json",
      "node_modules/@scope/third/package.json",
      "node_modules/@scope/third/part.js",
      "node_modules/first/index.js",
      "node_modules/first/package.json",
      "node_modules/second/index.js",
      "node_modules/second/package.json",
    ];
    const ALONE = ["__index.js"];
    const lock = () => join(seats.folder, "node_modules/.package-lock.json");

    before(() => {
      cpSync(join(__dirname, "shop.ts"), join(seats.folder, "shop.ts"));
    });

    for (const [how, prepare] of [
      ["as npm leaves it", () => undefined],
      // The lock file is newer than all packages in it, so tools trust it.
      [
        "with npm's own list, which says nothing of what a package is for",
        () => {
          utimesSync(lock(), 4e9, 4e9);
        },
      ],
      [
        "without npm's own list",
        () => {
          rmSync(lock());
        },
      ],
    ] as const) {
      it(how, async () => {
        prepare();
        const { functions: shipped } = await evaluate(seats, "shop.ts");
        expect(Object.fromEntries(shipped.map((each) => [each.name, filesOf(each).names]))).to.deep.equal({
          "Shop-quote": QUOTE,
          "Shop-report": ALONE,
          Shop_sweep: ALONE,
        });
        for (const each of shipped) expect(filesOf(each).bytes, each.name).to.be.below(10_000);
      });
    }

    it("so that the handler finds them", async () => {
      const { functions: shipped } = await evaluate(seats, "shop.ts");
      const quote = deployFunction(shipped.find(({ name }) => name === "Shop-quote") as FunctionOptions);
      const { payload } = await quote.invoke({ order_id: "1" }).finally(() => quote.close());
      expect(payload).to.deep.equal({ quoted: "first of second 1, third of second 2" });
    });
  });

  it("books a seat, and does not release another booking's seat", async () => {
    const cloud = await LocalCloud.start(program);
    try {
      const booking = { order_id: "1", seat: "12A", price: 40 };
      const [first, second] = [await cloud.execute(booking), await cloud.execute(booking)];
      expect(first.report).to.deep.include({ outcome: "completed", output: { booked: "1" } });
      expect(second.report).to.deep.include({ outcome: "compensated", path: ["Hold", "Release"] });
      expect(second.report.tables).to.deep.equal({});
      expect(first.report.tables["seats"]?.map(({ entity, status }) => [entity, status])).to.deep.equal([
        ["PAYMENT", "LIVE"],
        ["SEAT", "LIVE"],
      ]);
    } finally {
      await cloud.close();
    }
  });
});
