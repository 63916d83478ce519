import { createHash, randomUUID } from "node:crypto";
import type { Json, JsonObject } from "../../interpreter";
import type { Place } from "../place";

/**
 * An action of a service: its answer in the service's shape, and, if known, the resources that it needs a permission
 * for.
 */
export interface Action {
  readonly answer: (request: JsonObject) => JsonObject;
  readonly resources?: (request: JsonObject, place: Place) => readonly string[];
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const text = (value: Json | undefined): string => (typeof value === "string" ? value : JSON.stringify(value ?? ""));
const list = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : []);

const queueArn = ({ QueueUrl }: JsonObject): readonly string[] => {
  const [, region, account, name] = /^https:\/\/sqs\.([^.]+)\.[^/]+\/(\d+)\/(.+)$/.exec(text(QueueUrl)) ?? [];
  return name === undefined ? [] : [`arn:aws:sqs:${region as string}:${account as string}:${name}`];
};
const topicArn = ({ TopicArn, TargetArn }: JsonObject): readonly string[] =>
  [TopicArn ?? TargetArn].filter((each) => typeof each === "string");

/** The actions that are recorded and answered here, by their names in IAM. */
const ACTIONS: Readonly<Record<string, Action>> = {
  "sns:Publish": { answer: () => ({ MessageId: randomUUID() }), resources: topicArn },
  "sns:PublishBatch": {
    answer: ({ PublishBatchRequestEntries }) => ({
      Successful: list(PublishBatchRequestEntries).map(({ Id = "" }) => ({ Id, MessageId: randomUUID() })),
      Failed: [],
    }),
    resources: topicArn,
  },
  "sqs:SendMessage": {
    answer: ({ MessageBody }) => ({ MD5OfMessageBody: md5(text(MessageBody)), MessageId: randomUUID() }),
    resources: queueArn,
  },
  "sqs:SendMessageBatch": {
    answer: ({ Entries }) => ({
      Successful: list(Entries).map(({ Id = "", MessageBody }) => ({
        Id,
        MessageId: randomUUID(),
        MD5OfMessageBody: md5(text(MessageBody)),
      })),
      Failed: [],
    }),
    resources: queueArn,
  },
  "events:PutEvents": {
    answer: ({ Entries }) => ({ Entries: list(Entries).map(() => ({ EventId: randomUUID() })), FailedEntryCount: 0 }),
    resources: ({ Entries }, { region, account }) =>
      list(Entries).map(({ EventBusName = "default" }) =>
        text(EventBusName).startsWith("arn:")
          ? text(EventBusName)
          : `arn:aws:events:${region}:${account}:event-bus/${text(EventBusName)}`,
      ),
  },
  "ses:SendEmail": { answer: () => ({ MessageId: randomUUID() }) },
  "ses:SendTemplatedEmail": { answer: () => ({ MessageId: randomUUID() }) },
  "ses:SendRawEmail": { answer: () => ({ MessageId: randomUUID() }) },
  "s3:PutObject": {
    answer: ({ Body }) => ({ ETag: `"${md5(text(Body))}"` }),
    resources: ({ Bucket, Key }) => [`arn:aws:s3:::${text(Bucket)}/${text(Key)}`],
  },
  "kinesis:PutRecord": { answer: () => ({ ShardId: "shardId-000000000000", SequenceNumber: String(Date.now()) }) },
  "firehose:PutRecord": { answer: () => ({ RecordId: randomUUID() }) },
  "cloudwatch:PutMetricData": { answer: () => ({}) },
};

/** The names of services in integrations and requests that differ from IAM's. */
const SERVICES: Readonly<Record<string, string>> = { eventbridge: "events", sesv2: "ses", email: "ses" };

/** The name of an action, such as `sns:Publish`, from any spelling of its service and its action. */
export function actionName(service: string, action: string): string {
  const name = service.replace(/^aws-sdk:/, "");
  return `${SERVICES[name] ?? name}:${action.charAt(0).toUpperCase()}${action.slice(1)}`;
}

export const actionOf = (name: string): Action | undefined =>
  Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
export const knownActions = (): readonly string[] => Object.keys(ACTIONS);
