import { randomUUID } from "node:crypto";
import type { Clock, JsonObject, Machine } from "../../interpreter";
import { AwsError } from "../aws-error";
import { withoutQualifier } from "./arns";
import { type MachineType, readDefinition } from "./definitions";

/** The content of a machine at some time. An update makes a new revision. */
export interface Revision {
  /** As JSON. */
  readonly definition: string;
  readonly machine: Machine;
  readonly roleArn: string;
  /** Absent before the first update, as on AWS. */
  readonly id?: string;
  /** Only stored and returned: it has no effect here. */
  readonly configuration: Configuration;
}

/** The settings of a machine, beside its definition and its role. */
export interface Configuration {
  readonly loggingConfiguration?: JsonObject | undefined;
  readonly tracingConfiguration?: JsonObject | undefined;
  readonly encryptionConfiguration?: JsonObject | undefined;
}

/** A published revision, which never changes. */
export interface Version {
  readonly arn: string;
  readonly revision: Revision;
  readonly description?: string | undefined;
  readonly creationDate: number;
  /** Set if a client published it, and not a deployment of the program. */
  readonly byClient?: true;
}

/** A name that routes to versions, by weights. */
export interface Alias {
  readonly arn: string;
  readonly name: string;
  description?: string | undefined;
  routes: readonly Route[];
  readonly creationDate: number;
  updateDate: number;
}

export interface Route {
  readonly stateMachineVersionArn: string;
  /** In percent. */
  readonly weight: number;
}

/** Times are milliseconds since the epoch. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly type: MachineType;
  readonly creationDate: number;
  updateDate: number;
  revision: Revision;
  /** In the order in which they were published. */
  readonly versions: Map<string, Version>;
  /** The last number of a version. Numbers are never reused, even if their version was deleted. */
  lastVersion: number;
  readonly aliases: Map<string, Alias>;
  /** Set if the program deployed it, and not a client. */
  deployed?: true;
}

/** The target of an ARN of a machine, a version or an alias. */
export interface Target {
  readonly machine: StateMachine;
  readonly revision: Revision;
  readonly version?: Version;
  readonly alias?: Alias;
}

/** A machine to deploy: a new one, or a new revision of an existing one. */
export interface DeployedMachine extends Configuration {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly type?: MachineType | undefined;
  readonly definition: string;
  /** The ARN of the version, if the revision is published. */
  readonly versionArn?: string | undefined;
}

/** The maximum number of machines, because each is kept in memory. */
const MAX_MACHINES = 10_000;

/** Stores machines for the next process. */
export interface MachineKeeper {
  /** Stores a new or changed machine. */
  machine(machine: StateMachine): void;
  machineDeleted(arn: string): void;
}

/** The state machines of this process, by their ARNs. */
export class StateMachines {
  private readonly machines = new Map<string, StateMachine>();
  private readonly withdrawn = new Map<string, StateMachine>();

  constructor(
    private readonly clock: Pick<Clock, "now">,
    private readonly random: () => number = Math.random,
    private readonly keeper?: MachineKeeper,
  ) {}

  /** Adds a machine of an earlier process. */
  restore(machine: StateMachine): void {
    this.machines.set(machine.arn, machine);
  }

  /** Stores a machine. To be called after each change of it. */
  changed(machine: StateMachine): void {
    this.keeper?.machine(machine);
  }

  values(): Iterable<StateMachine> {
    return this.machines.values();
  }

