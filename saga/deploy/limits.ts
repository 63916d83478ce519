import * as pulumi from "@pulumi/pulumi";

/**
 * The limits of AWS, each with its page. A program that exceeds one is refused before anything is created, or the component
 * avoids the limit, for example by splitting an alarm.
 *
 * For any saga and any settings, the component stays within all other limits: a log group has two metric filters of 100; a
 * function's policy has one statement; a rule has one target, and a pattern of about 700 characters of 2,048; an alarm has
 * one action; a dashboard has seven graphs of 500. The component can't know three numbers: the resource policies of
 * CloudWatch Logs in the region (10; Step Functions makes one itself, which does not grow with log groups under
 * `/aws/vendedlogs/`), the roles and functions of the account, and the existing versions of a machine.
 */
export const LIMITS = {
  /** Metrics of an alarm. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
  alarmMetrics: 10,
  /** Metrics of a graph of a dashboard: the same page. */
  graphMetrics: 500,
  /**
   * The characters of all inline policies of a role together, the characters of one managed policy, and the number of managed
   * policies of a role by default. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
   */
  inlinePolicies: 10_240,
  managedPolicy: 6_144,
  managedPolicies: 10,
  /**
   * The characters of the name of a role and of a function. Pulumi's suffix takes eight of them. See the page above, and
   * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
   */
  name: 64 - 8,
  /**
   * Tags of a resource, and characters of a tag's key and value. Step Functions has the narrowest alphabet of all.
   * https://docs.aws.amazon.com/step-functions/latest/apireference/API_Tag.html
   */
  tags: 50,
  tagKey: 128,
  tagValue: 256,
} as const;

/** At most `most` in each. */
export function chunks<Each>(all: readonly Each[], most: number): readonly (readonly Each[])[] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, at) => all.slice(at * most, (at + 1) * most));
}

/**
 * @param component The component's name, from which the names are made.
 * @throws RunError for a name that AWS would refuse in the middle of a deploy
 */
export function checkNames(component: string, names: readonly string[]): void {
  const bad = names.find((name) => !/^[A-Za-z0-9_-]+$/.test(name) || name.length > LIMITS.name);
  if (bad === undefined) return;
  throw new pulumi.RunError(
    `'${component}': '${bad}' can't name a role: use letters, digits, hyphens and underscores, ${LIMITS.name} characters at most in all`,
  );
}

/** @throws RunError for tags that Step Functions would refuse, after the functions have taken them */
export function checkTags(component: string, tags: Readonly<Record<string, string>>): void {
  const refuse = (reason: string) => {
    throw new pulumi.RunError(`'${component}': ${reason}`);
  };
  // A function has one of its own.
  const most = LIMITS.tags - 1;
  const all = Object.entries(tags);
  if (all.length > most) refuse(`it has ${all.length} tags, and AWS takes ${most} beside its own: leave some out`);
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
  for (const [key, value] of all) {
    const fits = key.length > 0 && key.length <= LIMITS.tagKey && value.length <= LIMITS.tagValue;
    if (fits && allowed.test(key + value) && !/^aws:/i.test(key)) continue;
    refuse(
      `Step Functions takes no tag ${JSON.stringify(key)} with the value ${JSON.stringify(value)}: use letters, digits, spaces and _.:/=+-@, ${LIMITS.tagKey} characters at most for a key that does not begin with aws:, and ${LIMITS.tagValue} for its value`,
    );
  }
}

/** @throws RunError for more functions and state machines than a graph shows */
export function checkGraphs(component: string, shown: number): void {
  if (shown <= LIMITS.graphMetrics) return;
  throw new pulumi.RunError(
    `'${component}': it has ${shown} functions and state machines, and a graph of CloudWatch's shows ${LIMITS.graphMetrics}: split the saga, and have one part start the other`,
  );
}
