// The program under Pulumi's own engine, where there is a CLI: `npm run test:pulumi`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import { evaluateProgram } from "../../saga/local/program";
import { type Listener, type Steps, stepsOf } from "./engine-events";
import { cliOrSkip, Sandbox } from "./sandbox";

const ALIAS = "aws:sfn/alias:Alias";
const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";
const KEY = "aws:kms/key:Key";
const LOG = "aws:cloudwatch/logGroup:LogGroup";
const MACHINE = "aws:sfn/stateMachine:StateMachine";
const POLICY = "aws:iam/rolePolicy:RolePolicy";
const TABLE = "aws:dynamodb/table:Table";

/** What the local runner takes a program to be: type and name of each resource. */
async function registered(...args: Parameters<typeof evaluateProgram>): Promise<readonly string[]> {
  const { resources } = await evaluateProgram(...args);
  return resources.filter(({ type }) => !type.startsWith("pulumi:")).map(({ type, name }) => `${type} ${name}`);
}

const allOf = (resources: readonly string[], op: string): Steps =>
  Object.fromEntries(resources.map((key) => [key, op]));
const custom = (resources: readonly string[]) => resources.filter((key) => key.startsWith("aws:"));

const cli = cliOrSkip();
if (cli !== undefined)
  describe("Pulumi's engine", function () {
    this.timeout(300_000);
    this.bail(true);
    let sandbox: Sandbox;
    let expected: readonly string[];
    const program = readFileSync(join(__dirname, "../../index.ts"), "utf8");

    const preview = () => stepsOf((listener) => sandbox.stack.preview(listener));
    const up = () => stepsOf((listener) => sandbox.stack.up(listener));
    const configure = (config: Readonly<Record<string, string>>) =>
      sandbox.stack.setAllConfig(Object.fromEntries(Object.entries(config).map(([key, value]) => [key, { value }])));
    /** Makes the stack's program one of those in `test/deploy`. */
    const deploying = (program: string) => {
      sandbox.edit("index.ts", () => `export * from "./test/deploy/${program}";\n`);
    };
    const inAccount = (...types: readonly string[]) =>
      sandbox.account.resources.filter(({ type }) => types.includes(type));
    /** The expected resources of these types. */
    const these = (...types: readonly string[]) =>
      expected.filter((key) => types.some((type) => key.startsWith(`${type} `)));
    /** The ARN of the stack's key, and which of what it encrypts names it. */
    const key = () => {
      const arn = inAccount(KEY)[0]?.arn ?? "";
      return { arn, encrypts: inAccount(TABLE, MACHINE, LOG).filter((each) => JSON.stringify(each).includes(arn)) };
    };
    /** The only alias: its ARN, and version → how many of the new executions run it, in percent. */
    const alias = () => {
      const [found, ...others] = inAccount(ALIAS);
      expect(others).to.be.empty;
      const routes = found?.inputs["routingConfigurations"] as { stateMachineVersionArn: string; weight: number }[];
      const weights = routes.map(({ stateMachineVersionArn: arn, weight }) => [arn.split(":").at(-1), weight] as const);
      return { arn: found?.arn, routes: Object.fromEntries(weights) };
    };

    before(async () => {
      expected = await registered({ kmsKey: "create" });
      sandbox = await Sandbox.open(cli);
      await configure({ kmsKey: "create" });
    });
    after(() => {
      (sandbox as Sandbox | undefined)?.close();
    });

    it("previews exactly what the local runner registers, and creates none of it", async () => {
      expect(await preview()).to.deep.equal(allOf(expected, "create"));
      expect(sandbox.account.resources).to.be.empty;
    });

    it("creates it, encrypted with a key of its own", async () => {
      expect(await up()).to.deep.equal(allOf(expected, "create"));
      expect(sandbox.account.resources).to.have.length(custom(expected).length);
      expect(key().encrypts).to.have.length(these(TABLE, MACHINE, LOG).length);
      const { stateMachineVersion, functionNames } = await sandbox.stack.outputs();
      expect(stateMachineVersion?.value).to.equal("1");
      expect(functionNames?.value).to.have.property("processPayment");
    });

    it("changes nothing where nothing has changed", async () => {
      expect(await up()).to.deep.equal(allOf(expected, "same"));
    });

    it("changes logs for another logRetentionDays; for another handler a function, and what names its version", async () => {
      // A tenth of the new executions get it.
      await configure({ logRetentionDays: "14", previousVersion: "1", trafficPercent: "10" });
      sandbox.edit("handlers/payment.ts", (text) => text.replace("slice(-4)", "slice(-5)"));
      expect(await up()).to.deep.equal({
        ...allOf(expected, "same"),
        ...allOf(these(LOG, ALIAS), "update"),
        "aws:lambda/function:Function OrderFulfilment-processPayment": "update",
        [`${MACHINE} OrderFulfilment`]: "update",
      });
      expect(alias().routes).to.deep.equal({ 1: 90, 2: 10 });
      const { stateMachineVersion } = await sandbox.stack.outputs();
      expect(stateMachineVersion?.value).to.equal("2");
    });

    it("encrypts all of it with AWS's own keys again, and keeps the key that has encrypted it", async () => {
      const { arn } = key();
      // The next version: an alias can't lead to it twice.
      await configure({ kmsKey: "aws-owned", previousVersion: "3" });
      const gone = [...these(KEY), ...these(POLICY).filter((policy) => /-key(-|$)/.test(policy))];
      // Who delivers a log, and who reads executions; what sweeps only sees that they are there.
      const others = these(POLICY).filter((policy) => / OrderFulfilment(_undo|_recover)?$/.test(policy));
      expect(await up()).to.deep.equal({
        ...allOf(expected, "same"),
        ...allOf([...these(TABLE, LOG, MACHINE, ALIAS), ...others], "update"),
        ...allOf(gone, "delete"),
      });
      expect(key()).to.deep.equal({ arn, encrypts: [] });
      expect(alias().routes).to.deep.equal({ 3: 100 });
      expected = expected.filter((resource) => !gone.includes(resource));
    });

    it("leads all new executions to the version before", async () => {
      await configure({ previousVersion: "1", trafficPercent: "0" });
      expect(await up()).to.deep.equal({ ...allOf(expected, "same"), ...allOf(these(ALIAS), "update") });
      expect(alias().routes).to.deep.equal({ 1: 100 });
    });

    it("plans again what somebody has deleted, once it has looked", async () => {
      const [dashboard] = inAccount(DASHBOARD);
      await sandbox.account.delete(dashboard?.id ?? "");
      await sandbox.stack.refresh();
      expect(await up()).to.deep.equal({ ...allOf(expected, "same"), ...allOf(these(DASHBOARD), "create") });
      await sandbox.stack.refresh();
      expect(await up()).to.deep.equal(allOf(expected, "same"));
    });

    it("destroys all of it but the key", async () => {
      expect(await stepsOf((listener) => sandbox.stack.destroy(listener))).to.deep.equal(allOf(expected, "delete"));
      expect(sandbox.account.resources.map(({ type }) => type)).to.deep.equal([KEY]);
      const { deployment } = await sandbox.stack.exportStack();
      expect((deployment as { resources?: readonly unknown[] }).resources ?? []).to.deep.equal([]);
    });

    it("deploys two sagas that share a task, one of them the other's child", async () => {
      expected = await registered({}, join(__dirname, "../deploy/siblings.ts"));
      deploying("siblings");
      expect(await preview()).to.deep.equal(allOf(expected, "create"));
      expect(await up()).to.deep.equal(allOf(expected, "create"));
    });

    it("makes another machine for another workflowType, and leads to it", async () => {
      deploying("express");
      sandbox.edit("test/deploy/express.ts", (text) => text.replace('"EXPRESS"', '"STANDARD"'));
      await up();
      const before = alias();
      sandbox.edit("test/deploy/express.ts", (text) => text.replace('"STANDARD"', '"EXPRESS"'));
      await up();
      const [machine, ...others] = inAccount(MACHINE);
      expect(others).to.be.empty;
      expect(machine?.inputs).to.include({ type: "EXPRESS" });
      expect(alias()).to.deep.equal({ arn: `${machine?.arn}:live`, routes: { 1: 100 } });
      expect(alias().arn).not.to.equal(before.arn);
      const { stateMachineArn } = await sandbox.stack.outputs();
      expect(stateMachineArn?.value).to.equal(alias().arn);
    });

    /** What the local runner says of a program that it refuses. */
    const refusedHere = async (...args: Parameters<typeof evaluateProgram>): Promise<string> => {
      const error: unknown = await evaluateProgram(...args).catch((thrown: unknown) => thrown);
      expect(error, "what is refused").to.be.an("error");
      return `${(error as Error).message}
`;
    };

    /** What a preview, or an update, that is refused says: resource → message, as on a terminal without colours. */
    const refusals = async (
      operate = (listener: Listener): Promise<unknown> => sandbox.stack.preview(listener),
    ): Promise<ReadonlyMap<string, string>> => {
      const told = new Map<string, string>();
      const refused = await operate({
        onEvent: ({ diagnosticEvent }) => {
          if (diagnosticEvent?.severity !== "error") return;
          const { urn = "", message } = diagnosticEvent;
          told.set(urn.split("::").slice(2).join(" "), stripVTControlCharacters(message.replace(/<\{%.*?%\}>/g, "")));
        },
      }).catch((error: unknown) => error);
      expect(refused, "what is refused").to.be.an("error");
      for (const message of told.values()) expect(message).not.to.match(/^ {4}at /m);
      return told;
    };

    it("refuses a saga that is not sound at preview, on its resource, and shows no stack", async () => {
      deploying("unsound");
      const told = await refusals();
      const expected = await refusedHere({}, join(__dirname, "../deploy/unsound.ts"));
      expect(expected).to.match(/^the saga 'Charge' is not sound\nS4: Pay retries CardDeclined\n {2}→ .*\n$/);
      expect(told.get("saga-aws-pulumi:index:SagaStateMachine Charge")).to.equal(expected);
    });

    const VERIFIED = join(__dirname, "../deploy/verified.ts");

    it("proves a machine that somebody has written before what it names is there, and deploys it", async () => {
      deploying("verified");
      expected = await registered({}, VERIFIED);
      await configure({ careless: "1" });
      const told = await refusals();
      const unsound = await refusedHere({ careless: "1" }, VERIFIED);
      expect(unsound).to.match(/^the saga 'Booking' is not sound\nS4: Refund .*\n {2}→ .*\n$/);
      expect(told.get("saga-aws-pulumi:index:VerifiedStateMachine Booking")).to.equal(unsound);
      await sandbox.stack.removeConfig("careless");
      expect(await preview()).to.include(allOf(expected, "create"));
      expect(await up()).to.include(allOf(expected, "create"));
      const machines = inAccount(MACHINE).filter(({ name }) => name.startsWith("Booking"));
      expect(machines).to.have.length(1);
      const definition = String(machines[0]?.inputs["definition"]);
      for (const { arn } of inAccount("aws:sqs/queue:Queue").filter(({ name }) => /^(charge|refund)s-/.test(name)))
        expect(definition).to.contain(arn);
    });

    it("proves one that a preview does not know in the update, before it is made", async () => {
      await sandbox.stack.destroy();
      await configure({ careless: "1", form: "text" });
      const told: string[] = [];
      await sandbox.stack.preview({
        onEvent: ({ diagnosticEvent }) => {
          if (diagnosticEvent?.severity === "info") told.push(diagnosticEvent.message);
        },
      });
      expect(told.join("")).to.contain(
        "'Booking' is verified in the update, before it is created: a preview does not know all values of its definition",
      );
      const refused = await refusals((listener) => sandbox.stack.up(listener));
      const unsound = await refusedHere({ careless: "1", form: "text" }, VERIFIED);
      expect(unsound).to.match(/^the saga 'Booking' is not sound\nS4: Refund /);
      expect(refused.get("saga-aws-pulumi:index:VerifiedStateMachine Booking")).to.equal(unsound);
      expect(inAccount(MACHINE)).to.be.empty;
      await sandbox.stack.removeConfig("careless");
      await sandbox.stack.removeConfig("form");
    });

    it("refuses a saga that is no saga, and shows no stack", async () => {
      deploying("undoless");
      const [message] = (await refusals()).values();
      expect(message).to.match(/^saga 'Sale', step 'ProcessPayment': the undo is missing\. .*\n$/);
    });

    it("refuses a config that can't be used, and shows no stack", async () => {
      sandbox.edit("index.ts", () => program);
      await configure({ workflowType: "EXPRESS" });
      const [express] = (await refusals()).values();
      expect(express).to.match(/^saga 'OrderFulfilment', step 'CreateOrder': .*Set workflowType to STANDARD.*\n$/);
      await configure({ workflowType: "express" });
      const [wrong] = (await refusals()).values();
      expect(wrong).to.match(/^the stack's config can't be used\n {2}.*: use one of STANDARD, EXPRESS\n$/);
    });

    it("leaves nothing in the home folder", () => {
      expect(sandbox.inHome).to.be.empty;
    });
  });
