import { expect } from "chai";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { EXPECTED, FUNCTIONS, nameOf, TAGS } from "./expected";
import { checkResources, checkRoles, checkTags } from "./rules";
import { differences, type Snapshot, snapshot } from "./snapshot";
import { KEY_STATEMENTS, VARIANTS } from "./variants";
import { evaluated } from "../evaluated";
import { SLOW } from "../slow";

const MACHINE = "sfn.StateMachine OrderFulfilment";

const QUICK = ["alarmEmail", "onAbort", "tableBilling"];

describe("the Pulumi program", function () {
  this.timeout(60_000);
  let program: Program;
  let registered: Snapshot;
  before(async () => {
    program = await evaluated();
    registered = await snapshot(program);
  });

  const without = (resource: string, property: string): unknown =>
    Object.fromEntries(Object.entries(registered[resource] as object).filter(([name]) => name !== property));

  it("registers these resources and no others", () => {
    expect(Object.keys(registered)).to.have.members(Object.keys(EXPECTED));
  });

  for (const [resource, inputs] of Object.entries(EXPECTED)) {
    it(`gives ${resource} these inputs`, () => {
      const own = /^(lambda\.Function|sfn\.StateMachine) /.exec(resource)?.[1];
      const aside = own === "lambda.Function" ? "code" : own === undefined ? undefined : "definition";
      expect(aside === undefined ? registered[resource] : without(resource, aside)).to.deep.equal(inputs);
    });
  }

  it("ships a function as one small file, which requires at most the AWS SDK and Node's crypto", () => {
    const sdks: Readonly<Record<string, readonly string[]>> = {
      OrderFulfilment_recover: ["@aws-sdk/client-sfn"],
      OrderFulfilment_sweep: ["@aws-sdk/client-lambda", "@aws-sdk/client-sfn"],
    };
    for (const name of [...Object.keys(FUNCTIONS).map(nameOf), ...Object.keys(sdks)]) {
      const { code } = registered[`lambda.Function ${name}`] as { code: Record<string, string> };
      expect(Object.keys(code)).to.deep.equal(["__index.js"]);
      const text = code["__index.js"] as string;
      expect(text.length).to.be.below(40 * 1024);
      const required = new Set([...text.matchAll(/require\("([^"]*)"\)/g)].map(([, module]) => module));
      required.delete("crypto");
      const sdk = sdks[name] ?? ["@aws-sdk/client-dynamodb", "@aws-sdk/util-dynamodb"];
      expect([...required].sort()).to.deep.equal(sdk);
    }
  });

  it("has each state call one version of its function", () => {
    const { definition } = registered[MACHINE] as {
      definition: { States: Record<string, { Arguments?: { FunctionName: string } }> };
    };
    expect(JSON.stringify(definition).length).to.be.below(8 * 1024);
    const calls = Object.entries(definition.States).flatMap(([state, { Arguments }]) =>
      Arguments ? [[state, Arguments.FunctionName]] : [],
    );
    const version = (name: string) => `<version of lambda.Function ${nameOf(name)}>`;
    expect(Object.fromEntries(calls)).to.deep.equal({
      CreateOrder: version("createOrder"),
      ProcessPayment: version("processPayment"),
      ProcessShipment: version("processShipment"),
      CancelShipment: version("cancelShipment"),
      RefundPayment: version("refundPayment"),
      DeleteOrder: version("deleteOrder"),
    });
  });

  it("exports the outputs that callers and operators need", () => {
    const find = (type: string, name: string) =>
      program.resources.find((resource) => resource.type === type && resource.name === name);
    const machine = find("aws:sfn/stateMachine:StateMachine", "OrderFulfilment");
    expect(machine?.arn).to.match(/:stateMachine:OrderFulfilment-[0-9a-f]{7}$/);
    expect(program.outputs).to.deep.equal({
      stateMachineArn: `${machine?.arn}:live`,
      stateMachineName: machine?.physicalName,
      stateMachineVersion: machine?.versionArn?.split(":").at(-1),
      alarmTopicArn: find("aws:sns/topic:Topic", "OrderFulfilment-alarms")?.arn,
      tableName: find("aws:dynamodb/table:Table", "orders")?.physicalName,
      functionNames: Object.fromEntries(
        Object.keys(FUNCTIONS).map((name) => [name, find("aws:lambda/function:Function", nameOf(name))?.physicalName]),
      ),
      consoleUrl: `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/statemachines/view/${machine?.arn}`,
    });
  });

  it("keeps the rules for deployed resources", () => {
    checkResources(program, {});
    checkRoles(program);
    checkTags(program, TAGS);
  });

  for (const { config, gone = [], changes } of VARIANTS) {
    // Two of these add resources, and one removes some.
    const mark = QUICK.some((key) => key in config) ? "" : ` ${SLOW}`;
    it(`differs with ${JSON.stringify(config)} only in these properties, and keeps the rules${mark}`, async () => {
      const changed = await evaluateProgram(config);
      checkResources(changed, config);
      checkRoles(changed);
      checkTags(changed, TAGS);
      const other = await snapshot(changed);

      for (const name of gone) {
        expect(registered).to.have.property(name);
        expect(other).not.to.have.property(name);
      }
      const left = Object.entries(registered).filter(([name]) => !gone.includes(name));
      const found = { ...differences(Object.fromEntries(left), other) };
      const { kmsKey } = config;
      if (kmsKey !== undefined) {
        const Resource = [kmsKey === "create" ? "<arn of kms.Key orders>" : kmsKey];
        for (const [name, { at, added }] of Object.entries(KEY_STATEMENTS)) {
          const path = `iam.RolePolicy ${name}.policy.Statement`;
          const [before, after] = found[path] as [unknown[], unknown[]];
          expect(after).to.deep.equal(before.toSpliced(at, 0, ...added.map((each) => ({ ...each, Resource }))));
          // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
          delete found[path];
        }
      }
      expect(found).to.deep.equal(changes);
    });
  }
});
