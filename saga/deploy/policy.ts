import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { Statement as TaskStatement } from "../language";
import { LIMITS } from "./limits";

/** One allowing statement of a policy. Its actions may be outputs. */
export interface Statement extends Omit<TaskStatement, "actions"> {
  readonly actions: readonly pulumi.Input<string>[];
}

/** An IAM policy that allows these statements and nothing else. */
export function allow(...statements: readonly Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: statements.map(({ actions, resources, conditions }) => ({
      Effect: "Allow",
      Action: actions,
      Resource: resources,
      ...(conditions && { Condition: conditions }),
    })),
  });
}

/**
 * Gives a role these statements in an inline policy. If they do not fit, as with a hundred functions, managed policies take the
 * rest.
 *
 * @returns The resources that must exist before the role is used.
 * @throws RunError if a role may not have so many policies
 */
export function grant(
  name: string,
  { role, statements, tags }: { role: aws.iam.Role; statements: readonly Statement[]; tags: Tags },
  opts: pulumi.CustomResourceOptions,
): readonly pulumi.Resource[] {
  const [inline = [], ...managed] = pack(statements);
  if (managed.length > LIMITS.managedPolicies) {
    throw new pulumi.RunError(
      `'${name}': what it calls takes ${managed.length} managed policies, and IAM gives a role ${LIMITS.managedPolicies}: have child sagas run some of its steps`,
    );
  }
  const attached = managed.map((some, at) => {
    const of = `${name}-${at + 2}`;
    const { arn } = new aws.iam.Policy(of, { policy: allow(...some), tags }, opts);
    return new aws.iam.RolePolicyAttachment(of, { role: role.name, policyArn: arn }, opts);
  });
  // The inline policy is updated last: another policy already allows the statements that leave it.
  const last = { ...opts, dependsOn: attached };
  return [...attached, new aws.iam.RolePolicy(name, { role: role.name, policy: allow(...inline) }, last)];
}

type Tags = Readonly<Record<string, string>>;

/** Splits statements, in their order: the first ones fit into the inline policy, and managed policies take the others. */
export function pack(statements: readonly Statement[]): readonly (readonly Statement[])[] {
  const packed: Statement[][] = [[]];
  let left: number = LIMITS.inlinePolicies - EMPTY - KEY_POLICY;
  const next = () => {
    packed.push([]);
    left = LIMITS.managedPolicy - EMPTY;
  };
  for (const { resources, ...rest } of statements) {
    const alone = sizeOf({ Effect: "Allow", Action: rest.actions, Resource: [], Condition: rest.conditions }) + 1;
    let some: pulumi.Input<string>[] = [];
    const close = () => {
      if (some.length > 0) packed.at(-1)?.push({ ...rest, resources: some });
      some = [];
    };
    left -= alone;
    for (const resource of resources) {
      const size = sizeOf(resource) + 1;
      if (size > left) {
        close();
        next();
        left -= alone;
      }
      some.push(resource);
      left -= size;
    }
    close();
  }
  return packed;
}

/**
 * The most characters of the policy for a machine's own key. It is an inline policy of the same role, and is made after the
 * machine: IAM would refuse it in the middle of a deploy.
 */
const KEY_POLICY = 512;

/** Of a policy without statements. */
const EMPTY = JSON.stringify({ Version: "2012-10-17", Statement: [] }).length;

/**
 * The longest ARN that this component grants: a machine in `us-gov-west-1` with a name of 64 characters. The component must
 * know the number of its policies before the names of its resources are known.
 */
const LONGEST = "arn:aws-us-gov:states:us-gov-west-1:000000000000:stateMachine:".length + 64;

/** The length of a value as JSON, or an upper bound for an unknown value. IAM counts no white space, and there is none. */
function sizeOf(value: unknown): number {
  if (pulumi.Output.isInstance(value)) return LONGEST + 2;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + sizeOf(each) + 1, 2);
  if (typeof value === "object" && value !== null)
    return Object.entries(value).reduce((sum, [key, each]) => sum + sizeOf(key) + sizeOf(each) + 2, 2);
  return JSON.stringify(value ?? null).length;
}

/** The trust policy of a role that one AWS service assumes. */
export function assumedBy(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }],
  });
}

/** The parts of an ARN that tell where a resource is. */
export function placeOf(arn: string): {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
} {
  const [, partition = "", , region = "", account = ""] = arn.split(":");
  return { partition, region, account };
}

/**
 * X-Ray write permissions. These actions have no resources: AWS allows them only on `*`.
 * @see https://docs.aws.amazon.com/xray/latest/devguide/security_iam_service-with-iam.html
 */
export const TRACES: readonly string[] = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
