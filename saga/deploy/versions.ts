import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config";
import type { Machine } from "./machine";

/**
 * Which versions of a machine new executions run: AWS takes one, or two that differ.
 * @throws RunError in the output, for a `previousVersion` that there is none of. A preview finds that as well, but for the
 *   first one, which has no machine to look at.
 */
export function routes(
  name: string,
  { stateMachine }: Machine,
  settings: Pick<Config, "trafficPercent" | "previousVersion">,
  parent: pulumi.Resource,
): pulumi.Output<aws.types.input.sfn.AliasRoutingConfiguration[]> {
  const { trafficPercent, previousVersion } = settings;
  // In a preview the version that is to be made is not known, and what waits for it does not happen.
  const checked = stateMachine.arn.apply(async (arn) => {
    if (previousVersion > 0) await checkVersion(name, arn, settings, lookUp(parent));
    return arn;
  });
  return pulumi.all([checked, stateMachine.stateMachineVersionArn]).apply(([arn, now]) => {
    const before = `${arn}:${previousVersion}`;
    const only = (stateMachineVersionArn: string) => [{ stateMachineVersionArn, weight: 100 }];
    if (trafficPercent === 100 || now === before) return only(now);
    if (trafficPercent === 0) return only(before);
    return [
      { stateMachineVersionArn: now, weight: trafficPercent },
      { stateMachineVersionArn: before, weight: 100 - trafficPercent },
    ];
  });
}

interface LookUp {
  /** The ARNs of a machine's versions, the last one first. */
  readonly list: (statemachineArn: string) => Promise<readonly string[]>;
  readonly warn: (message: string) => void;
}

function lookUp(parent: pulumi.Resource): LookUp {
  return {
    list: async (statemachineArn) =>
      (await aws.sfn.getStateMachineVersions({ statemachineArn }, { parent })).statemachineVersions,
    warn: (message) => void pulumi.log.warn(message, parent),
  };
}

/** @throws RunError if the machine has no such version. If it can't be looked up, AWS refuses the alias. */
export async function checkVersion(
  name: string,
  machineArn: string,
  { previousVersion }: Pick<Config, "previousVersion">,
  { list, warn }: LookUp,
): Promise<void> {
  let versions: readonly string[];
  try {
    versions = await list(machineArn);
  } catch (error) {
    warn(
      `'${name}': whether its state machine has a version ${previousVersion} can't be looked up: ${(error as Error).message}`,
    );
    return;
  }
  if (versions.includes(`${machineArn}:${previousVersion}`)) return;
  const some = versions.slice(0, 3).map((arn) => arn.split(":").at(-1));
  const message = `'${name}': its state machine has no version ${previousVersion}: set previousVersion to one that it has, such as ${some.join(", ").replace(/, (?=[^,]*$)/, " or ")}`;
  // Pulumi would put before it in which property of the alias it has come upon it.
  throw Object.defineProperty(new pulumi.RunError(message), "message", { get: () => message, set: () => undefined });
}
