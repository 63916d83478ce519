/**
 * Faults of Lambda itself that pass.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
 */
const LAMBDA: readonly string[] = Object.freeze([
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
]);

/** How an integration names the errors of its service: their prefix, and the one that stands for all without a name. */
interface Naming {
  readonly prefix: string;
  /** What a 5xx, a throttle, or a refusal of IAM arrives as where the service's API has no name for it. */
  readonly unnamed: string;
}

/** Optimised integrations, by their name in the Resource: they go by the classes of the SDK for Java 1. */
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
 * The prefixes of errors of AWS SDK integrations, where a capital stands within: those of all others are the service's
 * name, its first letter a capital.
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

/** What any service may answer, and a second try mend. */
const ANY = ["SdkClientException", "ThrottlingException", "TooManyRequestsException", "ServiceUnavailableException"];

/** What one service names so, beside these: by the first part of its name in the Resource. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  dynamodb: ["ProvisionedThroughputExceededException", "RequestLimitExceededException", "InternalServerErrorException"],
  eventbridge: ["InternalException"],
  // Some of the entries were not taken: by this integration's own name.
  events: ["InternalException", "FailedEntry"],
  kms: ["DependencyTimeoutException", "KmsInternalException"],
  lambda: ["ServiceException"],
  s3: ["SlowDownException", "InternalErrorException"],
  secretsmanager: ["InternalServiceErrorException"],
  sns: ["ThrottledException", "InternalErrorException"],
  sqs: ["RequestThrottledException"],
};

/** An answer of an HTTP API that a second try may change. */
const HTTP = [429, 502, 503, 504];

/** A reference that is yet to be replaced, and that is named after a function. */
const NAMES_FUNCTION = /^\$\{[^}]*(function|lambda)[^}]*\}$/i;

/**
 * The errors of what a Task calls that pass by themselves, by the name under which Step Functions reports them (S4).
 * @param resource The Task's `Resource`.
 */
export function transientErrors(resource: string): readonly string[] {
  const lambda = /^arn:aws[\w-]*:(states:::lambda:invoke|lambda:)/.test(resource);
  if (lambda || NAMES_FUNCTION.test(resource)) return LAMBDA;
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

/** Whether a Resource does not tell what it calls: it has a reference, such as `${Charge}`, that is yet to be replaced. */
export const isUnknownResource = (resource: string): boolean =>
  resource.includes("${") &&
  transientErrors(resource).length === 0 &&
  !/^arn:aws[\w-]*:states:.*:activity:/.test(resource);
