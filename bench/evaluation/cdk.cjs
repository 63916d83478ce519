// The order saga as a CDK program: a table, six functions with log groups, a state machine with undos, and three alarms. Its
// folder has the packages. With `bundled`, NodejsFunction bundles each function, as in most CDK programs.
const { join } = require("node:path");
const process = require("node:process");
const cdk = require("aws-cdk-lib");
const cloudwatch = require("aws-cdk-lib/aws-cloudwatch");
const actions = require("aws-cdk-lib/aws-cloudwatch-actions");
const dynamodb = require("aws-cdk-lib/aws-dynamodb");
const lambda = require("aws-cdk-lib/aws-lambda");
const logs = require("aws-cdk-lib/aws-logs");
const sns = require("aws-cdk-lib/aws-sns");
const sfn = require("aws-cdk-lib/aws-stepfunctions");
const tasks = require("aws-cdk-lib/aws-stepfunctions-tasks");

const bundled = process.argv[2] === "bundled";
const app = new cdk.App({ outdir: join(process.cwd(), "cdk.out") });
const stack = new cdk.Stack(app, "Orders");

const table = new dynamodb.Table(stack, "orders", {
  partitionKey: { name: "order_id", type: dynamodb.AttributeType.STRING },
  sortKey: { name: "entity", type: dynamodb.AttributeType.STRING },
  billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  deletionProtection: true,
});

/** A function and the state that calls it. */
function task(/** @type {string} */ name, /** @type {string} */ id) {
  const common = {
    runtime: lambda.Runtime.NODEJS_22_X,
    architecture: lambda.Architecture.ARM_64,
    handler: bundled ? name : `index.${name}`,
    timeout: cdk.Duration.seconds(30),
    tracing: lambda.Tracing.ACTIVE,
    environment: { TABLE_NAME: table.tableName },
    logGroup: new logs.LogGroup(stack, `${name}-log`, { retention: logs.RetentionDays.ONE_MONTH }),
  };
  const made = bundled
    ? new (require("aws-cdk-lib/aws-lambda-nodejs").NodejsFunction)(stack, name, {
        ...common,
        entry: join(process.cwd(), "functions/index.js"),
        // NodejsFunction requires a lock file, although no bundle needs one.
        depsLockFilePath: join(process.cwd(), "package-lock.json"),
        projectRoot: process.cwd(),
      })
    : new lambda.Function(stack, name, { ...common, code: lambda.Code.fromAsset(join(process.cwd(), "functions")) });
  table.grantWriteData(made);
  return new tasks.LambdaInvoke(stack, id, {
    lambdaFunction: made,
    payloadResponseOnly: true,
    resultPath: `$.${name}`,
    taskTimeout: sfn.Timeout.duration(cdk.Duration.seconds(30)),
  });
}

const failed = new sfn.Fail(stack, "Compensated", { error: "SagaCompensated" });
const deleteOrder = task("deleteOrder", "DeleteOrder").next(failed);
const refundPayment = task("refundPayment", "RefundPayment").next(deleteOrder);
const cancelShipment = task("cancelShipment", "CancelShipment").next(refundPayment);
const undoneBy = (/** @type {any} */ action, /** @type {any} */ undo) =>
  action.addCatch(undo, { resultPath: "$.error" });
const definition = undoneBy(task("createOrder", "CreateOrder"), deleteOrder)
  .next(undoneBy(task("processPayment", "ProcessPayment"), refundPayment))
  .next(undoneBy(task("processShipment", "ProcessShipment"), cancelShipment))
  .next(new sfn.Succeed(stack, "Completed"));

const machine = new sfn.StateMachine(stack, "OrderFulfilment", {
  definitionBody: sfn.DefinitionBody.fromChainable(definition),
  tracingEnabled: true,
  logs: { destination: new logs.LogGroup(stack, "log"), level: sfn.LogLevel.ALL, includeExecutionData: false },
});

const topic = new sns.Topic(stack, "alarms");
for (const [name, metric] of Object.entries({
  failed: machine.metricFailed(),
  throttled: machine.metricThrottled(),
  timedOut: machine.metricTimedOut(),
})) {
  const alarm = new cloudwatch.Alarm(stack, `${name}-alarm`, { metric, threshold: 1, evaluationPeriods: 1 });
  alarm.addAlarmAction(new actions.SnsAction(topic));
}

app.synth();
