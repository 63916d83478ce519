/**
 * Transient faults of Lambda itself.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
 */
const LAMBDA: readonly string[] = Object.freeze([
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
]);

/** How an integration names the errors of its service: their prefix, and the name for errors without one. */
interface Naming {
  readonly prefix: string;
  /** The error for a 5xx, a throttle, or a refusal by IAM that the service's API has no name for. */
  readonly unnamed: string;
}

/** Optimised integrations, by their name in the Resource. Their errors have class names of the SDK for Java 1. */
const OPTIMISED: Readonly<Record<string, Naming>> = {
  athena: { prefix: "Athena", unnamed: "AmazonAthenaException" },
  batch: { prefix: "Batch", unnamed: "AWSBatchException" },
  codebuild: { prefix: "CodeBuild", unnamed: "AWSCodeBuildException" },
  dynamodb: { prefix: "DynamoDB", unnamed: "AmazonDynamoDBException" },
  ecs: { prefix: "ECS", unnamed: "AmazonECSException" },
  eks: { prefix: "EKS", unnamed: "AmazonEKSException" },
  elasticmapreduce: { prefix: "ElasticMapReduce", unnamed: "AmazonElasticMapReduceException" },
  events: { prefix: "EventBridge", unnamed: "AmazonEventBridgeException" },
  glue: { prefix: "Glue", unnamed: "AWSGlueException" },
  sagemaker: { prefix: "SageMaker", unnamed: "AmazonSageMakerException" },
  sns: { prefix: "SNS", unnamed: "AmazonSNSException" },
  sqs: { prefix: "SQS", unnamed: "AmazonSQSException" },
  states: { prefix: "StepFunctions", unnamed: "AWSStepFunctionsException" },
};

/**
 * The error prefixes of AWS SDK integrations with a capital inside. The prefix of any other service is its name with a
 * capital first letter.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
const SPELLED =
  `AccessAnalyzer AcmPca AmplifyBackend AmplifyUiBuilder ApiGateway ApiGatewayV2 AppConfig AppConfigData AppFabric
  AppIntegrations AppMesh AppRunner AppStream AppSync AppTest ApplicationAutoScaling ApplicationCostProfiler
  ApplicationDiscovery ApplicationInsights ApplicationSignals ArcZonalShift AuditManager AutoScaling AutoScalingPlans
  B2Bi BackupGateway BackupSearch BcmDataExports BcmPricingCalculator BedrockAgent BedrockAgentRuntime
  BedrockDataAutomation BedrockDataAutomationRuntime BedrockRuntime ChimeSdkIdentity ChimeSdkMediaPipelines
  ChimeSdkMeetings ChimeSdkMessaging ChimeSdkVoice CleanRooms CleanRoomsMl CloudControl CloudDirectory CloudFormation
  CloudFront CloudFrontKeyValueStore CloudHsm CloudHsmV2 CloudSearch CloudTrail CloudTrailData CloudWatch
  CloudWatchLogs CodeBuild CodeCatalyst CodeCommit CodeConnections CodeDeploy CodeGuruProfiler CodeGuruReviewer
  CodeGuruSecurity CodePipeline CodeStarConnections CodestarNotifications CognitoIdentity CognitoIdentityProvider
  CognitoSync ComprehendMedical ComputeOptimizer ConnectCampaigns ConnectCampaignsV2 ConnectCases ConnectContactLens
  ConnectParticipant ControlCatalog ControlTower CostAndUsageReport CostExplorer CostOptimizationHub CustomerProfiles
  DataBrew DataExchange DataPipeline DataSync DataZone DatabaseMigration DevOpsGuru DeviceFarm DirectConnect
  DirectoryServiceData DocDb DocDbElastic DynamoDb DynamoDbStreams Ec2InstanceConnect EcrPublic EksAuth ElastiCache
  ElasticBeanstalk ElasticInference ElasticLoadBalancing ElasticLoadBalancingV2 ElasticTranscoder EmrContainers
  EmrServerless EntityResolution EventBridge FSx FinspaceData FraudDetector FreeTier GameLift GeoMaps GeoPlaces
  GeoRoutes GreengrassV2 GroundStation GuardDuty HealthLake InspectorScan InternetMonitor IoTAnalytics IoTFleetHub
  IoTFleetWise IoTSecureTunneling IoTSiteWise IoTThingsGraph IoTTwinMaker IotDeviceAdvisor IotEvents IotEventsData
  IotJobsDataPlane IotWireless IvsRealTime KafkaConnect KendraRanking KinesisAnalytics KinesisAnalyticsV2 KinesisVideo
  KinesisVideoArchivedMedia KinesisVideoMedia KinesisVideoSignaling KinesisVideoWebRtcStorage LakeFormation
  LaunchWizard LexModelBuilding LexModelsV2 LexRuntime LexRuntimeV2 LicenseManager LicenseManagerLinuxSubscriptions
  LicenseManagerUserSubscriptions LookoutEquipment LookoutMetrics LookoutVision MTurk MailManager ManagedBlockchain
  ManagedBlockchainQuery MarketplaceCatalog MarketplaceCommerceAnalytics MarketplaceEntitlement MarketplaceMetering
  MarketplaceReporting MediaConnect MediaConvert MediaLive MediaPackage MediaPackageV2 MediaPackageVod MediaStore
  MediaTailor MedicalImaging MemoryDb MigrationHub MigrationHubConfig MigrationHubOrchestrator
  MigrationHubRefactorSpaces MigrationHubStrategy NeptuneGraph NetworkFirewall NetworkFlowMonitor NetworkManager
  NetworkMonitor NotificationsContacts ObservabilityAdmin OpenSearch OpenSearchServerless OpsWorks OpsWorksCm
  PartnerCentralSelling PaymentCryptography PaymentCryptographyData PcaConnectorAd PcaConnectorScep PersonalizeEvents
  PersonalizeRuntime PinpointEmail PinpointSmsVoice PinpointSmsVoiceV2 PrivateNetworks QApps QBusiness QConnect
  QldbSession QuickSight RdsData RedshiftData RedshiftServerless ResourceExplorer2 ResourceGroups
  ResourceGroupsTaggingApi RoboMaker RolesAnywhere Route53Domains Route53Profiles Route53RecoveryCluster
  Route53RecoveryControlConfig Route53RecoveryReadiness Route53Resolver S3Control S3Outposts S3Tables SageMaker
  SageMakerA2IRuntime SageMakerFeatureStoreRuntime SageMakerGeospatial SageMakerMetrics SageMakerRuntime SagemakerEdge
  SecretsManager SecurityHub SecurityIr SecurityLake ServerlessApplicationRepository ServiceCatalog
  ServiceCatalogAppRegistry ServiceDiscovery ServiceQuotas SesV2 SimSpaceWeaver SnowDeviceManagement SocialMessaging
  SsmContacts SsmIncidents SsmQuickSetup SsmSap SsoAdmin SsoOidc StorageGateway SupplyChain SupportApp TaxSettings
  TimestreamInfluxDb TimestreamQuery TimestreamWrite TrustedAdvisor VerifiedPermissions VoiceId VpcLattice WafRegional
  WellArchitected WorkDocs WorkMail WorkMailMessageFlow WorkSpaces WorkSpacesThinClient WorkSpacesWeb XRay`.split(
    /\s+/,
  );

const PREFIXES: ReadonlyMap<string, string> = new Map(SPELLED.map((prefix) => [prefix.toLowerCase(), prefix]));

/** Errors of any service that a second try may not meet. */
const ANY = ["SdkClientException", "ThrottlingException", "TooManyRequestsException", "ServiceUnavailableException"];

