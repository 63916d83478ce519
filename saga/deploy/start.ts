import * as aws from "./aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config";
import { readsExecutions, usesMachineKey } from "./encryption";
import type { Machine } from "./machine";
import { allow, type Statement } from "./policy";
import { routes } from "./versions";

/** The alias that starts executions. */
const ALIAS = "live";

/** An alias of the deployed version of a machine, or of two versions during a gradual shift. */
export function liveAlias(
  name: string,
  main: Machine,
  from: {
    readonly settings: Pick<Config, "trafficPercent" | "previousVersion" | "workflowType">;
    /** Machines that an execution starts, or that recover it. */
    readonly others: readonly Machine[];
    readonly parent: pulumi.Resource;
  },
): aws.sfn.Alias {
  const { settings, others, parent } = from;
  return new aws.sfn.Alias(
    // A change of the type creates another machine, and an alias can't move to another machine.
    `${name}-${settings.workflowType}`,
    { name: ALIAS, routingConfigurations: routes(name, main, settings, parent) },
    { parent, dependsOn: [main, ...others].flatMap(({ needs }) => needs) },
  );
}

/** What a role may start with the alias, and what may wait for its answer. */
export interface Startable {
  readonly machineArn: pulumi.Output<string>;
  /** The state machines whose tasks may wait for an answer: this one, its children, and the one that recovers it. */
  readonly machines: readonly pulumi.Output<string>[];
  readonly express: boolean;
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
}

/**
 * Permits a role to start executions with the alias, and with no other ARN.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
 */
export function mayStart(
  name: string,
  role: aws.iam.Role | pulumi.Input<string>,
  { startable, parent }: { readonly startable: Startable; readonly parent: pulumi.Resource },
): aws.iam.RolePolicy {
  const { machineArn, express, kmsKeyArn } = startable;
  const start: Statement = {
    // For IAM, an alias is a qualifier, and not a resource.
    actions: ["states:StartExecution", ...(express ? ["states:StartSyncExecution"] : [])],
    resources: [machineArn],
    conditions: { "ForAnyValue:StringEquals": { "states:StateMachineQualifier": [ALIAS] } },
  };
  // The machine's own role decrypts the input. A caller that waits for the end also reads the output.
  const policy = allow(start, ...(express && kmsKeyArn ? [readsExecutions(kmsKeyArn, [machineArn])] : []));
  return policyOf(name, role, { policy, parent });
}

/**
 * Permits a role to answer the tasks that wait in these machines, for which a token is the only address. The permission is
 * one on the token's state machine: https://github.com/aws/aws-cdk/pull/8486. No page says whether the caller needs the key
 * of an encrypted machine, so the role may use it, for these machines alone.
 */
export function mayAnswer(
  name: string,
  role: aws.iam.Role | pulumi.Input<string>,
  { startable, parent }: { readonly startable: Startable; readonly parent: pulumi.Resource },
): aws.iam.RolePolicy {
  const { machines, kmsKeyArn } = startable;
  const answer: Statement = {
    actions: ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
    resources: machines,
  };
  const policy = allow(answer, ...(kmsKeyArn ? machines.map((machine) => usesMachineKey(kmsKeyArn, machine)) : []));
  return policyOf(name, role, { policy, parent });
}

function policyOf(
  name: string,
  role: aws.iam.Role | pulumi.Input<string>,
  { policy, parent }: { readonly policy: pulumi.Input<string>; readonly parent: pulumi.Resource },
): aws.iam.RolePolicy {
  return new aws.iam.RolePolicy(name, { role: aws.iam.Role.isInstance(role) ? role.name : role, policy }, { parent });
}