  /**
   * Deploys a machine. An existing machine is updated; if its type differs, it is replaced. Published versions never
   * change.
   * @throws AwsError InvalidDefinition
   */
  deploy(deployed: DeployedMachine): StateMachine {
    const { arn, definition, roleArn, versionArn, type = "STANDARD" } = deployed;
    const former = this.machines.get(arn) ?? this.withdrawn.get(arn);
    const there = former?.type === type ? former : undefined;
    this.withdrawn.delete(arn);
    if (there) this.machines.set(arn, there);
    else this.machines.delete(arn);
    const changed = there && (there.revision.definition !== definition || there.revision.roleArn !== roleArn);
    if (changed) this.update(there, deployed);
    const machine = there ?? this.create(deployed);
    machine.deployed = true;
    if (versionArn !== undefined && !machine.versions.has(versionArn)) {
      machine.versions.set(versionArn, { arn: versionArn, revision: machine.revision, creationDate: this.clock.now() });
      machine.lastVersion = Math.max(machine.lastVersion, Number(versionArn.replace(/^.*:/, "")) || 0);
    }
    this.changed(machine);
    return machine;
  }

  /**
   * Creates a machine, or returns an existing one that is the same.
   * @throws AwsError as CreateStateMachine does
   */
  create({ arn, name, type = "STANDARD", definition, roleArn, ...rest }: DeployedMachine): StateMachine {
    const machine = readDefinition(definition, type);
    const configuration = configurationOf(rest);
    const there = this.machines.get(arn);
    if (there) {
      const { revision } = there;
      const same =
        there.type === type &&
        revision.definition === definition &&
        JSON.stringify(revision.configuration) === JSON.stringify(configuration);
      if (!same) throw new AwsError("StateMachineAlreadyExists", `State Machine Already Exists: '${arn}'`);
      return there;
    }
    if (this.machines.size >= MAX_MACHINES) {
      throw new AwsError("StateMachineLimitExceeded", `State Machine Limit Exceeded: '${MAX_MACHINES}'`);
    }
    const now = this.clock.now();
    const created: StateMachine = {
      arn,
      name,
      type,
      creationDate: now,
      updateDate: now,
      revision: { definition, machine, roleArn, configuration },
      versions: new Map(),
      lastVersion: 0,
      aliases: new Map(),
    };
    this.machines.set(arn, created);
    this.changed(created);
    return created;
  }

  /**
   * Gives a machine a new revision, if anything changes. Running executions keep theirs.
   * @throws AwsError InvalidDefinition
   */
  update(machine: StateMachine, changes: Partial<Pick<Revision, "definition" | "roleArn">> & Configuration): void {
    const { revision } = machine;
    const { definition = revision.definition, roleArn = revision.roleArn } = changes;
    const configuration = { ...revision.configuration, ...configurationOf(changes) };
    const same =
      definition === revision.definition &&
      roleArn === revision.roleArn &&
      JSON.stringify(configuration) === JSON.stringify(revision.configuration);
    const read = definition === revision.definition ? revision.machine : readDefinition(definition, machine.type);
    machine.updateDate = this.clock.now();
    if (same) return;
    machine.revision = { definition, machine: read, roleArn, configuration, id: randomUUID() };
    this.changed(machine);
  }

  delete(arn: string): void {
    this.machines.delete(arn);
    this.keeper?.machineDeleted(arn);
  }

  /**
   * Withdraws the machines of earlier releases that the new one lacks. Machines of clients stay. Executions can still start
   * withdrawn machines, until `removeUnneeded` removes them.
   * @param release The ARNs of the release's machines.
   */
  withdrawAllBut(release: ReadonlySet<string>): void {
    for (const machine of [...this.machines.values()]) {
      if (!machine.deployed || release.has(machine.arn)) continue;
      this.machines.delete(machine.arn);
      this.withdrawn.set(machine.arn, machine);
    }
  }

  /** The machines that the release lacks, and that executions can still start. */
  withdrawnMachines(): Iterable<StateMachine> {
    return this.withdrawn.values();
  }

