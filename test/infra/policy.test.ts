import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { evaluateProgram, type Program, type Resource } from "../../local/program";
import { VARIANTS } from "./variants";

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);
const statementsOf = (json: unknown): readonly Statement[] =>
  (JSON.parse(json as string) as { Statement: Statement[] }).Statement;

/** What AWS allows on `*` alone, as its service authorization reference has it. */
const ON_ANYTHING = [
  "logs:CreateLogDelivery",
  "logs:GetLogDelivery",
  "logs:UpdateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:DescribeResourcePolicies",
  "logs:DescribeLogGroups",
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
];

/** Where a part of an ARN may be left open: versions, streams and executions have no names yet. */
const OPEN: readonly (readonly [action: RegExp, resource: RegExp])[] = [
  [/^lambda:InvokeFunction$/, /^arn:aws:lambda:[^*]+:function:[^*:]+:\*$/],
  [/^logs:(CreateLogStream|PutLogEvents)$/, /^arn:aws:logs:[^*]+:log-group:[^*:]+:\*$/],
  [/^states:(Describe|Stop)Execution$/, /^arn:aws:states:[^*]+:execution:[^*:]+:\*$/],
];

/** Families of actions that KMS names so itself: ReEncryptFrom and ReEncryptTo, GenerateDataKey with and without plaintext. */
const FAMILIES = ["kms:ReEncrypt*", "kms:GenerateDataKey*"];

