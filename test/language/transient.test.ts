import { expect } from "chai";
import { compile, declarationOf } from "../../saga/compile";
import { saga, serviceTask } from "../../saga/language";
import { verify } from "../../saga/verify";
import { release } from "./tasks";

/** A step that calls a service, with a function as its undo. */
function calling(resource: string, errors?: readonly string[]) {
  const call = serviceTask<{ sku: string }, object>("call", { resource, allow: [] });
  return saga<{ sku: string }>("Calling")
    .step("Call", {
      task: call,
      input: ({ input }) => ({ sku: input.sku }),
      ...(errors && { retry: { errors, attempts: 2 } }),
      undo: { name: "Release", task: release, input: ({ input }) => ({ sku: input.sku }) },
    })
    .returns(() => ({}));
}

const machineOf = (resource: string, errors?: readonly string[]) =>
  JSON.parse(JSON.stringify(compile(calling(resource, errors), ({ name }) => name)));
const retriedBy = (resource: string): readonly string[] =>
  machineOf(resource).States.Call.Retry.flatMap(({ ErrorEquals }: { ErrorEquals: string[] }) => ErrorEquals);

describe("an action that calls a service is retried on the service's transient faults (S4)", () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    "arn:aws:states:::sns:publish": ["SNS.SdkClientException", "SNS.ThrottledException", "SNS.AmazonSNSException"],
    "arn:aws:states:::sqs:sendMessage": ["SQS.SdkClientException", "SQS.AmazonSQSException"],
    "arn:aws:states:::events:putEvents": ["EventBridge.SdkClientException", "EventBridge.FailedEntry"],
    "arn:aws:states:::dynamodb:putItem": [
      "DynamoDB.ProvisionedThroughputExceededException",
      "DynamoDB.ThrottlingException",
      "DynamoDB.TransactionConflictException",
      "DynamoDB.AmazonDynamoDBException",
    ],
    "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems": [
      "DynamoDb.ProvisionedThroughputExceededException",
      "DynamoDb.SdkClientException",
      "DynamoDb.TransactionInProgressException",
      "DynamoDb.DynamoDbException",
    ],
    "arn:aws:states:::aws-sdk:ses:sendEmail": ["Ses.ThrottlingException", "Ses.SesException"],
    "arn:aws:states:::aws-sdk:cognitoidentityprovider:adminCreateUser": [
      "CognitoIdentityProvider.TooManyRequestsException",
      "CognitoIdentityProvider.CognitoIdentityProviderException",
    ],
    "arn:aws-us-gov:states:::aws-sdk:sfn:startExecution": ["Sfn.ThrottlingException", "Sfn.SfnException"],
    "arn:aws:states:::http:invoke": ["States.Http.Socket", "States.Http.StatusCode.429", "States.Http.StatusCode.503"],
    "arn:aws:states:::lambda:invoke": ["Lambda.TooManyRequestsException", "Lambda.ServiceException"],
  };
  for (const [resource, errors] of Object.entries(cases)) {
    it(resource, () => {
      const retried = retriedBy(resource);
      expect(retried).to.include.members([...errors]);
      // This call never fails with an error of another service.
      const [prefix] = (errors[0] as string).split(".");
      expect(retried.every((error) => error.startsWith(`${prefix}.`))).to.equal(true);
    });
  }

  it("but not on the service's refusals", () => {
    expect(retriedBy("arn:aws:states:::dynamodb:putItem")).not.to.include("DynamoDB.ConditionalCheckFailedException");
  });

  it("and on errors that the step names, beside them", () => {
    const { Retry } = machineOf("arn:aws:states:::sqs:sendMessage", ["SQS.OverLimitException"]).States.Call;
    expect(Retry.map(({ ErrorEquals, MaxAttempts }: any) => [ErrorEquals.length, MaxAttempts])).to.deep.equal([
      [1, 2],
      [6, 6],
    ]);
  });

  it("as the verifier requires", () => {
    const resource = "arn:aws:states:::sns:publish";
    const declaration = declarationOf(calling(resource));
    expect(verify(machineOf(resource), declaration).violations).to.deep.equal([]);
    const machine = machineOf(resource);
    machine.States.Call.Retry = machineOf("arn:aws:states:::lambda:invoke").States.Call.Retry;
    const [violation] = verify(machine, declaration).violations;
    expect(violation).to.deep.include({ rule: "S4", state: "Call" });
    expect(violation?.message).to.match(/not retried on a transient fault: SNS\.SdkClientException, /);
  });
});
