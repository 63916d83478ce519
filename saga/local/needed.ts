import { withoutQualifier } from "./step-functions/arns";
import type { KnownExecution } from "./step-functions/executions";
import { isOfDeployment, type Revision, type StateMachines } from "./step-functions/machines";

/** What is still needed of all that was deployed so far. */
export interface Needed {
  /** The ARNs of the needed machines and functions, and of their needed versions. */
  readonly arns: ReadonlySet<string>;
  /** The revisions of the needed machines and versions. */
  readonly revisions: ReadonlySet<Revision>;
}

export interface Users {
  readonly machines: Pick<StateMachines, "values" | "withdrawnMachines">;
  /** The ARNs of the versions in the present release. */
  readonly released: Iterable<string>;
  readonly executions: Iterable<KnownExecution>;
  /** Whether an execution may still make calls. */
  readonly isUnfinished: (known: KnownExecution) => boolean;
}

/**
 * Finds what the present release, the aliases, the clients and the executions need. A version that started an execution is
 * needed as long as that execution is stored, so that a client can describe it and start it. An execution of a machine that
 * the program has dropped needs its version only until it is finished. What a needed definition names is needed too.
 */
export function neededOf({ machines, released, executions, isUnfinished }: Users): Needed {
  const all = [...machines.values(), ...machines.withdrawnMachines()];
  const live = new Set([...machines.values()].map(({ arn }) => arn));
  const targets = new Map<string, readonly (Revision | string)[]>();
  for (const { arn, revision, versions, aliases } of all) {
    targets.set(arn, [revision]);
    for (const version of versions.values()) targets.set(version.arn, [version.revision]);
    for (const alias of aliases.values()) {
      targets.set(
        alias.arn,
        alias.routes.map(({ stateMachineVersionArn }) => stateMachineVersionArn),
      );
    }
  }

  const arns = new Set<string>();
  const revisions = new Set<Revision>();
  const pending: (Revision | string)[] = [...released];
  for (const machine of machines.values()) {
    pending.push(machine.arn, ...machine.aliases.keys());
    for (const version of machine.versions.values()) if (!isOfDeployment(machine, version)) pending.push(version.arn);
  }
  for (const known of executions) {
    const { machineArn, versionArn, revision } = known;
    if (live.has(machineArn) || isUnfinished(known)) pending.push(versionArn ?? machineArn, revision);
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== "string") {
      if (revisions.has(next)) continue;
      revisions.add(next);
      pending.push(...arnsIn(next.definition));
    } else if (!arns.has(next)) {
      arns.add(next);
      pending.push(...(targets.get(next) ?? []));
      if (next.includes(":stateMachine:")) pending.push(withoutQualifier(next));
    }
  }
  return { arns, revisions };
}

/** The ARNs of machines and functions in a definition, in its calls and in its Comment. */
const arnsIn = (definition: string): readonly string[] => definition.match(ARN) ?? [];

/** The characters that a name can't have, and the quote that ends a text in JSONata. */
const ARN =
  /arn:[\w-]+:(?:states|lambda):[\w-]+:\d+:(?:stateMachine|function):[^\s<>{}[\]?*"#%\\^|~`$&,;:/']+(?::[\w.-]+)?/g;
