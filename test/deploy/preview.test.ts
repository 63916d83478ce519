import { execFileSync } from "node:child_process";
import { join, relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { create } from "ts-node";
import { evaluateProgram } from "../../saga/local/program";

const ROOT = join(__dirname, "../..");

/** The text that Pulumi prints if a program ends with an error: see `run.ts` in its Node SDK. */
function printed(error: Error): string {
  const mistake: boolean =
    (pulumi.ResourceError.isInstance(error) && error.hideStack === true) || pulumi.RunError.isInstance(error);
  return mistake ? error.message : (error.stack ?? "");
}

describe("a preview", () => {
  const mistakes: readonly (readonly [what: string, evaluate: () => Promise<unknown>, says: string])[] = [
    ["a wrong value", () => evaluateProgram({ logLevel: "NONE" }), "use one of ALL, ERROR, FATAL"],
    ["a key that there is none of", () => evaluateProgram({ colour: "red" }), "there is no such key"],
    [
      "keys that do not fit together",
      () => evaluateProgram({ tableMinUnits: "1" }),
      "a table on demand has no minimum",
    ],
    ["EXPRESS for a saga of steps", () => evaluateProgram({ workflowType: "EXPRESS" }), "Set workflowType to STANDARD"],
    ["a saga that is not sound", () => evaluateProgram({}, join(__dirname, "unsound.ts")), "S4: Pay retries"],
    ["a step that has no undo", () => evaluateProgram({}, join(__dirname, "undoless.ts")), "the undo is missing"],
  ];
  for (const [what, evaluate, says] of mistakes) {
    it(`refuses ${what} with the reason, and without a long stack trace`, async () => {
      const error = await evaluate().then(
        () => new Error("nothing is refused"),
        (thrown: unknown) => thrown as Error,
      );
      expect(printed(error)).to.contain(says);
      expect(printed(error)).not.to.match(/^ {4}at /m);
    });
  }

  it("reports mistakes in the config before it loads anything else", () => {
    const script = `
      const pulumi = require("@pulumi/pulumi");
      pulumi.runtime.setMocks({ newResource: () => ({ state: {} }), call: () => ({}) }, "saga-aws-pulumi").then(() => {
        pulumi.runtime.setAllConfig({ "saga-aws-pulumi:logLevel": "NONE" });
        try {
          require(${JSON.stringify(ROOT)});
        } catch ({ message }) {
          console.log(JSON.stringify({ message, loaded: Object.keys(require.cache) }));
        }
      });`;
    const printedJson = execFileSync(process.execPath, ["-r", "ts-node/register", "-e", script], { cwd: ROOT });
    const { message, loaded } = JSON.parse(printedJson.toString()) as { message: string; loaded: readonly string[] };
    expect(message).to.contain('logLevel is "NONE"');
    const paths = loaded.map((path) => relative(ROOT, path).replaceAll("\\", "/"));
    // Except for the TypeScript loader, and for the modules whose loading the error ended.
    const own = paths.filter((path) => !path.includes("node_modules") && path !== "saga/local/transpiler.cjs");
    expect(own).to.deep.equal(["saga/deploy/config.ts"]);
    expect(paths.filter((path) => path.startsWith("node_modules/@pulumi/aws"))).to.be.empty;
  });

  it("leaves the types to the type checker", () => {
    // Pulumi passes only the project to ts-node, so the project must have this setting.
    expect(create({ cwd: ROOT, project: join(ROOT, "tsconfig.json") }).options.transpileOnly).to.equal(true);
  });
});
