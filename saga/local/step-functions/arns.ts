import { AwsError } from "../aws-error";

/** The ARN of an execution, by its name. It contains the name of the machine, without a version or an alias. */
export const executionArn = (machineArn: string, name: string): string =>
  `${withoutQualifier(machineArn).replace(":stateMachine:", ":execution:")}:${name}`;

/** The ARN of a machine, from the ARN of one of its versions or aliases. IAM knows only this one. */
export const withoutQualifier = (machineArn: string): string => machineArn.replace(/(:stateMachine:[^:]+).*/, "$1");

/**
 * Checks that a text is the ARN of such a resource.
 * @throws AwsError InvalidArn
 */
export function checkArn(arn: string, kind: "stateMachine" | "execution"): void {
  const [prefix, , service, , , type, name] = arn.split(":");
  if (prefix !== "arn" || service !== "states" || type === undefined) {
    throw new AwsError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  }
  if (type !== kind || name === undefined || name === "") {
    throw new AwsError("InvalidArn", `Invalid Arn: 'Resource type not valid in this context: ${type}'`);
  }
}
