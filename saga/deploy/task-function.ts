import type * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import { type LambdaTask, SECRETS, tableVariable, type TaskOptions } from "../language";
import { coldStart, readSecrets } from "./cold-start";
import { usesTableKey } from "./encryption";
import { type FunctionSettings, lambda } from "./lambda";
import { nameOfPart } from "./names";
import type { Statement } from "./policy";
import type { Tables } from "./tables";

/** The default settings of the functions. A task's own environment variables are added to the default ones. */
export type TaskDefaults = Pick<TaskOptions, "environment" | "vpc" | "layers">;

export interface TaskFunctionArgs {
  /** The name of the component whose saga has the task. */
  readonly component: string;
  readonly task: LambdaTask;
  readonly tables: Tables;
  readonly defaults: TaskDefaults;
  readonly settings: FunctionSettings;
  /** How long a call may take, in seconds. */
  readonly timeout: number;
  /** The ARN of the customer managed key that encrypts logs, if there is one. */
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** The function of a task, with its log group and its role. The role allows what the task declares, logs and traces. */
export class TaskFunction extends pulumi.ComponentResource {
  /** The name of the `SagaStateMachine`. */
  readonly component: string;
  readonly task: LambdaTask;
  readonly function: aws.lambda.Function;
  /** The function's role. It allows what the task declares; attach further policies to it. */
  readonly role: aws.iam.Role;
  readonly logGroup: aws.cloudwatch.LogGroup;
  /** The function's ARN, without a version. */
  readonly arn: pulumi.Output<string>;
  /**
   * The ARN of the version that is deployed now. A version never changes, and is deleted only with the function. So an
   * execution ends on the versions with which it began.
   */
  readonly versionArn: pulumi.Output<string>;
  /** The name of the function in the account. */
  readonly physicalName: pulumi.Output<string>;

  constructor(args: TaskFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    const { component, task, tables, defaults, settings, timeout, kmsKeyArn, tags } = args;
    const name = `${component}-${task.name}`;
    super("saga-aws-pulumi:index:TaskFunction", name, {}, opts);
    const { memory, concurrency, vpc = defaults.vpc, layers = defaults.layers } = task;
    const secrets = Object.keys(task.secrets).length > 0;
    const used = tables.usedBy(task);
    const variables = {
      ...Object.fromEntries(used.map(({ logicalName, table }) => [tableVariable(logicalName), table.name])),
      ...defaults.environment,
      ...task.environment,
      ...(secrets && { [SECRETS]: pulumi.jsonStringify(task.secrets) }),
    };
    const {
      lambda: made,
      role,
      log,
    } = lambda(
      name,
      {
        factory: secrets ? coldStart(task.handler, readSecrets) : coldStart(task.handler),
        packages: task.packages,
        statements: [
          ...used.flatMap(({ actions, table }) => usesTable(actions, table.arn)),
          ...task.allow,
          ...readsSecrets(name, task.secrets),
          ...(vpc ? [STANDS_IN_VPC] : []),
        ],
        settings: {
          ...settings,
          ...(memory !== undefined && { functionMemory: memory }),
          ...(concurrency !== undefined && { reservedConcurrency: concurrency }),
        },
        kmsKeyArn,
        // The table changes its key in the same deploy.
        usesKeys: { name: nameOfPart(task.name, "key", component), statements: keysOf(used).map(usesTableKey) },
        tags,
        timeout,
        own: {
          publish: true,
          ...(Object.keys(variables).length > 0 && { environment: { variables } }),
          ...(vpc && { vpcConfig: inVpc(vpc) }),
          ...(layers && { layers: mutable(layers) }),
          tags: { ...tags, task: task.name },
        },
      },
      { parent: this },
    );

    this.component = component;
    this.task = task;
    this.function = made;
    this.role = role;
    this.logGroup = log;
    this.arn = made.arn;
    this.versionArn = made.qualifiedArn;
    this.physicalName = made.name;
    this.registerOutputs({ arn: this.arn, versionArn: this.versionArn, physicalName: this.physicalName });
  }
}

const usesTable = (actions: readonly string[], tableArn: pulumi.Input<string>): readonly Statement[] =>
  actions.length === 0 ? [] : [{ actions: actions.map((action) => `dynamodb:${action}`), resources: [tableArn] }];

/** The customer managed keys of the tables that the task uses, each once. */
const keysOf = (used: ReturnType<Tables["usedBy"]>): readonly pulumi.Output<string>[] => [
  ...new Set(used.flatMap(({ actions, kmsKeyArn }) => (actions.length > 0 && kmsKeyArn ? [kmsKeyArn] : []))),
];

/** The permissions to read a secret or parameter, by the service in its ARN. A parameter may be encrypted, so it is decrypted. */
function readsSecrets(name: string, secrets: LambdaTask["secrets"]): readonly Statement[] {
  return Object.entries(secrets).map(([variable, secret]) => {
    const arn = pulumi.output(secret);
    const action = arn.apply((resolved) => {
      const [, , service, , , kind] = resolved.split(":");
      if (service === "secretsmanager" && kind === "secret") return "secretsmanager:GetSecretValue";
      if (service === "ssm" && kind?.startsWith("parameter/") === true) return "ssm:GetParameter";
      throw new pulumi.RunError(
        `'${name}': ${variable} is to be read from '${resolved}', which is no ARN of a secret in Secrets Manager or of a parameter in SSM: give that`,
      );
    });
    return { actions: [action], resources: [arn] };
  });
}

/**
 * What a function in a subnet needs for its network interfaces, which have no names before they are there.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
const STANDS_IN_VPC: Statement = {
  actions: [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ],
  resources: ["*"],
};

function inVpc({ subnetIds, securityGroupIds }: NonNullable<TaskOptions["vpc"]>) {
  return { subnetIds: mutable(subnetIds), securityGroupIds: mutable(securityGroupIds) };
}

/** The provider's types take no list that is read-only. */
const mutable = (list: pulumi.Input<readonly pulumi.Input<string>[]>): pulumi.Output<string[]> =>
  pulumi.output(list).apply((resolved) => [...resolved]);
