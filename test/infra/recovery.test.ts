import { join } from "node:path";
import { expect } from "chai";
import { matches } from "../../local/event-pattern";
import type { JsonObject } from "../../local/interpreter";
import { evaluateProgram, type Program, type Resource } from "../../local/program";
import { RECOVERY } from "./recovery-resources";

describe("the recovery that the program deploys", () => {
  let program: Program;
  before(async () => {
    program = await evaluateProgram();
  });

  const find = (type: string, name: string): Resource =>
    program.resources.find((resource) => resource.type === type && resource.name === name) as Resource;
  const recover = (type: string) => find(type, "OrderFulfilment_recover");
  const statements = (name: string) =>
    (JSON.parse(find("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"] as string) as { Statement: unknown[] })
      .Statement;
  const machine = () => find("aws:sfn/stateMachine:StateMachine", "OrderFulfilment");
  const undo = () => find("aws:sfn/stateMachine:StateMachine", "OrderFulfilment_undo");
  const queue = () => recover("aws:sqs/queue:Queue");
  const rule = () => recover("aws:cloudwatch/eventRule:EventRule");
  const lambda = () => recover("aws:lambda/function:Function");

  it("has a machine of the undos, made as the saga's own, which may invoke the functions of the undos alone", () => {
    const { definition, roleArn, loggingConfiguration, ...rest } = undo().inputs;
    expect(rest).to.deep.equal({ type: "STANDARD", tracingConfiguration: { enabled: true } });
    expect(roleArn).to.equal(find("aws:iam/role:Role", "OrderFulfilment_undo").arn);
    expect(loggingConfiguration).to.include({ level: "ALL", includeExecutionData: false });
    expect(Object.keys((JSON.parse(definition as string) as { States: object }).States)).to.deep.equal([
      "CancelShipment",
      "RefundPayment",
      "DeleteOrder",
    ]);
    expect(statements("OrderFulfilment_undo")[0]).to.deep.equal({
      Effect: "Allow",
      Action: ["lambda:InvokeFunction"],
      Resource: ["cancelShipment", "refundPayment", "deleteOrder"].map(
        (name) => find("aws:lambda/function:Function", name).arn,
      ),
    });
  });

  it("has a function that may look at, and redrive, the saga's executions, start the undos, and no more", () => {
    expect(statements("OrderFulfilment_recover")).to.deep.equal([
      {
        Effect: "Allow",
        Action: ["states:DescribeExecution", "states:GetExecutionHistory", "states:RedriveExecution"],
        Resource: [`${(machine().arn as string).replace(":stateMachine:", ":execution:")}:*`],
      },
      { Effect: "Allow", Action: ["states:StartExecution"], Resource: [undo().arn] },
      { Effect: "Allow", Action: ["sqs:SendMessage"], Resource: [queue().arn] },
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [`${recover("aws:cloudwatch/logGroup:LogGroup").arn}:*`],
      },
    ]);
    const { code, ...inputs } = lambda().inputs;
    expect(code).not.to.equal(undefined);
    expect(inputs).to.deep.equal({
      architectures: ["arm64"],
      environment: { variables: { RECOVERY_MACHINE_ARN: undo().arn } },
      handler: "__index.handler",
      loggingConfig: { logFormat: "Text", logGroup: recover("aws:cloudwatch/logGroup:LogGroup").physicalName },
      memorySize: 512,
      role: recover("aws:iam/role:Role").arn,
      runtime: "nodejs22.x",
      timeout: 120,
    });
  });

  it("sends what the function fails on, and what does not reach it, to a queue that takes it from this rule alone", () => {
    expect(queue().inputs).to.deep.equal({ messageRetentionSeconds: 1_209_600, sqsManagedSseEnabled: true });
    expect(recover("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig").inputs).to.deep.equal({
      functionName: lambda().physicalName,
      maximumRetryAttempts: 2,
      maximumEventAgeInSeconds: 21_600,
      destinationConfig: { onFailure: { destination: queue().arn } },
    });
    expect(recover("aws:cloudwatch/eventTarget:EventTarget").inputs).to.deep.equal({
      rule: rule().physicalName,
      arn: lambda().arn,
      inputTransformer: {
        inputPaths: { executionArn: "$.detail.executionArn", stopDate: "$.detail.stopDate" },
        inputTemplate: '{"executionArn": <executionArn>, "stopDate": <stopDate>}',
      },
      retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
      deadLetterConfig: { arn: queue().arn },
    });
    expect(recover("aws:lambda/permission:Permission").inputs).to.deep.equal({
      action: "lambda:InvokeFunction",
      function: lambda().physicalName,
      principal: "events.amazonaws.com",
      sourceArn: rule().arn,
    });
    const { queueUrl, policy } = recover("aws:sqs/queuePolicy:QueuePolicy").inputs;
    expect(queueUrl).to.equal(queue().physicalName);
    expect(JSON.parse(policy as string)).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "sqs:SendMessage",
          Principal: { Service: "events.amazonaws.com" },
          Resource: queue().arn,
          Condition: { ArnEquals: { "aws:SourceArn": rule().arn } },
        },
      ],
    });
  });

  describe("listens to the ends of the saga's own executions", () => {
    const event = (detail: JsonObject): JsonObject => ({
      source: "aws.states",
      "detail-type": "Step Functions Execution Status Change",
      detail: { stateMachineArn: machine().arn as string, ...detail },
    });
    const listens = (detail: JsonObject) =>
      matches(JSON.parse(rule().inputs["eventPattern"] as string) as JsonObject, event(detail));
    const cases: readonly (readonly [boolean, JsonObject])[] = [
      [true, { status: "ABORTED", error: null }],
      [true, { status: "ABORTED", error: "Mistake" }],
      [true, { status: "ABORTED" }],
      [true, { status: "TIMED_OUT", error: null }],
      [true, { status: "FAILED", error: "States.Runtime" }],
      [true, { status: "FAILED" }],
      [false, { status: "FAILED", error: "SagaCompensated" }],
      [false, { status: "SUCCEEDED", error: null }],
      [false, { status: "RUNNING", error: null }],
      [false, { status: "ABORTED", stateMachineArn: "arn:aws:states:eu-west-1:000000000000:stateMachine:Child" }],
    ];
    for (const [expected, detail] of cases) {
      it(`${expected ? "takes" : "leaves"} ${JSON.stringify(detail)}`, () => {
        expect(listens(detail)).to.equal(expected);
      });
    }
  });

  it("raises an alarm on what is in the queue, and on a recovery that does not succeed", () => {
    const common = { comparisonOperator: "GreaterThanThreshold", threshold: 0, evaluationPeriods: 1, alarmActions: [] };
    const alarm = (name: string) => {
      const { alarmDescription, ...inputs } = find("aws:cloudwatch/metricAlarm:MetricAlarm", name).inputs;
      expect(alarmDescription).to.be.a("string");
      return inputs;
    };
    expect(alarm("OrderFulfilment_recover_lost")).to.deep.equal({
      ...common,
      namespace: "AWS/SQS",
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: queue().physicalName },
      statistic: "Maximum",
      period: 60,
      treatMissingData: "ignore",
    });
    const ended = ["ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"];
    expect(alarm("OrderFulfilment_recover_stuck")).to.deep.equal({
      ...common,
      treatMissingData: "notBreaching",
      metricQueries: [
        { id: "ended", expression: "SUM(METRICS())", label: "Recoveries that did not succeed", returnData: true },
        ...ended.map((metricName, index) => ({
          id: `m${index}`,
          metric: {
            namespace: "AWS/States",
            metricName,
            dimensions: { StateMachineArn: undo().arn },
            period: 60,
            stat: "Sum",
          },
        })),
      ],
    });
  });

  it("is not there where the program is told to ignore it, nor where nothing can be undone", async () => {
    const ignoring = await evaluateProgram({ onAbort: "ignore" });
    const names = ignoring.resources.map(({ type, name }) => `${type} ${name}`);
    expect(names.filter((name) => RECOVERY.includes(name))).to.deep.equal([]);
    expect(names.length).to.equal(program.resources.length - RECOVERY.length);
    const queries = await evaluateProgram({}, join(__dirname, "queries.ts"));
    expect(queries.resources.filter(({ name }) => /_undo|_recover/.test(name))).to.deep.equal([]);
  });

  it("is refused by another name", async () => {
    const error = await evaluateProgram({ onAbort: "undo" }).then(
      () => expect.fail("it was taken"),
      (reason: unknown) => reason as Error,
    );
    expect(error.message).to.contain("onAbort").and.contain("recover").and.contain("ignore");
  });
});
