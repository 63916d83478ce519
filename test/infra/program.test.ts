import { expect } from "chai";
import { RECOVERY } from "./recovery-resources";
import { evaluateProgram, type Program, type Resource } from "../../local/program";

const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  createOrder: ["UpdateItem", "GetItem"],
  deleteOrder: ["UpdateItem"],
  processPayment: ["UpdateItem", "GetItem"],
  refundPayment: ["UpdateItem"],
  processShipment: ["UpdateItem", "GetItem"],
  cancelShipment: ["UpdateItem"],
};

describe("the Pulumi program", () => {
  let program: Program;
  before(async () => {
    program = await evaluateProgram();
  });

  const find = (type: string, name: string): Resource => {
    const found = program.resources.filter((resource) => resource.type === type && resource.name === name);
    expect(found, `${type} ${name}`).to.have.length(1);
    return found[0] as Resource;
  };
  const policyOf = (name: string) => {
    const { policy, ...rest } = find("aws:iam/rolePolicy:RolePolicy", name).inputs;
    return { rest, policy: JSON.parse(policy as string) as unknown };
  };

  it("registers these resources and no others", () => {
    const perFunction = Object.keys(FUNCTIONS).flatMap((name) => [
      `saga:infra:TaskFunction ${name}`,
      `aws:cloudwatch/logGroup:LogGroup ${name}`,
      `aws:iam/role:Role ${name}`,
      `aws:iam/rolePolicy:RolePolicy ${name}`,
      `aws:lambda/function:Function ${name}`,
    ]);
    expect(program.resources.map(({ type, name }) => `${type} ${name}`)).to.have.members([
      "aws:dynamodb/table:Table orders",
      ...perFunction,
      "saga:infra:SagaStateMachine OrderFulfilment",
      "aws:cloudwatch/logGroup:LogGroup OrderFulfilment",
      "aws:iam/role:Role OrderFulfilment",
      "aws:iam/rolePolicy:RolePolicy OrderFulfilment",
      "aws:sfn/stateMachine:StateMachine OrderFulfilment",
      ...RECOVERY,
    ]);
  });

  it("makes the table on demand, recoverable, with a TTL, and protected", () => {
    expect(find("aws:dynamodb/table:Table", "orders").inputs).to.deep.equal({
      billingMode: "PAY_PER_REQUEST",
      hashKey: "order_id",
      rangeKey: "entity",
      attributes: [
        { name: "order_id", type: "S" },
        { name: "entity", type: "S" },
      ],
      ttl: { attributeName: "expires_at", enabled: true },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: true,
    });
  });

  for (const [name, actions] of Object.entries(FUNCTIONS)) {
    describe(`the function ${name}`, () => {
      it("has a role that only Lambda takes on", () => {
        const { assumeRolePolicy, ...rest } = find("aws:iam/role:Role", name).inputs;
        expect(rest).to.deep.equal({});
        expect(JSON.parse(assumeRolePolicy as string)).to.deep.equal({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
        });
      });

      it(`may ${actions.join(" and ")} on the table, write its own log, and nothing else`, () => {
        expect(policyOf(name)).to.deep.equal({
          rest: { role: find("aws:iam/role:Role", name).physicalName },
          policy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Action: actions.map((action) => `dynamodb:${action}`),
                Resource: [find("aws:dynamodb/table:Table", "orders").arn],
              },
              {
                Effect: "Allow",
                Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
                Resource: [`${find("aws:cloudwatch/logGroup:LogGroup", name).arn}:*`],
              },
            ],
          },
        });
      });

      it("keeps its log for the configured time", () => {
        expect(find("aws:cloudwatch/logGroup:LogGroup", name).inputs).to.deep.equal({
          namePrefix: `/aws/lambda/${name}-`,
          retentionInDays: 30,
        });
      });

      it("is small, on arm64, with explicit memory and timeout", async () => {
        const { code, ...inputs } = find("aws:lambda/function:Function", name).inputs;
        expect(inputs).to.deep.equal({
          architectures: ["arm64"],
          environment: { variables: { TABLE_NAME: find("aws:dynamodb/table:Table", "orders").physicalName } },
          handler: "__index.handler",
          loggingConfig: {
            logFormat: "Text",
            logGroup: find("aws:cloudwatch/logGroup:LogGroup", name).physicalName,
          },
          memorySize: 256,
          role: find("aws:iam/role:Role", name).arn,
          runtime: "nodejs22.x",
          timeout: 10,
        });
        const assets = await (code as { assets: Promise<Record<string, { text: Promise<string> }>> }).assets;
        expect(Object.keys(assets)).to.deep.equal(["__index.js"]);
        const text = await (assets["__index.js"] as { text: Promise<string> }).text;
        expect(text.length).to.be.below(40 * 1024);
        const required = [...text.matchAll(/require\(("[^"]*")\)/g)].map((match) => match[1]);
        expect(new Set(required)).to.have.all.keys(
          ...[
            '"@aws-sdk/client-dynamodb"',
            '"@aws-sdk/lib-dynamodb"',
            ...(text.includes("crypto") ? ['"crypto"'] : []),
          ],
        );
      });
    });
  }

  describe("the state machine", () => {
    it("has a role that only Step Functions takes on", () => {
      const { assumeRolePolicy, ...rest } = find("aws:iam/role:Role", "OrderFulfilment").inputs;
      expect(rest).to.deep.equal({});
      expect(JSON.parse(assumeRolePolicy as string)).to.deep.equal({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "states.amazonaws.com" } }],
      });
    });

    it("may invoke exactly the six functions, and on * only what AWS allows nowhere else", () => {
      expect(policyOf("OrderFulfilment")).to.deep.equal({
        rest: { role: find("aws:iam/role:Role", "OrderFulfilment").physicalName },
        policy: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: ["lambda:InvokeFunction"],
              Resource: [
                "createOrder",
                "processPayment",
                "processShipment",
                "cancelShipment",
                "refundPayment",
                "deleteOrder",
              ].map((name) => find("aws:lambda/function:Function", name).arn),
            },
            {
              Effect: "Allow",
              Action: [
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
              ],
              Resource: ["*"],
            },
            {
              Effect: "Allow",
              Action: [
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
              ],
              Resource: ["*"],
            },
          ],
        },
      });
    });

    it("is a Standard machine, logged without its data, and traced", () => {
      const { definition, ...inputs } = find("aws:sfn/stateMachine:StateMachine", "OrderFulfilment").inputs;
      expect(inputs).to.deep.equal({
        type: "STANDARD",
        roleArn: find("aws:iam/role:Role", "OrderFulfilment").arn,
        loggingConfiguration: {
          level: "ALL",
          includeExecutionData: false,
          logDestination: `${find("aws:cloudwatch/logGroup:LogGroup", "OrderFulfilment").arn}:*`,
        },
        tracingConfiguration: { enabled: true },
      });
      expect((definition as string).length).to.be.below(8 * 1024);
      expect(find("aws:cloudwatch/logGroup:LogGroup", "OrderFulfilment").inputs).to.deep.equal({
        namePrefix: "/aws/vendedlogs/states/OrderFulfilment-",
        retentionInDays: 30,
      });
    });

    it("invokes the deployed functions", () => {
      const { definition } = find("aws:sfn/stateMachine:StateMachine", "OrderFulfilment").inputs;
      const { States } = JSON.parse(definition as string) as {
        States: Record<string, { Arguments?: { FunctionName: string } }>;
      };
      const invoked = Object.entries(States).flatMap(([state, { Arguments }]) =>
        Arguments ? [[state, Arguments.FunctionName]] : [],
      );
      expect(Object.fromEntries(invoked)).to.deep.equal({
        CreateOrder: find("aws:lambda/function:Function", "createOrder").arn,
        ProcessPayment: find("aws:lambda/function:Function", "processPayment").arn,
        ProcessShipment: find("aws:lambda/function:Function", "processShipment").arn,
        CancelShipment: find("aws:lambda/function:Function", "cancelShipment").arn,
        RefundPayment: find("aws:lambda/function:Function", "refundPayment").arn,
        DeleteOrder: find("aws:lambda/function:Function", "deleteOrder").arn,
      });
    });
  });

  it("exports what a caller and an operator need", () => {
    const machine = find("aws:sfn/stateMachine:StateMachine", "OrderFulfilment");
    expect(program.outputs).to.deep.equal({
      stateMachineArn: machine.arn,
      stateMachineName: machine.physicalName,
      tableName: find("aws:dynamodb/table:Table", "orders").physicalName,
      functionNames: Object.fromEntries(
        Object.keys(FUNCTIONS).map((name) => [name, find("aws:lambda/function:Function", name).physicalName]),
      ),
      consoleUrl: `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/statemachines/view/${machine.arn}`,
    });
  });

  it("follows the stack's config", async () => {
    const other = await evaluateProgram({ deletionProtection: "false", logRetentionDays: "7" });
    const inputs = (type: string) =>
      other.resources.filter((resource) => resource.type === type).map((found) => found.inputs);
    expect(inputs("aws:dynamodb/table:Table").map((table) => table["deletionProtectionEnabled"])).to.deep.equal([
      false,
    ]);
    const logs = inputs("aws:cloudwatch/logGroup:LogGroup");
    expect(logs).to.have.length(9);
    for (const log of logs) expect(log["retentionInDays"]).to.equal(7);
  });
});
