// The template of a program under Pulumi's own engine, where there is a CLI: `npm run test:pulumi`.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parse } from "yaml";
import { evaluateProgram } from "../../saga/local/program";
import { stranger, type Stranger } from "../package/stranger";
import { stepsOf } from "./engine-events";
import { cliOrSkip, Sandbox } from "./sandbox";

const TEMPLATE = join(__dirname, "../../templates/saga");
const run = promisify(execFile);

const cli = cliOrSkip();
if (cli !== undefined)
  describe("a program from the template, made by `pulumi new`", function () {
    this.timeout(300_000);
    this.bail(true);
    let program: Stranger;
    let sandbox: Sandbox | undefined;

    before(async () => {
      // The packed package is installed in place of the registry's, and no request leaves this machine.
      program = stranger();
      const inside = (name: string): string => join(dirname(program.folder), name);
      const env: NodeJS.ProcessEnv = {
        ...program.env,
        PATH: [cli, program.env["PATH"]].join(delimiter),
        HOME: inside("user"),
        PULUMI_HOME: inside("pulumi"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
      };
      const named = ["--name", "wallet", "--description", "Money: in and out"];
      const alone = ["--generate-only", "--offline", "--yes", "--force"];
      await run("pulumi", ["new", TEMPLATE, "--dir", program.folder, ...named, ...alone], { env });
    });
    after(() => {
      sandbox?.close();
      (program as Stranger | undefined)?.remove();
    });

    it("has the name and the description that were given", () => {
      const file = (name: string): string => readFileSync(join(program.folder, name), "utf8");
      expect(parse(file("Pulumi.yaml"))).to.include({ name: "wallet", description: "Money: in and out" });
      expect(JSON.parse(file("package.json"))).to.include({ name: "wallet" });
    });

    it("passes its own tests, and runs its examples with `npm start`", async () => {
      const npm = async (...args: readonly string[]): Promise<string> => {
        const env = { ...program.env, NO_COLOR: "1" };
        return (await run("npm", args, { cwd: program.folder, env })).stdout;
      };
      expect(await npm("test")).to.match(/^[#ℹ] fail 0$/m);
      expect(await npm("start")).to.match(/2 of 2 examples came out as documented\n$/);
      expect(await npm("run", "verify")).to.match(/^Transfer {2}sound/m);
    });

    it("previews exactly what the local runner registers, and deploys it", async () => {
      const opened = (sandbox = await Sandbox.open(cli, program.folder, join(program.folder, "node_modules")));
      const { resources } = await evaluateProgram({}, program.folder);
      const expected = resources.filter(({ type }) => !type.startsWith("pulumi:"));
      const created = Object.fromEntries(expected.map(({ type, name }) => [`${type} ${name}`, "create"]));
      const previewed = await stepsOf((listener) => opened.stack.preview(listener));
      expect(previewed).to.deep.equal(created);
      expect(Object.keys(previewed)).to.include.members([
        "saga-aws-pulumi:index:SagaStateMachine Transfer",
        "aws:sfn/stateMachine:StateMachine Transfer",
        "aws:lambda/function:Function Transfer-book",
        "aws:lambda/function:Function Transfer-cancel",
        "aws:dynamodb/table:Table bookings",
      ]);
      expect(opened.account.resources).to.be.empty;
      expect(await stepsOf((listener) => opened.stack.up(listener))).to.deep.equal(created);
      const { stateMachineArn } = await opened.stack.outputs();
      const aliases = opened.account.resources.filter(({ type }) => type === "aws:sfn/alias:Alias");
      expect(aliases.map(({ arn }) => arn)).to.deep.equal([stateMachineArn?.value]);
    });
  });
