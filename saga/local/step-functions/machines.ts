import { type Clock, type Json, loadMachine, type Machine } from "../../interpreter";
import { AwsError } from "../aws-error";
import { withoutQualifier } from "./arns";

export type MachineType = "STANDARD" | "EXPRESS";

/** What a machine runs at some time: an update makes another. */
export interface Revision {
  /** As JSON. */
  readonly definition: string;
  readonly machine: Machine;
  readonly roleArn: string;
}

/** A revision that was published, and stays. */
export interface Version {
  readonly arn: string;
  readonly revision: Revision;
  readonly creationDate: number;
}

/** A name that leads to versions, by their weights. */
export interface Alias {
  readonly arn: string;
  readonly name: string;
  routes: readonly Route[];
  readonly creationDate: number;
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
  revision: Revision;
  readonly versions: Map<string, Version>;
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
export interface DeployedMachine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly type?: MachineType | undefined;
  readonly definition: string;
  /** Where the revision is published. */
  readonly versionArn?: string | undefined;
}

/** The state machines of this process, by their ARNs. */
export class StateMachines {
  private readonly machines = new Map<string, StateMachine>();

  constructor(
    private readonly clock: Pick<Clock, "now">,
    private readonly random: () => number = Math.random,
    private readonly onChange: (machine: StateMachine) => void = () => {},
  ) {}

  /** Takes back a machine of an earlier process. */
  restore(machine: StateMachine): void {
    this.machines.set(machine.arn, machine);
  }

  values(): Iterable<StateMachine> {
    return this.machines.values();
  }

  /**
   * Deploys a machine. What is published stays as it was.
   * @throws DefinitionError
   */
  deploy({ arn, name, roleArn, type = "STANDARD", definition, versionArn }: DeployedMachine): StateMachine {
    const there = this.machines.get(arn);
    const now = this.clock.now();
    const same = there?.revision.definition === definition && there.revision.roleArn === roleArn;
    const revision = same
      ? there.revision
      : { definition, roleArn, machine: loadMachine(JSON.parse(definition) as Json) };
    const machine = there ?? {
      arn,
      name,
      type,
      creationDate: now,
      revision,
      versions: new Map<string, Version>(),
      aliases: new Map<string, Alias>(),
    };
    machine.revision = revision;
    this.machines.set(arn, machine);
    if (versionArn !== undefined && !machine.versions.has(versionArn)) {
      machine.versions.set(versionArn, { arn: versionArn, revision, creationDate: now });
    }
    this.onChange(machine);
    return machine;
  }

  /** Has a name lead to versions; it leads elsewhere from now on if it is there. */
  route(machineArn: string, { name, routes }: { readonly name: string; readonly routes: readonly Route[] }): void {
    const { machine } = this.get(machineArn);
    const arn = `${machine.arn}:${name}`;
    const there = machine.aliases.get(arn);
    if (there) there.routes = routes;
    else machine.aliases.set(arn, { arn, name, routes, creationDate: this.clock.now() });
    this.onChange(machine);
  }

  /** What an ARN leads to. Of an alias it is one of its versions: by their weights, another each time. */
  find(arn: string): Target | undefined {
    const machine = this.machines.get(withoutQualifier(arn));
    if (!machine) return undefined;
    if (arn === machine.arn) return { machine, revision: machine.revision };
    const alias = machine.aliases.get(arn);
    const version = machine.versions.get(alias ? this.pick(machine, alias) : arn);
    return version && { machine, version, revision: version.revision, ...(alias && { alias }) };
  }

  /** @throws AwsError */
  get(arn: string): Target {
    const target = this.find(arn);
    if (!target) throw new AwsError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    return target;
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
