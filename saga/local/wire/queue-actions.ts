import type { JsonObject } from "../../interpreter";
import { AwsError } from "../aws-error";
import type { Queues } from "../queues";
import type { Member } from "../request-shape";
import { type Action, type Actions, numberOf, requiredText, textOf } from "../step-functions/action";

const URL: Member = { type: "string", required: true };
/** SQS's default visibility timeout. */
const HIDDEN_SECONDS = 30;

/**
 * The actions of SQS that read the program's queues of dead letters.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
export function queueActions(queues: Queues): Actions {
  const arnOf = (request: JsonObject): string => {
    const [, name] = /\/([^/]+)$/.exec(requiredText(request, "QueueUrl")) ?? [];
    const arn = queues.arns().find((each) => each.endsWith(`:${name ?? ""}`));
    if (arn === undefined) throw nonExistent();
    return arn;
  };
  const onQueue = (act: Action["act"], shape: Action["shape"] = {}): Action => ({
    shape: { QueueUrl: URL, ...shape },
    resource: arnOf,
    act,
  });
  return {
    ListQueues: {
      shape: { QueueNamePrefix: { type: "string" }, MaxResults: { type: "integer", min: 1, max: 1000 } },
      resource: () => "*",
      act(request) {
        const prefix = textOf(request, "QueueNamePrefix") ?? "";
        const found = queues.arns().filter((arn) => nameOf(arn).startsWith(prefix));
        return found.length > 0
          ? { QueueUrls: found.slice(0, numberOf(request, "MaxResults") ?? 1000).map(urlOf) }
          : {};
      },
    },
    GetQueueUrl: {
      shape: { QueueName: { type: "string", required: true } },
      resource: (request) => queues.arns().find((arn) => nameOf(arn) === textOf(request, "QueueName")) ?? "*",
      act(request) {
        const arn = queues.arns().find((each) => nameOf(each) === textOf(request, "QueueName"));
        if (arn === undefined) throw nonExistent();
        return { QueueUrl: urlOf(arn) };
      },
    },
    GetQueueAttributes: onQueue((request) => {
      const arn = arnOf(request);
      return { Attributes: { QueueArn: arn, ApproximateNumberOfMessages: String(queues.count(arn)) } };
    }),
    ReceiveMessage: onQueue(
      (request) => {
        const received = queues.receive(arnOf(request), {
          most: numberOf(request, "MaxNumberOfMessages") ?? 1,
          hideMs: (numberOf(request, "VisibilityTimeout") ?? HIDDEN_SECONDS) * 1000,
        });
        const Messages = received.map(({ id, receiptHandle, body, bodyDigest }) => ({
          MessageId: id,
          ReceiptHandle: receiptHandle,
          MD5OfBody: bodyDigest,
          Body: body,
        }));
        return Messages.length > 0 ? { Messages } : {};
      },
      {
        MaxNumberOfMessages: { type: "integer", min: 1, max: 10 },
        VisibilityTimeout: { type: "integer", min: 0, max: 43_200 },
      },
    ),
    DeleteMessage: onQueue(
      (request) => {
        queues.delete(arnOf(request), requiredText(request, "ReceiptHandle"));
        return {};
      },
      { ReceiptHandle: { type: "string", required: true } },
    ),
  };
}

const nameOf = (arn: string): string => arn.replace(/^.*:/, "");

function urlOf(arn: string): string {
  const [, , , region = "", account = "", name = ""] = arn.split(":");
  return `https://sqs.${region}.amazonaws.com/${account}/${name}`;
}

const nonExistent = (): AwsError => new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
