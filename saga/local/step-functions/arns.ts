/** The ARN of the execution of that name: it has its machine's name, and not the version's or the alias's. */
export const executionArn = (machineArn: string, name: string): string =>
  `${withoutQualifier(machineArn).replace(":stateMachine:", ":execution:")}:${name}`;

/** The ARN of a machine, from that of one of its versions or aliases: the one that IAM knows. */
export const withoutQualifier = (machineArn: string): string => machineArn.replace(/(:stateMachine:[^:]+).*/, "$1");
