// The program under Pulumi's own engine, where there is a CLI: `npm run test:pulumi`.
import { expect } from "chai";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { evaluateProgram } from "../../local/program";
import { findCli, Sandbox } from "./sandbox";

type Listener = { readonly onEvent: (event: EngineEvent) => void };

/** What the engine does to each resource: type and name → operation. The stack itself and the provider are left out. */
async function steps(operate: (listener: Listener) => Promise<unknown>): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  await operate({
    onEvent: ({ resourcePreEvent }) => {
      if (!resourcePreEvent) return;
      const { op, urn } = resourcePreEvent.metadata;
      const [types = "", name = ""] = urn.split("::").slice(2);
      const type = types.split("$").at(-1) ?? "";
      if (!type.startsWith("pulumi:")) found[`${type} ${name}`] = op;
    },
  });
  return found;
}

const allOf = (resources: readonly string[], op: string) => Object.fromEntries(resources.map((key) => [key, op]));

const cli = findCli();
if (cli === undefined) {
  console.log("skipped: there is no Pulumi CLI on PATH, in PULUMI_HOME/bin, or where npx pulumi puts it");
} else
  describe("Pulumi's engine", function () {
    this.timeout(300_000);
    this.bail(true);
    let sandbox: Sandbox;
    /** What the local runner takes the program to be. */
    let expected: readonly string[];
    let custom: number;

    before(async () => {
      const { resources } = await evaluateProgram();
      const own = resources.filter(({ type }) => !type.startsWith("pulumi:"));
      expected = own.map(({ type, name }) => `${type} ${name}`);
      custom = own.filter(({ type }) => type.startsWith("aws:")).length;
      sandbox = await Sandbox.open(cli);
    });
    after(() => {
      (sandbox as Sandbox | undefined)?.close();
    });

    it("previews exactly what the local runner registers, and creates none of it", async () => {
      expect(await steps((listener) => sandbox.stack.preview(listener))).to.deep.equal(allOf(expected, "create"));
      expect(sandbox.account.size).to.equal(0);
    });

    it("creates it", async () => {
      expect(await steps((listener) => sandbox.stack.up(listener))).to.deep.equal(allOf(expected, "create"));
      expect(sandbox.account.size).to.equal(custom);
      const { stateMachineVersion, functionNames } = await sandbox.stack.outputs();
      expect(stateMachineVersion?.value).to.equal("1");
      expect(functionNames?.value).to.have.property("processPayment");
    });

    it("changes nothing where nothing has changed", async () => {
      expect(await steps((listener) => sandbox.stack.up(listener))).to.deep.equal(allOf(expected, "same"));
    });

    it("changes the logs alone for another logRetentionDays", async () => {
      await sandbox.stack.setConfig("logRetentionDays", { value: "14" });
      const logs = expected.filter((key) => key.startsWith("aws:cloudwatch/logGroup:LogGroup "));
      expect(logs).not.to.be.empty;
      expect(await steps((listener) => sandbox.stack.up(listener))).to.deep.equal({
        ...allOf(expected, "same"),
        ...allOf(logs, "update"),
      });
    });

    it("changes a function, and what names its version, for another handler", async () => {
      sandbox.edit("handlers/payment.ts", (text) => text.replace("slice(-4)", "slice(-5)"));
      expect(await steps((listener) => sandbox.stack.up(listener))).to.deep.equal({
        ...allOf(expected, "same"),
        "aws:lambda/function:Function processPayment": "update",
        "aws:sfn/stateMachine:StateMachine OrderFulfilment": "update",
        "aws:sfn/alias:Alias OrderFulfilment": "update",
      });
      const { stateMachineVersion } = await sandbox.stack.outputs();
      expect(stateMachineVersion?.value).to.equal("2");
    });

    it("destroys all of it", async () => {
      expect(await steps((listener) => sandbox.stack.destroy(listener))).to.deep.equal(allOf(expected, "delete"));
      expect(sandbox.account.size).to.equal(0);
      const { deployment } = await sandbox.stack.exportStack();
      expect((deployment as { resources?: readonly unknown[] }).resources ?? []).to.deep.equal([]);
    });

    it("refuses a saga that is not sound at preview, on its resource", async () => {
      sandbox.edit("index.ts", () => 'export * from "./test/infra/unsound";\n');
      const errors: (readonly [string, string])[] = [];
      let refused: unknown;
      try {
        await sandbox.stack.preview({
          onEvent: ({ diagnosticEvent }) => {
            if (diagnosticEvent?.severity !== "error") return;
            errors.push([diagnosticEvent.urn?.split("::").slice(2).join(" ") ?? "", diagnosticEvent.message]);
          },
        });
      } catch (error) {
        refused = error;
      }
      expect(refused, "the preview of an unsound saga").to.be.an("error");
      const [told] = errors.filter(([resource]) => resource === "saga:infra:SagaStateMachine Charge");
      expect(told?.[1]).to.contain("S4: Pay retries CardDeclined");
    });
  });