/** What each type must hold to. A type that is not here is not allowed: think what it must hold to, then add it. */
const RULES: Readonly<Record<string, (inputs: any, at: { config: Readonly<Record<string, string>> }) => void>> = {
  "aws:dynamodb/table:Table"({ pointInTimeRecovery, serverSideEncryption, deletionProtectionEnabled }, { config }) {
    expect(pointInTimeRecovery).to.deep.equal({ enabled: true });
    expect(deletionProtectionEnabled).to.equal(config["deletionProtection"] !== "false");
    // DynamoDB encrypts every table; with its own key where none is named.
    if (config["kmsKey"]) expect(serverSideEncryption).to.include({ enabled: true }).and.have.property("kmsKeyArn");
  },
  "aws:cloudwatch/logGroup:LogGroup"({ retentionInDays, kmsKeyId, skipDestroy }, { config }) {
    expect(retentionInDays).to.be.a("number").above(0);
    expect(skipDestroy).to.equal(undefined);
    if (config["kmsKey"]) expect(kmsKeyId).to.match(/^arn:aws:kms:/);
  },
  "aws:iam/role:Role"({ assumeRolePolicy, managedPolicyArns, inlinePolicies }) {
    expect([managedPolicyArns, inlinePolicies], "what a role may is said by its one RolePolicy").to.deep.equal([
      undefined,
      undefined,
    ]);
    for (const { Effect, Action, Principal } of statementsOf(assumeRolePolicy)) {
      expect({ Effect, Action }).to.deep.equal({ Effect: "Allow", Action: "sts:AssumeRole" });
      expect(Object.keys(Principal as object)).to.deep.equal(["Service"]);
      expect((Principal as { Service: unknown }).Service).to.be.oneOf(["lambda.amazonaws.com", "states.amazonaws.com"]);
    }
  },
  "aws:iam/rolePolicy:RolePolicy"({ policy }) {
    for (const { Effect, Action, Resource } of statementsOf(policy)) {
      expect(Effect).to.equal("Allow");
      expect(list(Action), "an empty list is no policy to AWS").not.to.be.empty;
      for (const action of list(Action)) {
        if (!FAMILIES.includes(action)) expect(action).to.match(/^[a-z0-9]+:[A-Za-z]+$/);
        for (const resource of list(Resource)) {
          if (resource === "*") expect(action).to.be.oneOf(ON_ANYTHING);
          else if (resource.includes("*")) {
            expect(
              OPEN.some(([what, where]) => what.test(action) && where.test(resource)),
              `${action} on ${resource}`,
            ).to.equal(true);
          }
        }
      }
    }
  },
  "aws:lambda/function:Function"({ role, loggingConfig, tracingConfig, publish, environment, vpcConfig }) {
    expect(role).to.match(/^arn:aws:iam::\d{12}:role\//);
    expect(loggingConfig.logGroup).to.match(/^\/aws\/lambda\//);
    expect(tracingConfig).to.deep.equal({ mode: "Active" });
    expect(publish).to.equal(true);
    expect(Object.keys(environment.variables), "no secrets").to.deep.equal(["TABLE_NAME"]);
    expect(vpcConfig).to.equal(undefined);
  },
  "aws:sfn/stateMachine:StateMachine"({ loggingConfiguration, tracingConfiguration, ...rest }, { config }) {
    expect(loggingConfiguration.level).not.to.equal("OFF");
    expect(loggingConfiguration.includeExecutionData).to.equal(config["logExecutionData"] === "true");
    expect(tracingConfiguration).to.deep.equal({ enabled: true });
    expect(rest.publish).to.equal(true);
    if (config["kmsKey"]) expect(rest.encryptionConfiguration).to.include({ type: "CUSTOMER_MANAGED_KMS_KEY" });
  },
  "aws:sns/topicPolicy:TopicPolicy"({ policy }) {
    for (const { Principal, Condition } of statementsOf(policy)) {
      expect(Principal).to.deep.equal({ Service: "cloudwatch.amazonaws.com" });
      expect(Condition).to.deep.equal({ StringEquals: { "aws:SourceAccount": "000000000000" } });
    }
  },
  "aws:kms/key:Key"({ policy, enableKeyRotation, deletionWindowInDays }) {
    expect(enableKeyRotation).to.equal(true);
    expect(deletionWindowInDays).to.equal(30);
    for (const { Principal, Condition } of statementsOf(policy)) {
      const { AWS, Service } = Principal as { AWS?: string; Service?: string };
      if (AWS !== undefined) expect(AWS).to.equal("arn:aws:iam::000000000000:root");
      else
        expect([Service, Condition]).to.satisfy(
          ([who, only]: unknown[]) => /logs/.test(who as string) && Boolean(only),
        );
    }
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm"({ alarmActions, alarmDescription }) {
    expect(alarmActions).to.have.length(1);
    expect(alarmDescription).to.be.a("string").that.is.not.empty;
  },
};

/** Types with nothing in them that could be open, unencrypted or unlogged. */
const HARMLESS = [
  "aws:sfn/alias:Alias",
  "aws:sns/topic:Topic",
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:cloudwatch/logMetricFilter:LogMetricFilter",
  "aws:cloudwatch/dashboard:Dashboard",
  "aws:appautoscaling/target:Target",
  "aws:appautoscaling/policy:Policy",
];

/** Whether a type takes tags, by the provider's own code. */
function taggable(type: string): boolean {
  const [, path] = /^aws:(\w+\/\w+):/.exec(type) as unknown as [string, string];
  return /resourceInputs\["tags"\]/.test(readFileSync(require.resolve(`@pulumi/aws/${path}`), "utf8"));
}

const SERVICE_ENDPOINTS: Readonly<Record<string, string>> = {
  // The provider files log groups and their filters under CloudWatch, and calls another service for them.
  "aws:cloudwatch/logGroup:LogGroup": "logs",
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": "logs",
};
const serviceOf = ({ type }: Resource): string => SERVICE_ENDPOINTS[type] ?? (/^aws:(\w+)\//.exec(type)?.[1] as string);

const programs: readonly { name: string; config: Readonly<Record<string, string>>; path?: string }[] = [
  { name: "by default", config: {} },
  ...VARIANTS.map(({ config }) => ({ name: `with ${JSON.stringify(config)}`, config })),
  { name: "of a family of sagas", config: { deletionProtection: "false" }, path: join(__dirname, "family.ts") },
  {
    name: "of the trip saga",
    config: { deletionProtection: "false" },
    path: join(__dirname, "../../examples/trip/index.ts"),
  },
];

describe("what is deployed", function () {
  this.timeout(60_000);
  const { config: emulator } = parse(readFileSync(join(__dirname, "../../Pulumi.local.yaml"), "utf8")) as {
    config: { "aws:endpoints": Readonly<Record<string, string>>[] };
  };

  for (const { name, config, path } of programs) {
    describe(name, () => {
      let program: Program;
      let resources: readonly Resource[];
      before(async () => {
        program = await evaluateProgram(config, path);
        resources = program.resources.filter(({ physicalName }) => physicalName !== undefined);
      });

      it("holds to the rules of its types, and is of no other type", () => {
        for (const { type, name: of, inputs } of resources) {
          expect(type, of).to.be.oneOf([...Object.keys(RULES), ...HARMLESS]);
          RULES[type]?.(inputs, { config });
        }
      });

      it("gives each function and machine a role of its own, with one policy", () => {
        const users = resources.filter(({ type }) => /:(Function|StateMachine)$/.test(type));
        const roles = users.map(({ inputs }) => inputs["role"] ?? inputs["roleArn"]);
        expect(new Set(roles).size).to.equal(users.length);
        const own = resources.filter(({ type }) => type === "aws:iam/role:Role");
        expect(own.map(({ arn }) => arn)).to.have.members(roles);
        const policies = resources.filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy");
        expect(policies.map(({ inputs }) => inputs["role"])).to.have.members(
          own.map(({ physicalName }) => physicalName),
        );
      });

      it("has the stack's tags on everything that takes tags", () => {
        const tagged = resources.filter(({ type }) => taggable(type));
        expect(tagged.length).to.be.above(20);
        // A program that names no tags has none: those of the stack are `index.ts`'s to give.
        if (path !== undefined) return;
        for (const { type, name: of, inputs } of tagged) {
          expect(inputs["tags"], `${type} ${of}`).to.deep.equal({ project: "saga-aws-pulumi", stack: "local" });
        }
      });

      it("is of services for which Pulumi.local.yaml has an endpoint", () => {
        const [endpoints] = emulator["aws:endpoints"] as [Readonly<Record<string, string>>];
        expect([...new Set(resources.map(serviceOf))].filter((service) => !(service in endpoints))).to.deep.equal([]);
      });
    });
  }
});

describe("Pulumi.local.yaml", () => {
  const { config } = parse(readFileSync(join(__dirname, "../../Pulumi.local.yaml"), "utf8")) as {
    config: Record<string, any>;
  };

  it("sends every service to one emulator, with credentials that open nothing else", () => {
    expect(new Set(Object.values(config["aws:endpoints"][0]))).to.deep.equal(new Set(["http://localhost:4566"]));
    expect(config["aws:endpoints"][0], "whose account it is is asked at the start").to.have.property("sts");
    expect([config["aws:accessKey"], config["aws:secretKey"]]).to.deep.equal(["test", "test"]);
    for (const skip of ["skipCredentialsValidation", "skipMetadataApiCheck", "s3UsePathStyle"]) {
      expect(String(config[`aws:${skip}`]), skip).to.equal("true");
    }
  });

  it("names settings and endpoints that the provider has", () => {
    const types = readFileSync(require.resolve("@pulumi/aws/config/vars.d.ts"), "utf8");
    const endpoints = readFileSync(require.resolve("@pulumi/aws/types/output.d.ts"), "utf8");
    const known = new Set([...endpoints.matchAll(/^ {8}(\w+)\??: string;$/gm)].map(([, each]) => each));
    for (const key of Object.keys(config).filter((each) => each.startsWith("aws:"))) {
      expect(types).to.match(new RegExp(`const ${key.slice(4)}:`));
    }
    for (const service of Object.keys(config["aws:endpoints"][0])) expect(known.has(service), service).to.equal(true);
  });
});
