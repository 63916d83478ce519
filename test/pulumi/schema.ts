import { isDeepStrictEqual } from "node:util";
import type { Inputs } from "./storage";

/** What the provider's schema says of a type's properties, by their names in Pulumi. */
interface Schema {
  /** ForceNew: another value takes another resource. */
  readonly replaces: readonly string[];
  /**
   * Optional and Computed: one that is left out stays what it was. Names are such too, but Pulumi makes one up where a
   * program has none, so that leaving a name out is a change.
   */
  readonly computed?: readonly string[];
}

/**
 * Of the types whose properties this program could change so; any other property is changed in place, also by leaving it
 * out. Each entry says what the file of that name in terraform-provider-aws does, in internal/service.
 * @see https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service
 */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  // sfn/state_machine.go
  "aws:sfn/stateMachine:StateMachine": {
    replaces: ["name", "namePrefix", "type"],
    computed: ["encryptionConfiguration", "loggingConfiguration", "tracingConfiguration"],
  },
  // sfn/alias.go
  "aws:sfn/alias:Alias": { replaces: ["name"] },
  // dynamodb/table.go
  "aws:dynamodb/table:Table": {
    replaces: ["name", "hashKey", "rangeKey", "localSecondaryIndexes"],
    computed: ["attributes", "pointInTimeRecovery", "readCapacity", "serverSideEncryption", "ttl", "writeCapacity"],
  },
  // logs/group.go
  "aws:cloudwatch/logGroup:LogGroup": {
    replaces: ["name", "namePrefix", "logGroupClass"],
    computed: ["logGroupClass"],
  },
  // logs/metric_filter.go
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": { replaces: ["name", "logGroupName"] },
  // lambda/function.go
  "aws:lambda/function:Function": {
    replaces: ["name", "packageType"],
    computed: ["architectures", "ephemeralStorage", "loggingConfig", "sourceCodeHash", "tracingConfig"],
  },
  // lambda/function_event_invoke_config.go
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": { replaces: ["functionName", "qualifier"] },
  // lambda/permission.go
  "aws:lambda/permission:Permission": {
    replaces: ["action", "function", "principal", "qualifier", "sourceAccount", "sourceArn", "statementId"],
  },
  // iam/role_policy.go
  "aws:iam/rolePolicy:RolePolicy": { replaces: ["name", "namePrefix", "role"] },
  // sns/topic_subscription.go
  "aws:sns/topicSubscription:TopicSubscription": { replaces: ["endpoint", "protocol", "topic"] },
  // sns/topic_policy.go
  "aws:sns/topicPolicy:TopicPolicy": { replaces: ["arn"] },
  // sqs/queue_policy.go
  "aws:sqs/queuePolicy:QueuePolicy": { replaces: ["queueUrl"] },
  // cloudwatch/dashboard.go
  "aws:cloudwatch/dashboard:Dashboard": { replaces: ["dashboardName"] },
  // appautoscaling/target.go
  "aws:appautoscaling/target:Target": { replaces: ["resourceId", "scalableDimension", "serviceNamespace"] },
  // appautoscaling/policy.go
  "aws:appautoscaling/policy:Policy": {
    replaces: ["name", "resourceId", "scalableDimension", "serviceNamespace"],
  },
  // events/target.go
  "aws:cloudwatch/eventTarget:EventTarget": {
    replaces: ["eventBusName", "rule", "targetId"],
    computed: ["targetId"],
  },
};

/** What a resource of this type keeps of what it was, where the program leaves it out. */
export function kept(type: string, olds: Inputs, news: Inputs): Inputs {
  const computed = SCHEMAS[type]?.computed ?? [];
  return Object.fromEntries(computed.filter((key) => key in olds && !(key in news)).map((key) => [key, olds[key]]));
}

/** The properties that differ, and those of them that take another resource. */
export function difference(
  type: string,
  olds: Inputs,
  news: Inputs,
): { readonly changed: readonly string[]; readonly replaces: readonly string[] } {
  const planned = { ...news, ...kept(type, olds, news) };
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(planned)])];
  const changed = keys.filter((key) => !isDeepStrictEqual(olds[key], planned[key]));
  return { changed, replaces: changed.filter((key) => SCHEMAS[type]?.replaces.includes(key)) };
}
