import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { evaluateProgram, type Resource } from "../../saga/local/program";
import { checkResources, checkRoles } from "./rules";

const SERVICE_ENDPOINTS: Readonly<Record<string, string>> = {
  // The provider has these in its CloudWatch module, but calls another service for them.
  "aws:cloudwatch/logGroup:LogGroup": "logs",
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": "logs",
  // EventBridge's rules and targets are in the provider's CloudWatch module, from before EventBridge had its name.
  "aws:cloudwatch/eventRule:EventRule": "events",
  "aws:cloudwatch/eventTarget:EventTarget": "events",
};
const serviceOf = ({ type }: Resource): string => SERVICE_ENDPOINTS[type] ?? (/^aws:(\w+)\//.exec(type)?.[1] as string);

/** Config for resources that the default program lacks: a key, a scaled table, a subscription. */
const EVERYTHING = {
  kmsKey: "create",
  tableBilling: "provisioned",
  tableMinUnits: "1",
  tableMaxUnits: "2",
  alarmEmail: "sagas@example.com",
};

describe("the rules for deployed resources", function () {
  this.timeout(60_000);

  for (const path of ["test/deploy/family.ts", "examples/trip/index.ts"]) {
    it(`hold for the program ${path}`, async () => {
      const program = await evaluateProgram({}, join(__dirname, "../..", path));
      checkResources(program, { deletionProtection: "false" });
      checkRoles(program);
    });
  }

  it("refuse a function without a role, which Pulumi gives nine policies for nearly everything", async () => {
    const program = await evaluateProgram({}, join(__dirname, "careless.ts"));
    const attached = program.resources.filter(
      ({ type }) => type === "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    );
    expect(attached).to.have.length(9);
    expect(() => {
      checkResources(program, {});
    }).to.throw("one of the program's own: expected 'arn:aws:iam::aws:policy/");
  });

  it("hold for a saga that only calls a service: its dashboard shows no functions", async () => {
    const program = await evaluateProgram({}, join(__dirname, "services.ts"));
    checkResources(program, {});
    const dashboard = program.resources.find(({ type }) => type === "aws:cloudwatch/dashboard:Dashboard");
    const { widgets } = JSON.parse(dashboard?.inputs["dashboardBody"] as string) as { widgets: any[] };
    expect(widgets.map(({ x, y, properties: { title } }) => [x, y, title])).to.deep.equal([
      [0, 0, "Executions"],
      [12, 0, "How long an execution takes, in ms: the median, and the longest"],
      [0, 6, "State transitions that are throttled"],
    ]);
  });

  it("hold for a saga of queries that is deployed as EXPRESS", async () => {
    const program = await evaluateProgram({}, join(__dirname, "express.ts"));
    checkResources(program, {});
    const machine = program.resources.find(({ type }) => type === "aws:sfn/stateMachine:StateMachine");
    expect(machine?.inputs).to.include({ type: "EXPRESS", publish: true });
  });

  it("refuse permissions that are too wide", () => {
    const policy = (Action: string[], Resource: string[]) => ({
      resources: [
        {
          type: "aws:iam/rolePolicy:RolePolicy",
          name: "wide",
          physicalName: "wide",
          inputs: { policy: JSON.stringify({ Statement: [{ Effect: "Allow", Action, Resource }] }) },
        },
      ],
      outputs: {},
    });
    const lambda = "arn:aws:lambda:eu-west-1:000000000000:function:createOrder-1234567";
    checkResources(policy(["lambda:InvokeFunction"], [lambda, `${lambda}:*`]), {});
    for (const [actions, resources] of [
      [["dynamodb:GetItem"], ["*"]],
      [["dynamodb:*"], ["arn:aws:dynamodb:eu-west-1:000000000000:table/orders"]],
      [["dynamodb:GetItem"], ["arn:aws:dynamodb:eu-west-1:000000000000:table/*"]],
      [["lambda:InvokeFunction"], ["arn:aws:lambda:eu-west-1:000000000000:function:*"]],
      [[], ["arn:aws:dynamodb:eu-west-1:000000000000:table/orders"]],
    ] as const) {
      expect(() => {
        checkResources(policy([...actions], [...resources]), {});
      }, `${actions.join()} on ${resources.join()}`).to.throw();
    }
  });
});

describe("Pulumi.local.yaml", function () {
  this.timeout(60_000);
  const { config } = parse(readFileSync(join(__dirname, "../../Pulumi.local.yaml"), "utf8")) as {
    config: Record<string, any>;
  };

  it("has an endpoint for the service of each of the program's resources", async () => {
    const program = await evaluateProgram(EVERYTHING);
    const services = program.resources.filter(({ physicalName }) => physicalName !== undefined).map(serviceOf);
    expect(config["aws:endpoints"][0]).to.include.all.keys(...services);
    expect(new Set(services).size).to.equal(11);
  });

  it("sends every service to one emulator, with credentials that are valid nowhere else", () => {
    expect(new Set(Object.values(config["aws:endpoints"][0]))).to.deep.equal(new Set(["http://localhost:4566"]));
    expect(config["aws:endpoints"][0], "whose account it is is asked at the start").to.have.property("sts");
    expect([config["aws:accessKey"], config["aws:secretKey"]]).to.deep.equal(["test", "test"]);
    for (const skip of ["skipCredentialsValidation", "skipMetadataApiCheck", "s3UsePathStyle"]) {
      expect(String(config[`aws:${skip}`]), skip).to.equal("true");
    }
  });

  it("has only settings and endpoints of the provider", () => {
    const types = readFileSync(require.resolve("@pulumi/aws/config/vars.d.ts"), "utf8");
    const endpoints = readFileSync(require.resolve("@pulumi/aws/types/output.d.ts"), "utf8");
    const known = new Set([...endpoints.matchAll(/^ {8}(\w+)\??: string;$/gm)].map(([, each]) => each));
    for (const key of Object.keys(config).filter((each) => each.startsWith("aws:"))) {
      expect(types).to.match(new RegExp(`const ${key.slice(4)}:`));
    }
    for (const service of Object.keys(config["aws:endpoints"][0])) expect(known.has(service), service).to.equal(true);
  });
});