  /**
   * Removes the versions of deployments and the withdrawn machines that nothing needs. AWS keeps the former, up to 1,000 for
   * a machine. What clients have published and created stays.
   * @param isNeeded Whether anything needs the version or the withdrawn machine with this ARN.
   */
  removeUnneeded(isNeeded: (arn: string) => boolean): void {
    for (const { arn } of [...this.withdrawn.values()]) {
      if (isNeeded(arn)) continue;
      this.withdrawn.delete(arn);
      this.keeper?.machineDeleted(arn);
    }
    for (const machine of [...this.machines.values(), ...this.withdrawn.values()]) {
      const unneeded = [...machine.versions.values()].filter(
        (each) => isOfDeployment(machine, each) && !isNeeded(each.arn),
      );
      for (const { arn } of unneeded) machine.versions.delete(arn);
      if (unneeded.length > 0) this.changed(machine);
    }
  }

  /** Publishes the current revision of a machine for a client. If it is already published, returns its version. */
  publish(machine: StateMachine, description?: string): Version {
    const { versions, revision } = machine;
    const there = [...versions.values()].find((each) => each.revision === revision);
    if (there?.byClient) return there;
    const arn = there?.arn ?? `${machine.arn}:${++machine.lastVersion}`;
    const made = there ?? { arn, revision, description, creationDate: this.clock.now() };
    const version: Version = { ...made, byClient: true };
    versions.set(arn, version);
    this.changed(machine);
    return version;
  }

  /** Creates an alias, or updates its routes. */
  route(
    machine: StateMachine,
    { name, routes, description }: Pick<Alias, "name" | "routes"> & { readonly description?: string | undefined },
  ): Alias {
    const { aliases } = machine;
    const arn = `${machine.arn}:${name}`;
    const now = this.clock.now();
    const there = aliases.get(arn);
    const alias = there ?? { arn, name, routes, description, creationDate: now, updateDate: now };
    if (there) Object.assign(there, { routes, updateDate: now, ...(description !== undefined && { description }) });
    aliases.set(arn, alias);
    this.changed(machine);
    return alias;
  }

  /** Finds the target of an ARN. For an alias it picks a version by the weights, anew in each call. */
  find(arn: string, { withdrawn = false } = {}): Target | undefined {
    const own = withoutQualifier(arn);
    const machine = this.machines.get(own) ?? (withdrawn ? this.withdrawn.get(own) : undefined);
    if (!machine) return undefined;
    if (arn === machine.arn) return { machine, revision: machine.revision };
    const alias = machine.aliases.get(arn);
    const version = machine.versions.get(alias ? this.pick(machine, alias) : arn);
    return version && { machine, version, revision: version.revision, ...(alias && { alias }) };
  }

  /** @throws AwsError StateMachineDoesNotExist */
  get(arn: string, options: { readonly withdrawn?: boolean } = {}): Target {
    const target = this.find(arn, options);
    if (!target) throw new AwsError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    return target;
  }

  /**
   * The machine with this ARN. ARNs of versions and aliases are not accepted.
   * @throws AwsError StateMachineDoesNotExist
   */
  machineAt(arn: string): StateMachine {
    const machine = this.machines.get(arn);
    if (!machine) throw new AwsError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  /** An alias may name versions of earlier deployments, which are not on this machine. They are never picked. */
  private pick({ versions }: StateMachine, { routes }: Alias): string {
    const here = routes.filter(
      ({ stateMachineVersionArn, weight }) => weight > 0 && versions.has(stateMachineVersionArn),
    );
    let left = this.random() * here.reduce((sum, { weight }) => sum + weight, 0);
    const picked = here.find(({ weight }) => (left -= weight) < 0) ?? here.at(-1);
    return picked?.stateMachineVersionArn ?? "";
  }
}

/** Whether a deployment of the program published a version of a machine. */
export const isOfDeployment = ({ deployed }: StateMachine, { byClient }: Version): boolean =>
  deployed === true && !byClient;

/** Only the settings that are present. */
function configurationOf(given: Configuration): Configuration {
  const { loggingConfiguration, tracingConfiguration, encryptionConfiguration } = given;
  return {
    ...(loggingConfiguration && { loggingConfiguration }),
    ...(tracingConfiguration && { tracingConfiguration }),
    ...(encryptionConfiguration && { encryptionConfiguration }),
  };
}