/** Further transient errors of one service, by the first part of its name in the Resource. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  dynamodb: [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceededException",
    "InternalServerErrorException",
    // Another transaction has the item, or this one still runs. A transaction that another one has cancelled fails as it
    // does for its conditions, by a name that tells nothing apart.
    "TransactionConflictException",
    "TransactionInProgressException",
  ],
  eventbridge: ["InternalException"],
  // Some entries were refused: the integration has this name for it.
  events: ["InternalException", "FailedEntry"],
  kms: ["DependencyTimeoutException", "KmsInternalException"],
  lambda: ["ServiceException"],
  s3: ["SlowDownException", "InternalErrorException"],
  secretsmanager: ["InternalServiceErrorException"],
  sns: ["ThrottledException", "InternalErrorException"],
  sqs: ["RequestThrottledException"],
};

/** Answers of an HTTP API that a second try may not get. */
const HTTP = [429, 502, 503, 504];

/** A placeholder that is named after a function. */
const NAMES_FUNCTION = /^\$\{[^}]*(function|lambda)[^}]*\}$/i;

/** Whether a Resource is a function itself, by its ARN or by a placeholder that is named after one. */
export const isFunction = (resource: string): boolean =>
  /^arn:aws[\w-]*:lambda:/.test(resource) || NAMES_FUNCTION.test(resource);

/**
 * The transient errors of what a Task calls, under the names that Step Functions reports (S4).
 * @param resource The Task's `Resource`.
 */
export function transientErrors(resource: string): readonly string[] {
  if (/^arn:aws[\w-]*:states:::lambda:invoke/.test(resource) || isFunction(resource)) return LAMBDA;
  const [, sdk, service = ""] = /^arn:aws[\w-]*:states:::(aws-sdk:)?([\w-]+):/.exec(resource) ?? [];
  if (service === "") return [];
  if (sdk === undefined && service === "http") {
    return ["States.Http.Socket", ...HTTP.map((status) => `States.Http.StatusCode.${status}`)];
  }
  if (sdk === undefined && service === "apigateway") return HTTP.map((status) => `ApiGateway.${status}`);
  const { prefix, unnamed } = (sdk === undefined ? OPTIMISED[service] : undefined) ?? ofSdk(service);
  return [...ANY, ...(OWN[service] ?? []), unnamed].map((error) => `${prefix}.${error}`);
}

function ofSdk(service: string): Naming {
  const prefix = PREFIXES.get(service) ?? service.charAt(0).toUpperCase() + service.slice(1);
  return { prefix, unnamed: `${prefix}Exception` };
}

/** Whether a Resource leaves open what it calls, because it contains a placeholder such as `${Charge}`. */
export const isUnknownResource = (resource: string): boolean =>
  resource.includes("${") && transientErrors(resource).length === 0 && !isActivity(resource);

/** Whether a Resource is an activity. Its worker reports how the work has ended. */
export const isActivity = (resource: string): boolean => /^arn:aws[\w-]*:states:.*:activity:/.test(resource);
