import { AwsError } from "../aws-error";

/** The ARN of the execution of that name: it has its machine's name, and not the version's or the alias's. */
export const executionArn = (machineArn: string, name: string): string =>
  `${withoutQualifier(machineArn).replace(":stateMachine:", ":execution:")}:${name}`;

/** The ARN of a machine, from that of one of its versions or aliases: the one that IAM knows. */
export const withoutQualifier = (machineArn: string): string => machineArn.replace(/(:stateMachine:[^:]+).*/, "$1");

/**
 * Passes the ARN of a resource of that kind.
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
