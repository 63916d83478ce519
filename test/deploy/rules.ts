// The rules for all deployed resources, with any config and any saga.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Program, Resource } from "../../saga/local/program";

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

/** Actions that AWS allows only on `*`, according to the service authorization reference. */
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

/** ARNs that may contain a wildcard: versions, streams and executions do not exist yet. */
const OPEN: readonly (readonly [action: RegExp, resource: RegExp])[] = [
  [/^lambda:InvokeFunction$/, /^arn:aws:lambda:[^*]+:function:[^*:]+:\*$/],
  [/^logs:(CreateLogStream|PutLogEvents)$/, /^arn:aws:logs:[^*]+:log-group:[^*:]+:\*$/],
  [
    /^states:(DescribeExecution|DescribeStateMachineForExecution|StopExecution|GetExecutionHistory|RedriveExecution)$/,
    /^arn:aws:states:[^*]+:execution:[^*:]+:\*$/,
  ],
];

/** Wildcards from the documentation of KMS: for ReEncryptFrom and ReEncryptTo, and for the GenerateDataKey actions. */
const FAMILIES = ["kms:ReEncrypt*", "kms:GenerateDataKey*"];

function checkPolicy({ policy }: { policy: unknown }): void {
  for (const { Effect, Action, Resource } of statementsOf(policy)) {
    expect(Effect).to.equal("Allow");
    expect(list(Action), "an empty list is no policy to AWS").not.to.be.empty;
    expect(list(Resource), "an empty list is no policy to AWS").not.to.be.empty;
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
}

/** The rules of each type. A type without rules is refused: decide on its rules, then add it. */
const RULES: Readonly<Record<string, (inputs: any, at: { config: Readonly<Record<string, string>> }) => void>> = {
  "aws:dynamodb/table:Table"({ pointInTimeRecovery, serverSideEncryption, deletionProtectionEnabled }, { config }) {
    expect(pointInTimeRecovery).to.deep.equal({ enabled: true });
    expect(deletionProtectionEnabled).to.equal(config["deletionProtection"] !== "false");
    // DynamoDB encrypts every table, by default with its own key. An omitted property would keep its old value.
    expect(serverSideEncryption.enabled).to.equal(config["kmsKey"] !== undefined);
    expect("kmsKeyArn" in serverSideEncryption).to.equal(config["kmsKey"] !== undefined);
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
  "aws:iam/rolePolicy:RolePolicy": checkPolicy,
  "aws:iam/policy:Policy": checkPolicy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment"({ policyArn }) {
    expect(policyArn, "one of the program's own").to.match(/^arn:aws:iam::000000000000:policy\//);
  },
  "aws:lambda/function:Function"({ role, loggingConfig, tracingConfig, publish, environment, vpcConfig }) {
    expect(role).to.match(/^arn:aws:iam::\d{12}:role\//);
    expect(loggingConfig.logGroup).to.match(/^\/aws\/lambda\//);
    expect(tracingConfig).to.deep.equal({ mode: "Active" });
    // A definition names versions of functions. A rule invokes a function without a version.
    expect(publish).to.equal(environment && true);
    if (environment) expect(Object.keys(environment.variables), "no secrets").to.deep.equal(["TABLE_NAME"]);
    expect(vpcConfig).to.equal(undefined);
  },
  "aws:sfn/stateMachine:StateMachine"({ loggingConfiguration, tracingConfiguration, ...rest }, { config }) {
    expect(loggingConfiguration.level).not.to.equal("OFF");
    expect(loggingConfiguration.includeExecutionData).to.equal(config["logExecutionData"] === "true");
    expect(tracingConfiguration).to.deep.equal({ enabled: true });
    expect(rest.publish).to.equal(true);
    const encryption = config["kmsKey"] ? "CUSTOMER_MANAGED_KMS_KEY" : "AWS_OWNED_KEY";
    expect(rest.encryptionConfiguration).to.include({ type: encryption });
  },
  "aws:sqs/queue:Queue"({ sqsManagedSseEnabled, kmsMasterKeyId, policy }) {
    expect([sqsManagedSseEnabled, kmsMasterKeyId, policy]).to.deep.equal([true, undefined, undefined]);
  },
  "aws:sqs/queuePolicy:QueuePolicy"({ policy }) {
    for (const { Effect, Action, Principal, Condition } of statementsOf(policy)) {
      expect({ Effect, Action, Principal }).to.deep.equal({
        Effect: "Allow",
        Action: "sqs:SendMessage",
        Principal: { Service: "events.amazonaws.com" },
      });
      expect(Condition)
        .to.have.nested.property("ArnEquals.aws:SourceArn")
        .that.matches(/^arn:aws:events:[^*]+:rule\//);
    }
  },
  "aws:lambda/permission:Permission"({ principal, sourceArn }) {
    expect(principal).to.equal("events.amazonaws.com");
    expect(sourceArn, "not any rule's").to.match(/^arn:aws:events:[^*]+:rule\//);
  },
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"({ destinationConfig, maximumRetryAttempts }) {
    // The schedule calls the function again, so it needs no dead letter queue.
    if (maximumRetryAttempts === 0) expect(destinationConfig).to.equal(undefined);
    else expect(destinationConfig.onFailure.destination, "nothing is lost").to.match(/^arn:aws:sqs:/);
  },
  "aws:cloudwatch/eventRule:EventRule"({ eventPattern, scheduleExpression, state }) {
    expect(state).to.equal(undefined);
    if (scheduleExpression !== undefined) {
      expect([scheduleExpression, eventPattern]).to.deep.equal(["rate(5 minutes)", undefined]);
      return;
    }
    const [arn, ...others] = JSON.parse(eventPattern).detail.stateMachineArn;
    expect(arn).to.match(/:stateMachine:[^:*]+$/);
    expect(others, "one machine's, in any version").to.deep.equal([{ prefix: `${arn}:` }]);
  },
  "aws:cloudwatch/eventTarget:EventTarget"({ input, inputTransformer, deadLetterConfig }) {
    if (input !== undefined) {
      expect(Object.keys(JSON.parse(input)), "whose executions are looked at").to.include("machineArn");
      return;
    }
    expect(Object.keys(inputTransformer.inputPaths), "no card numbers").to.deep.equal(["executionArn", "stopDate"]);
    expect(deadLetterConfig.arn, "nothing is lost").to.match(/^arn:aws:sqs:/);
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
  "aws:cloudwatch/dashboard:Dashboard"({ dashboardBody }) {
    for (const { properties } of JSON.parse(dashboardBody).widgets)
      expect(properties.metrics, properties.title).to.be.an("array").that.is.not.empty;
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm"({ alarmActions, alarmDescription, metricQueries = [] }) {
    expect(metricQueries.filter(({ metric }: { metric?: object }) => metric).length).to.be.at.most(10);
    expect(alarmActions).to.have.length(1);
    expect(alarmDescription).to.be.a("string").that.is.not.empty;
  },
};

/** Types that can't be too open, unencrypted or unlogged. */
const HARMLESS = [
  "aws:sfn/alias:Alias",
  "aws:sns/topic:Topic",
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:cloudwatch/logMetricFilter:LogMetricFilter",
  "aws:appautoscaling/target:Target",
  "aws:appautoscaling/policy:Policy",
];

/** Whether a type has tags, according to the provider's code. */
function taggable(type: string): boolean {
  const [, path] = /^aws:(\w+\/\w+):/.exec(type) as unknown as [string, string];
  return /resourceInputs\["tags"\]/.test(readFileSync(require.resolve(`@pulumi/aws/${path}`), "utf8"));
}

type Config = Readonly<Record<string, string>>;
const deployed = ({ resources }: Program): readonly Resource[] =>
  resources.filter(({ physicalName }) => physicalName !== undefined);

/** Checks that every type is known, and that every resource keeps the rules of its type. */
export function checkResources(program: Program, config: Config): void {
  for (const { type, name, inputs } of deployed(program)) {
    expect(type, name).to.be.oneOf([...Object.keys(RULES), ...HARMLESS]);
    RULES[type]?.(inputs, { config });
  }
}

/** Checks that each function and each machine has its own role, and each role one policy and its overflow. */
export function checkRoles(program: Program): void {
  const all = deployed(program);
  const users = all.filter(({ type }) => /:(Function|StateMachine)$/.test(type));
  const taken = users.map(({ inputs }) => inputs["role"] ?? inputs["roleArn"]);
  expect(new Set(taken).size).to.equal(users.length);
  const roles = all.filter(({ type }) => type === "aws:iam/role:Role");
  expect(roles.map(({ arn }) => arn)).to.have.members(taken);
  const policies = all.filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy");
  // A machine's policy for a key names the machine, so it is separate from the policy that must exist before the machine. A
  // function's policy for a key is separate, so that it does not wait for the table.
  const first = policies.filter(({ name }) => !/-key(-|$)/.test(name));
  expect(first.map(({ inputs }) => inputs["role"])).to.have.members(roles.map(({ physicalName }) => physicalName));
  for (const { name, physicalName } of roles) {
    const inline = policies.filter(({ inputs }) => inputs["role"] === physicalName);
    const text = inline.map(({ inputs }) => inputs["policy"]).join("");
    expect(text.length, `the policies that stand in the role ${name}`).to.be.at.most(10_240);
    const attached = all.filter(({ type, inputs }) => type.endsWith("Attachment") && inputs["role"] === physicalName);
    expect(attached.length, `the policies that are attached to the role ${name}`).to.be.at.most(10);
  }
  for (const { name, inputs } of all.filter(({ type }) => type === "aws:iam/policy:Policy"))
    expect((inputs["policy"] as string).length, name).to.be.at.most(6_144);
}

/** Checks that every resource that can have tags has these. A function has its task's name too. */
export function checkTags(program: Program, tags: Config): void {
  const tagged = deployed(program).filter(({ type }) => taggable(type));
  expect(tagged.length).to.be.above(20);
  for (const { type, name, inputs } of tagged) {
    const { task, ...rest } = inputs["tags"] as Config;
    expect(rest, `${type} ${name}`).to.deep.equal(tags);
    if (task !== undefined) expect(name).to.match(new RegExp(`-${task}$`));
  }
}
