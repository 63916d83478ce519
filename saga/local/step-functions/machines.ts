import { randomUUID } from "node:crypto";
import type { Clock, JsonObject, Machine } from "../../interpreter";
import { AwsError } from "../aws-error";
import { withoutQualifier } from "./arns";
import { type MachineType, readDefinition } from "./definitions";

/** What a machine runs at some time: an update makes another. */
export interface Revision {
  /** As JSON. */
  readonly definition: string;
  readonly machine: Machine;
  readonly roleArn: string;
  /** Absent before the first update, as on AWS. */
  readonly id?: string;
  /** Told as it was given; it changes nothing here. */
  readonly configuration: Configuration;
}

/** What else a machine is given, beside its definition and its role. */
export interface Configuration {
  readonly loggingConfiguration?: JsonObject | undefined;
  readonly tracingConfiguration?: JsonObject | undefined;
  readonly encryptionConfiguration?: JsonObject | undefined;
}

/** A revision that was published, and stays. */
export interface Version {
  readonly arn: string;
  readonly revision: Revision;
  readonly description?: string | undefined;
  readonly creationDate: number;
}

/** A name that leads to versions, by their weights. */
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
  /** A number is given once, also where its version has been deleted. */
  lastVersion: number;
  readonly aliases: Map<string, Alias>;
}

/** What an ARN leads to: of a machine, of a version, or of an alias. */
export interface Target {
  readonly machine: StateMachine;
  readonly revision: Revision;
  readonly version?: Version;
  readonly alias?: Alias;
}

/** What is deployed: as a machine, or as one more revision of one that is there. */
export interface DeployedMachine extends Configuration {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly type?: MachineType | undefined;
  readonly definition: string;
  /** Where the revision is published. */
  readonly versionArn?: string | undefined;
}

/** How many machines there may be: each is kept in memory. */
const MAX_MACHINES = 10_000;

/** Is told of what becomes of machines. */
export interface MachineKeeper {
  /** Of one that is new, or another. */
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

  /** Takes back a machine of an earlier process. */
  restore(machine: StateMachine): void {
    this.machines.set(machine.arn, machine);
  }

  /** To be called after each change of what a machine holds. */
  changed(machine: StateMachine): void {
    this.keeper?.machine(machine);
  }

  values(): Iterable<StateMachine> {
    return this.machines.values();
  }

  /**
   * Deploys a machine, as an update of the one that is there; of another type it is another. What is published stays as it
   * was.
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
    if (versionArn !== undefined && !machine.versions.has(versionArn)) {
      machine.versions.set(versionArn, { arn: versionArn, revision: machine.revision, creationDate: this.clock.now() });
      machine.lastVersion = Math.max(machine.lastVersion, Number(versionArn.replace(/^.*:/, "")) || 0);
    }
    this.changed(machine);
    return machine;
  }

  /**
   * Creates a machine, or gives the one that is just the same.
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
   * Gives a machine another revision, unless all stays as it is. What runs goes on with its own.
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
    machine.updateDate = this.clock.now();
    if (same) return;
    const read = definition === revision.definition ? revision.machine : readDefinition(definition, machine.type);
    machine.revision = { definition, machine: read, roleArn, configuration, id: randomUUID() };
    this.changed(machine);
  }

  delete(arn: string): void {
    this.machines.delete(arn);
    this.keeper?.machineDeleted(arn);
  }

  /** Takes a machine away from all but other machines, which may start it as long as their own executions are under way. */
  withdraw(arn: string, isUnderWay: boolean): void {
    const machine = this.machines.get(arn);
    this.machines.delete(arn);
    if (!isUnderWay) this.withdrawn.clear();
    else if (machine) this.withdrawn.set(arn, machine);
  }

  /** Publishes what a machine runs now; gives the version that has it where there is one. */
  publish(machine: StateMachine, description?: string): Version {
    for (const version of machine.versions.values()) if (version.revision === machine.revision) return version;
    const arn = `${machine.arn}:${++machine.lastVersion}`;
    const version: Version = { arn, revision: machine.revision, description, creationDate: this.clock.now() };
    machine.versions.set(arn, version);
    this.changed(machine);
    return version;
  }

  /** Has a name lead to versions; it leads elsewhere from now on if it is there. */
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

  /** What an ARN leads to. Of an alias it is one of its versions: by their weights, another each time. */
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

  /** The machine itself, by its own ARN alone. */
  machineAt(arn: string): StateMachine {
    const machine = this.machines.get(arn);
    if (!machine) throw new AwsError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  /** Versions of another time are not on this machine: none is led to one. */
  private pick({ versions }: StateMachine, { routes }: Alias): string {
    const here = routes.filter(
      ({ stateMachineVersionArn, weight }) => weight > 0 && versions.has(stateMachineVersionArn),
    );
    let left = this.random() * here.reduce((sum, { weight }) => sum + weight, 0);
    const picked = here.find(({ weight }) => (left -= weight) < 0) ?? here.at(-1);
    return picked?.stateMachineVersionArn ?? "";
  }
}

/** What is given of it, and nothing else. */
function configurationOf(given: Configuration): Configuration {
  const { loggingConfiguration, tracingConfiguration, encryptionConfiguration } = given;
  return {
    ...(loggingConfiguration && { loggingConfiguration }),
    ...(tracingConfiguration && { tracingConfiguration }),
    ...(encryptionConfiguration && { encryptionConfiguration }),
  };
}
