import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config";
import { placeOf, type Statement } from "./policy";

/**
 * The ARN of the customer managed key that the stack's config names: an existing key, or a key of the stack. It is undefined
 * if AWS's own keys encrypt.
 *
 * The policy of an existing key must allow its use by the account's roles, by `logs.REGION.amazonaws.com` and by
 * `delivery.logs.amazonaws.com`.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function sagaKey(
  name: string,
  { kmsKey }: Pick<Config, "kmsKey">,
  tags: Readonly<Record<string, string>> = {},
): pulumi.Output<string> | undefined {
  if (kmsKey === "aws-owned") return undefined;
  if (kmsKey !== "create") return pulumi.output(kmsKey);
  const policy = pulumi
    .all([aws.getCallerIdentityOutput({}), aws.getRegionOutput({}), aws.getPartitionOutput({})])
    .apply(([{ accountId: account }, { region }, { partition, dnsSuffix }]) =>
      keyPolicy({ account, region, partition, dnsSuffix }),
    );
  const key = new aws.kms.Key(
    name,
    { description: `Data of ${name} at rest`, enableKeyRotation: true, deletionWindowInDays: 30, policy, tags },
    // Logs, backups and running executions are encrypted with the key, and are lost without it.
    { retainOnDelete: true },
  );
  return key.arn;
}

/** The policy of a key: the account's IAM decides, and the two services that store and deliver logs may use the key. */
function keyPolicy({
  account,
  region,
  partition,
  dnsSuffix,
}: ReturnType<typeof placeOf> & { readonly dnsSuffix: string }): string {
  const logs = `arn:${partition}:logs:${region}:${account}`;
  const statement = (Principal: object, Action: string | string[], Condition?: object) => ({
    Effect: "Allow",
    Principal,
    Action,
    // In a key's policy this is the key itself.
    Resource: "*",
    ...(Condition && { Condition }),
  });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      statement({ AWS: `arn:${partition}:iam::${account}:root` }, "kms:*"),
      statement(
        // In China its name ends in amazonaws.com.cn: KMS refuses a policy with a principal that does not exist.
        { Service: `logs.${region}.${dnsSuffix}` },
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        { ArnLike: { "kms:EncryptionContext:aws:logs:arn": `${logs}:log-group:*` } },
      ),
      statement({ Service: "delivery.logs.amazonaws.com" }, "kms:Decrypt", {
        StringEquals: { "kms:EncryptionContext:SourceArn": `${logs}:*` },
      }),
    ],
  });
}

/** The permissions of a function's role for the items of an encrypted table, only through DynamoDB. */
export function usesTableKey(kmsKeyArn: pulumi.Output<string>): Statement {
  return {
    actions: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
    resources: [kmsKeyArn],
    conditions: {
      StringEquals: { "kms:ViaService": kmsKeyArn.apply((arn) => `dynamodb.${placeOf(arn).region}.amazonaws.com`) },
    },
  };
}

/**
 * The permissions of a state machine's role to deliver the log of encrypted executions.
 * @param logArn The ARN of the log, whose account may differ from the key's.
 */
export function usesLogKey(kmsKeyArn: pulumi.Output<string>, logArn: pulumi.Output<string>): Statement {
  const logs = logArn.apply((arn) => {
    const { partition, region, account } = placeOf(arn);
    return `arn:${partition}:logs:${region}:${account}:*`;
  });
  return {
    actions: ["kms:GenerateDataKey"],
    resources: [kmsKeyArn],
    conditions: { StringEquals: { "kms:EncryptionContext:SourceArn": logs } },
  };
}

/** The permissions of a state machine's role for its own executions. */
export function usesMachineKey(kmsKeyArn: pulumi.Output<string>, machine: pulumi.Output<string>): Statement {
  return {
    actions: ["kms:Decrypt", "kms:GenerateDataKey"],
    resources: [kmsKeyArn],
    conditions: { StringEquals: { "kms:EncryptionContext:aws:states:stateMachineArn": machine } },
  };
}

/** The permissions to read executions of these encrypted machines, only through Step Functions. */
export function readsExecutions(
  kmsKeyArn: pulumi.Output<string>,
  machines: readonly pulumi.Output<string>[],
): Statement {
  return {
    actions: ["kms:Decrypt"],
    resources: [kmsKeyArn],
    conditions: {
      StringEquals: {
        "kms:ViaService": kmsKeyArn.apply((arn) => `states.${placeOf(arn).region}.amazonaws.com`),
        "kms:EncryptionContext:aws:states:stateMachineArn": machines,
      },
    },
  };
}
