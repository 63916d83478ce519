/** A call of a service, as the Resource of a Task names it. */
export interface Integration {
  /** An AWS SDK integration, which makes the call and nothing else. Otherwise it is an optimised one. */
  readonly sdk: boolean;
  readonly service: string;
  readonly action: string;
  /** Whether the Task waits for the end of what it starts, or for a task token to come back. */
  readonly awaits: "answer" | "end" | "token";
}

/** What a Task knows of its call when the service answers. */
export type Answer =
  /** Whether the call has succeeded: a call that has not is an error. */
  | { readonly tells: "outcome" }
  /** That a message is on its way. What its receiver does is not known. */
  | { readonly tells: "sent" }
  /** That the service has accepted the call. What becomes of it is not known. */
  | { readonly tells: "accepted"; readonly instead: string | undefined }
  /** A failure is a field of an answer like any other, and not an error. */
  | { readonly tells: "failure"; readonly if: string; readonly field: string; readonly instead: string }
  /** This list does not say. */
  | { readonly tells: "unknown" };

const INTEGRATION = /^arn:aws[\w-]*:states:[\w-]*:\w*:(aws-sdk:)?([\w-]+):(\w+?)(\.sync(?::2)?|\.waitForTaskToken)?$/;

/** The call that a Resource names. Undefined for a function, an activity, and for a placeholder. */
export function integrationOf(resource: string): Integration | undefined {
  const [, sdk, service, action, pattern] = INTEGRATION.exec(resource) ?? [];
  if (service === undefined || action === undefined || service === "activity") return undefined;
  const awaits = pattern === undefined ? "answer" : pattern === ".waitForTaskToken" ? "token" : "end";
  return { sdk: sdk !== undefined, service, action, awaits };
}

/** The name of a call, as a Resource has it: `aws-sdk:sqs:sendMessage`. */
export const callOf = ({ sdk, service, action }: Integration): string => `${sdk ? "aws-sdk:" : ""}${service}:${action}`;

const each = (service: string, actions: string): readonly string[] =>
  actions.split(" ").map((action) => `${service}:${action}`);

/**
 * Calls that start something, and that Step Functions awaits as Run a Job: with `.sync` after their name.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
 */
const JOBS: ReadonlySet<string> = new Set([
  ...each("athena", "startQueryExecution"),
  ...each("batch", "submitJob"),
  ...each("bedrock", "createModelCustomizationJob"),
  ...each("codebuild", "startBuild startBuildBatch retryBuildBatch"),
  ...each("databrew", "startJobRun"),
  ...each("ecs", "runTask"),
  ...each("eks", "createCluster createNodegroup deleteCluster deleteNodegroup runJob"),
  ...each("elasticmapreduce", "createCluster terminateCluster addStep"),
  ...each("emr-containers", "startJobRun deleteVirtualCluster"),
  ...each("emr-serverless", "startJobRun createApplication deleteApplication startApplication stopApplication"),
  ...each("glue", "startJobRun"),
  ...each("mediaconvert", "createJob"),
  ...each(
    "sagemaker",
    "createTrainingJob createTransformJob createHyperParameterTuningJob createLabelingJob createProcessingJob",
  ),
  ...each("states", "startExecution"),
]);

/** Calls of the SDK whose optimised integration has another name. */
const OPTIMISED: ReadonlyMap<string, string> = new Map([
  ["emr:runJobFlow", "elasticmapreduce:createCluster"],
  ["emr:addJobFlowSteps", "elasticmapreduce:addStep"],
  ["emr:terminateJobFlows", "elasticmapreduce:terminateCluster"],
  ["sfn:startExecution", "states:startExecution"],
  ["lambda:invokeAsync", "lambda:invoke"],
]);

/** Services of the SDK whose optimised integration has another name. */
const OPTIMISED_SERVICES: ReadonlyMap<string, string> = new Map([
  ["emrcontainers", "emr-containers"],
  ["emrserverless", "emr-serverless"],
]);

/** Calls of the SDK that start something for which there is no Run a Job. */
const ACCEPTED: ReadonlySet<string> = new Set([
  ...each("cloudformation", "createStack updateStack deleteStack"),
  ...each("codepipeline", "startPipelineExecution"),
  ...each("glue", "startCrawler startWorkflowRun"),
  ...each("redshiftdata", "executeStatement batchExecuteStatement"),
  ...each("ssm", "sendCommand startAutomationExecution"),
]);

const EACH_MESSAGE = { if: "some messages are refused", field: "Failed" } as const;
const EACH_EVENT = {
  if: "some events are refused",
  field: "FailedEntryCount",
  instead: "call the optimised integration events:putEvents, which fails if one is refused",
} as const;
const EACH_MAIL = { if: "some mails are refused", instead: "send each mail by itself, in a Map" } as const;

