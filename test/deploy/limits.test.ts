import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { SagaStateMachine, sagaTable } from "../../saga";
import { checkGraphs } from "../../saga/deploy/limits";
import { usesMachineKey } from "../../saga/deploy/encryption";
import { allow, grant, pack, type Statement } from "../../saga/deploy/policy";
import { checkVersion } from "../../saga/deploy/versions";
import { LocalCloud } from "../../saga/local/cloud";
import { authorizer } from "../../saga/local/iam/authorizer";
import { evaluateProgram } from "../../saga/local/program";
import { orderFulfilment } from "../../orderFulfilment";
import { checkResources, checkRoles } from "./rules";
import { SLOW } from "../slow";

describe("the limits of AWS", function () {
  this.timeout(120_000);

  it(`allow a saga of 64 steps with undos, all of whose functions its role may call ${SLOW}`, async () => {
    process.env["STEPS"] = "64";
    const program = await evaluateProgram({}, join(__dirname, "wide.ts")).finally(() => delete process.env["STEPS"]);
    checkResources(program, {});
    checkRoles(program);
    const { resources } = program;
    expect(resources.filter(({ type }) => type === "aws:iam/policy:Policy").map(({ name }) => name)).to.have.members([
      "Wide-2",
      "Wide-3",
    ]);
    const role = resources.find(({ type, name }) => type === "aws:iam/role:Role" && name === "Wide");
    const caller = { roleArn: role?.arn as string, session: "s" };
    const versions = resources.flatMap(({ type, versionArn }) =>
      type === "aws:lambda/function:Function" && versionArn !== undefined ? [versionArn] : [],
    );
    expect(versions).to.have.length(128);
    const authorize = authorizer(program);
    for (const version of versions)
      expect(await authorize(caller, "lambda:InvokeFunction", version)).to.equal(undefined);

    const cloud = await LocalCloud.start(program);
    try {
      const { report } = await cloud.execute({ order_id: "1" });
      expect(report.outcome).to.equal("completed");
      expect(report.path).to.have.length(64);
    } finally {
      await cloud.close();
    }
  });

  it("are kept by an alarm for each ten state machines", async () => {
    const program = await evaluateProgram({}, join(__dirname, "children.ts"));
    checkResources(program, {});
    const alarms = program.resources.filter(
      ({ type, name }) => type.endsWith(":MetricAlarm") && /^Parent-throttled/.test(name),
    );
    const watched = alarms.map(({ inputs }) =>
      (inputs["metricQueries"] as any[]).flatMap(({ metric }) => metric?.dimensions.StateMachineArn ?? []),
    );
    expect(alarms.map(({ name }) => name)).to.have.members(["Parent-throttled", "Parent-throttled-2"]);
    expect(watched.map((arns) => arns.length)).to.have.members([10, 2]);
    const machines = program.resources.filter(({ type }) => type.endsWith(":StateMachine"));
    expect(watched.flat()).to.have.members(machines.map(({ arn }) => arn));
  });

  describe("are checked before anything is created:", () => {
    before(async () => {
      const mocks = {
        newResource: ({ name }: { name: string }) => ({ id: name, state: { name, arn: name } }),
        call: () => ({}),
      };
      await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
    });
    /** The message that the user reads. */
    const refusal = (deploy: () => unknown): string => {
      try {
        deploy();
      } catch (error) {
        expect(pulumi.RunError.isInstance(error), "an error that is told without a stack").to.equal(true);
        return (error as Error).message;
      }
      return "";
    };

    it("policies of a role", () => {
      const role = new aws.iam.Role("Sale", { assumeRolePolicy: "{}" });
      const calls = (functions: number): readonly Statement[] => [
        {
          actions: ["lambda:InvokeFunction"],
          resources: Array.from({ length: functions }, () => pulumi.output("arn")),
        },
      ];
      const made = (functions: number) => grant("Sale", { role, statements: calls(functions), tags: {} }, {}).length;
      expect([made(70), made(80), made(500)]).to.deep.equal([1, 2, 11]);
      expect(refusal(() => made(600))).to.equal(
        "'Sale': what it calls takes 12 managed policies, and IAM gives a role 10: have child sagas run some of its steps",
      );
    });

    it("policies of a role, with room for that of its machine's key", async () => {
      const arn = pulumi.output(`arn:aws-us-gov:states:us-gov-west-1:000000000000:stateMachine:${"x".repeat(64)}`);
      const key = pulumi.output(
        "arn:aws-us-gov:kms:us-gov-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      );
      const resources = Array.from({ length: 100 }, () => arn);
      const [inline = []] = pack([{ actions: ["lambda:InvokeFunction"], resources }]);
      const policies = [allow(...inline), allow(usesMachineKey(key, arn))];
      const texts = await Promise.all(
        policies.map((policy) => (policy as unknown as { promise: () => Promise<string> }).promise()),
      );
      expect(texts.join("").length).to.be.within(9_500, 10_240);
    });

    it("the size of a graph", () => {
      expect(
        refusal(() => {
          checkGraphs("Sale", 500);
        }),
      ).to.equal("");
      expect(
        refusal(() => {
          checkGraphs("Sale", 501);
        }),
      ).to.equal(
        "'Sale': it has 501 functions and state machines, and a graph of CloudWatch's shows 500: split the saga, and have one part start the other",
      );
    });

    it("tags", () => {
      const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
      const tagged = (tags: Readonly<Record<string, string>>) =>
        refusal(() => new SagaStateMachine("Sale", { saga: orderFulfilment, table, tags }));
      expect(tagged({ "cost centre": "Köln/4711 (EU)" })).to.equal(
        '\'Sale\': Step Functions takes no tag "cost centre" with the value "Köln/4711 (EU)": use letters, digits, spaces and _.:/=+-@, 128 characters at most for a key that does not begin with aws:, and 256 for its value',
      );
      expect(tagged({ "aws:team": "shop" })).to.contain('no tag "aws:team"');
      expect(tagged({ team: "x".repeat(257) })).to.contain('no tag "team"');
      expect(tagged(Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`key${at}`, "x"])))).to.equal(
        "'Sale': it has 50 tags, and AWS takes 49 beside its own: leave some out",
      );
    });
  });

  describe("a previousVersion", () => {
    const told: string[] = [];
    const check = (previousVersion: number, list: () => Promise<readonly string[]>) =>
      checkVersion("Sale", "arn:sale", { previousVersion }, { list, warn: (message) => told.push(message) });
    const nine = () => Promise.resolve([9, 8, 7, 6, 5, 3].map((version) => `arn:sale:${version}`));

    it("is one of the state machine's", async () => {
      await check(9, nine);
      await check(3, nine);
      for (const version of [4, 10]) {
        const error = await check(version, nine).catch((thrown: unknown) => thrown as Error);
        expect(pulumi.RunError.isInstance(error)).to.equal(true);
        // As Pulumi does with promises in inputs.
        (error as Error).message = `error serializing property "x": ${(error as Error).message}`;
        expect((error as Error).message).to.equal(
          `'Sale': its state machine has no version ${version}: set previousVersion to one that it has, such as 9, 8 or 7`,
        );
      }
      expect(told).to.deep.equal([]);
    });

    it("is left to AWS if it can't be looked up", async () => {
      await check(12, () => Promise.reject(new Error("no credentials")));
      expect(told).to.deep.equal([
        "'Sale': whether its state machine has a version 12 can't be looked up: no credentials",
      ]);
    });

    it("is looked up by the program", async () => {
      let asked: readonly unknown[] = [];
      const mocks: pulumi.runtime.Mocks = {
        newResource: ({ name, inputs }) => ({ id: name, state: { ...(inputs as object), name, arn: `arn:${name}` } }),
        call: ({ token, inputs }) => {
          asked = [token, inputs];
          return { statemachineVersions: ["arn:Sale:7"] };
        },
      };
      await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
      const shifting = { trafficPercent: 10, previousVersion: 7 };
      const { arn } = new SagaStateMachine("Sale", {
        saga: orderFulfilment,
        table: sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" }),
        ...shifting,
      });
      await new Promise((resolve) => arn.apply(resolve));
      await pulumi.runtime.disconnect();
      expect(asked).to.deep.equal([
        "aws:sfn/getStateMachineVersions:getStateMachineVersions",
        { statemachineArn: "arn:Sale" },
      ]);
    });
  });

  it("are kept by policies with whole statements of any size", () => {
    const arn = (at: number) => `arn:aws:lambda:eu-west-1:000000000000:function:${"x".repeat(at % 60)}${at}:*`;
    const statements: readonly Statement[] = [
      { actions: ["logs:PutLogEvents"], resources: ["*"] },
      { actions: ["lambda:InvokeFunction"], resources: Array.from({ length: 150 }, (_, at) => arn(at)) },
      {
        actions: ["states:StartExecution", "states:StopExecution"],
        resources: Array.from({ length: 90 }, (_, at) => arn(at)),
        conditions: { StringEquals: { "aws:SourceAccount": ["1", "2"] } },
      },
    ];
    const packed = pack(statements);
    const text = (some: readonly Statement[]) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: some.map(({ actions, resources, conditions }) => ({
          Effect: "Allow",
          Action: actions,
          Resource: resources,
          ...(conditions && { Condition: conditions }),
        })),
      }).length;
    expect(packed.length).to.be.above(2);
    packed.forEach((some, at) => {
      expect(text(some)).to.be.within(at === packed.length - 1 ? 0 : 5_500, at === 0 ? 10_240 : 6_144);
    });
    const flat = (some: readonly Statement[]) =>
      some.flatMap(({ resources, ...rest }) => resources.map((resource) => ({ ...rest, resource })));
    expect(flat(packed.flat())).to.deep.equal(flat(statements));
  });
});
