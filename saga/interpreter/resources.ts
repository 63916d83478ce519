import type { Resource } from "./definition";

// "Integrating optimized services": the actions of each service. aws-sdk takes any name of the right shape.
const OPTIMIZED: { [service: string]: readonly string[] } = {
  apigateway: ["invoke"],
  athena: ["startQueryExecution", "stopQueryExecution", "getQueryExecution", "getQueryResults"],
  batch: ["submitJob"],
  bedrock: ["invokeModel", "createModelCustomizationJob"],
  codebuild: ["startBuild", "stopBuild", "batchDeleteBuilds", "batchGetReports", "startBuildBatch", "stopBuildBatch"],
  databrew: ["startJobRun"],
  dynamodb: ["getItem", "putItem", "updateItem", "deleteItem"],
  ecs: ["runTask"],
  eks: ["createCluster", "createNodegroup", "deleteCluster", "deleteNodegroup", "runJob", "call"],
  elasticmapreduce: [
    "createCluster",
    "terminateCluster",
    "addStep",
    "cancelStep",
    "setClusterTerminationProtection",
    "modifyInstanceFleetByName",
    "modifyInstanceGroupByName",
  ],
  "emr-containers": ["createVirtualCluster", "deleteVirtualCluster", "startJobRun"],
  "emr-serverless": ["createApplication", "startApplication", "stopApplication", "deleteApplication", "startJobRun"],
  events: ["putEvents"],
  glue: ["startJobRun"],
  http: ["invoke"],
  lambda: ["invoke"],
  mediaconvert: ["createJob"],
  sagemaker: [
    "createTrainingJob",
    "createTransformJob",
    "createHyperParameterTuningJob",
    "createLabelingJob",
    "createProcessingJob",
    "createModel",
    "createEndpointConfig",
    "createEndpoint",
    "updateEndpoint",
  ],
  sns: ["publish"],
  sqs: ["sendMessage"],
  states: ["startExecution"],
};

const LAMBDA = /^arn:aws[a-z-]*:lambda:[^:]+:[^:]+:function:[^:]+(:[^:]+)?$/;
const INTEGRATION =
  /^arn:aws[a-z-]*:states:[^:]*:[^:]*:(aws-sdk:[a-z0-9]+|[a-z-]+):([a-zA-Z0-9]+)(\.sync:2|\.sync|\.waitForTaskToken)?$/;

/** Reads a Task's Resource. Returns the reason instead if the service refuses it, or if it is not implemented here. */
export function parseResource(arn: string): Resource | { notImplemented: string } | { invalid: string } {
  if (LAMBDA.test(arn)) return { arn, waitsForToken: false };
  if (/^arn:aws[a-z-]*:states:[^:]*:[^:]*:activity:/.test(arn)) return { notImplemented: "Activities" };
  const match = INTEGRATION.exec(arn);
  const invalid = {
    invalid: `The resource provided '${arn}' is not recognized. The value is not a valid resource ARN`,
  };
  if (!match) return invalid;
  const [, service = "", action = "", pattern = ""] = match;
  if (!service.startsWith("aws-sdk:") && !OPTIMIZED[service]?.includes(action)) return invalid;
  if (service.startsWith("aws-sdk:") && pattern.startsWith(".sync")) return invalid;
  return {
    arn,
    integration: { type: service, action: action + pattern },
    waitsForToken: pattern === ".waitForTaskToken",
  };
}