/** Calls of the SDK that succeed though they have failed, or failed in part. */
const FAILURES: Readonly<Record<string, Omit<Extract<Answer, { tells: "failure" }>, "tells">>> = {
  "dynamodb:batchExecuteStatement": {
    if: "some statements fail",
    field: "Responses[].Error",
    instead: "call aws-sdk:dynamodb:executeTransaction, which does all or nothing",
  },
  "dynamodb:batchWriteItem": {
    if: "some items are not written",
    field: "UnprocessedItems",
    instead: "call aws-sdk:dynamodb:transactWriteItems, which writes all or nothing",
  },
  "eventbridge:putEvents": EACH_EVENT,
  "events:putEvents": EACH_EVENT,
  "firehose:putRecordBatch": {
    if: "some records are refused",
    field: "FailedPutCount",
    instead: "call aws-sdk:firehose:putRecord for each record, in a Map",
  },
  "kinesis:putRecords": {
    if: "some records are refused",
    field: "FailedRecordCount",
    instead: "call aws-sdk:kinesis:putRecord for each record, in a Map",
  },
  "lambda:invoke": {
    if: "the function fails",
    field: "FunctionError",
    instead: "call the optimised integration arn:aws:states:::lambda:invoke, which fails as the function does",
  },
  "s3:deleteObjects": {
    if: "some objects are not deleted",
    field: "Errors",
    instead: "call aws-sdk:s3:deleteObject for each object, in a Map",
  },
  "ses:sendBulkTemplatedEmail": { ...EACH_MAIL, field: "Status" },
  "sesv2:sendBulkEmail": { ...EACH_MAIL, field: "BulkEmailEntryResults[].Status" },
  "sfn:startSyncExecution": {
    if: "the execution fails",
    field: "Status",
    instead: "start a Standard workflow with states:startExecution.sync:2, which fails as the execution does",
  },
  "sns:publishBatch": { ...EACH_MESSAGE, instead: "call sns:publish for each message, in a Map" },
  "sqs:changeMessageVisibilityBatch": {
    ...EACH_MESSAGE,
    instead: "call aws-sdk:sqs:changeMessageVisibility for each message, in a Map",
  },
  "sqs:deleteMessageBatch": { ...EACH_MESSAGE, instead: "call aws-sdk:sqs:deleteMessage for each message, in a Map" },
  "sqs:sendMessageBatch": { ...EACH_MESSAGE, instead: "call sqs:sendMessage for each message, in a Map" },
};

/** Calls that send a message, a record or a mail. */
const SENT: ReadonlySet<string> = new Set([
  ...each("events", "putEvents"),
  ...each("firehose", "putRecord"),
  ...each("kinesis", "putRecord"),
  ...each("ses", "sendEmail sendRawEmail sendTemplatedEmail"),
  ...each("sesv2", "sendEmail"),
  ...each("sns", "publish"),
  ...each("sqs", "sendMessage"),
]);

/** Calls that have taken effect when the service answers. */
const DONE: ReadonlySet<string> = new Set([
  ...each("apigateway", "invoke"),
  ...each("bedrock", "invokeModel"),
  ...each("bedrockruntime", "converse invokeModel"),
  ...each(
    "cognitoidentityprovider",
    "adminAddUserToGroup adminCreateUser adminDeleteUser adminDisableUser adminEnableUser adminRemoveUserFromGroup " +
      "adminUpdateUserAttributes",
  ),
  ...each("dynamodb", "deleteItem executeStatement executeTransaction putItem transactWriteItems updateItem"),
  ...each("http", "invoke"),
  ...each("lambda", "invoke"),
  ...each("rdsdata", "beginTransaction commitTransaction executeStatement rollbackTransaction"),
  ...each("s3", "copyObject deleteObject deleteObjectTagging putObject putObjectTagging"),
  ...each("sagemaker", "createEndpointConfig createModel"),
  ...each("scheduler", "createSchedule deleteSchedule updateSchedule"),
  ...each("secretsmanager", "createSecret deleteSecret putSecretValue updateSecret"),
  ...each("sfn", "sendTaskFailure sendTaskHeartbeat sendTaskSuccess"),
  ...each("sqs", "changeMessageVisibility deleteMessage"),
  ...each("ssm", "deleteParameter putParameter"),
]);

/** What a Task knows of its call when the service answers. */
export function answerOf(integration: Integration): Answer {
  const { sdk, service, action, awaits } = integration;
  if (awaits !== "answer") return { tells: "outcome" };
  const call = `${service}:${action}`;
  const failure = sdk && Object.hasOwn(FAILURES, call) ? FAILURES[call] : undefined;
  if (failure) return { tells: "failure", ...failure };
  const named = sdk ? `${OPTIMISED_SERVICES.get(service) ?? service}:${action}` : call;
  const optimised = (sdk ? OPTIMISED.get(call) : undefined) ?? named;
  if (call === "lambda:invokeAsync") return { tells: "accepted", instead: optimised };
  if (JOBS.has(optimised)) {
    return { tells: "accepted", instead: `${optimised}.sync${optimised === "states:startExecution" ? ":2" : ""}` };
  }
  if (sdk && ACCEPTED.has(call)) return { tells: "accepted", instead: undefined };
  if (SENT.has(call)) return { tells: "sent" };
  return { tells: DONE.has(call) ? "outcome" : "unknown" };
}
