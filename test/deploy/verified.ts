// A program with a handwritten state machine, which calls a function and a queue of the program.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { VerifiedStateMachine } from "../../saga";

const config = new pulumi.Config();
const charge = new aws.sqs.Queue("charges");
const refund = new aws.sqs.Queue("refunds");
const role = new aws.iam.Role("starter", { assumeRolePolicy: "{}" });
const FAULTS = [
  "ClientExecutionTimeoutException",
  "ServiceException",
  "AWSLambdaException",
  "SdkClientException",
  "TooManyRequestsException",
];
const payload = "{% {'saga': {'id': $states.context.Execution.Id, 'step': 'Charge'}} %}";
const failure = "{% {'step': 'Charge', 'error': $states.errorOutput.Error, 'cause': $states.errorOutput.Cause} %}";
const call = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", TimeoutSeconds: 30 };
const undone = { Next: "Refund", Assign: { failure } };

export const definition = {
  QueryLanguage: "JSONata",
  StartAt: "Charge",
  States: {
    Charge: {
      ...call,
      Arguments: { FunctionName: charge.arn, Payload: payload },
      Retry: [{ ErrorEquals: FAULTS.map((fault) => `Lambda.${fault}`) }],
      Catch: [
        { ErrorEquals: ["States.DataLimitExceeded"], ...undone },
        { ErrorEquals: ["States.ALL"], ...undone },
      ],
      End: true,
    },
    Refund: {
      ...call,
      Arguments: { FunctionName: config.get("same") === undefined ? refund.arn : charge.arn, Payload: payload },
      ...(config.get("careless") === undefined && { Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 10 }] }),
      Next: "Compensated",
    },
    Compensated: {
      Type: "Fail",
      Error: "SagaCompensated",
      Cause:
        "{% $string({'saga': 'Charge', 'step': $failure.step, 'error': $failure.error, 'cause': $failure.cause}) %}",
    },
  },
};
const forms: Readonly<Record<string, () => pulumi.Input<object> | pulumi.Input<string>>> = {
  object: () => definition,
  output: () => pulumi.output(definition),
  text: () => pulumi.jsonStringify(definition),
  secret: () => pulumi.secret(pulumi.jsonStringify(definition)),
};
const form = config.get("form") ?? "object";

const machine = new VerifiedStateMachine("Booking", {
  definition: (forms[form] as (typeof forms)[string])(),
  declaration: {
    saga: "Booking",
    calls: config.get("undeclared") === undefined ? { Charge: { role: "compensable", undo: "Refund" } } : {},
  },
  statements: [{ actions: ["lambda:InvokeFunction"], resources: [charge.arn, refund.arn] }],
  ...(config.get("express") !== undefined && { workflowType: "EXPRESS" }),
  tags: { stack: "local" },
});
machine.grantStart(role);
export const { arn } = machine;
