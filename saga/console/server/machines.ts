import type { SFNClient } from "@aws-sdk/client-sfn";
import type { Declaration } from "../../asl/declaration";
import type { RawStates } from "../../asl/states";
import { tasksIn } from "../../asl/tasks";
import { declaredIn } from "../../control/declared";
import { inGroups } from "../../control/in-groups";
import { AUXILIARY, named, withoutQualifier } from "../../control/machines";
import type { ConsoleOptions, KnownMachine } from "./options";
import { notFound } from "./refusal";
import { NOT_PROVED, type Proofs, type SagaVerdict } from "./proofs";

/** A machine, with what the program says of it where that is at hand. */
export interface SagaMachine {
  readonly name: string;
  readonly machineArn: string;
  readonly startArn: string;
  readonly startable: boolean;
  readonly type: string;
  readonly definition: object;
  readonly declaration?: Declaration;
  readonly examples: KnownMachine["examples"];
  readonly verdict: SagaVerdict;
}

/** More than a person looks at. */
const MOST = 1000;
/** How many requests are under way at once, by which nobody else is throttled. */
const TOGETHER = 4;

interface Listed {
  readonly arn: string;
  readonly name: string;
}

/** How long a list of machines is good for. */
const REMEMBERED_MS: Readonly<Record<ConsoleOptions["target"]["kind"], number>> = {
  local: 1000,
  endpoint: 10_000,
  stack: 30_000,
};

/** The state machines that are there. */
export class Machines {
  private toldPending = false;
  private listed: { readonly at: number; readonly machines: Promise<readonly Listed[]> } | undefined;

  constructor(
    private readonly options: Pick<ConsoleOptions, "target" | "known">,
    private readonly proofs: Proofs,
  ) {}

  /** Each with its ARN and what a person calls it; those that somebody starts come first. */
  list(): Promise<readonly Listed[]> {
    const now = Date.now();
    if (!this.listed || now - this.listed.at > REMEMBERED_MS[this.options.target.kind]) {
      const listed = { at: now, machines: this.readList() };
      this.listed = listed;
      // What was refused may be allowed by now.
      listed.machines.catch(() => {
        if (this.listed === listed) this.listed = undefined;
      });
    }
    return this.listed.machines;
  }

  /** They may be others by now. */
  forget(): void {
    this.listed = undefined;
  }

  private async readList(): Promise<readonly Listed[]> {
    const { target } = this.options;
    const arns = target.machineArns?.map(withoutQualifier) ?? (await this.allArns());
    const order = (arn: string): number => {
      const known = this.known(arn);
      return known?.startable === true ? 0 : known ? 1 : 2;
    };
    return [...new Set(arns)]
      .map((arn) => ({ arn, name: this.nameOf(arn) }))
      .sort((one, other) => order(one.arn) - order(other.arn) || (one.name < other.name ? -1 : 1));
  }

  /** All that there are, but for those whose executions nobody can list. */
  private async allArns(): Promise<readonly string[]> {
    const { paginateListStateMachines } = await import("@aws-sdk/client-sfn");
    const client = await this.options.target.sfn();
    const arns: string[] = [];
    for await (const { stateMachines = [] } of paginateListStateMachines({ client, pageSize: 1000 }, {})) {
      for (const { stateMachineArn, type } of stateMachines) {
        if (stateMachineArn !== undefined && type !== "EXPRESS") arns.push(stateMachineArn);
      }
      if (arns.length >= MOST) break;
    }
    return arns;
  }

  async all(): Promise<readonly SagaMachine[]> {
    const sfn = await this.options.target.sfn();
    const listed = await this.list();
    const all = await inGroups(listed, TOGETHER, ({ arn }) => this.describe(sfn, arn));
    this.toldPending = all.some(({ verdict }) => verdict.pending);
    return all;
  }

  /** Whether somebody was told that something is being proved which has been by now. */
  isOutdated(): boolean {
    return this.toldPending && !this.proofs.arePending();
  }

  nameOf(arn: string): string {
    return this.known(arn)?.name ?? named(arn);
  }

  /** What the program says of a machine; where no program is at hand, what its definition tells. */
  declarationOf(arn: string, definition: object): Declaration | undefined {
    return this.known(arn)?.declaration ?? declaredIn(definition as RawStates);
  }

  /** What is started of a machine. */
  startArnOf(arn: string): string {
    const { machineArns = [] } = this.options.target;
    return this.known(arn)?.startArn ?? machineArns.find((each) => withoutQualifier(each) === arn) ?? arn;
  }

  /**
   * The ARN of the machine that somebody names.
   * @throws Refusal
   */
  async arnOf(name: string): Promise<string> {
    const found = (await this.list()).find((each) => each.name === name || each.arn === name);
    if (!found) throw notFound(`there is no saga '${name}'`);
    return found.arn;
  }

  /** Whether a state of a machine is one that calls something. */
  async calls(machineArn: string, state: string): Promise<boolean> {
    const { definition } = await this.describe(await this.options.target.sfn(), machineArn);
    return tasksIn(definition as RawStates).some(([name]) => name === state);
  }

  private known(machineArn: string): KnownMachine | undefined {
    return this.options.known?.(machineArn);
  }

  private async describe(sfn: SFNClient, stateMachineArn: string): Promise<SagaMachine> {
    const { DescribeStateMachineCommand } = await import("@aws-sdk/client-sfn");
    const { definition = "{}", type = "STANDARD" } = await sfn.send(
      new DescribeStateMachineCommand({ stateMachineArn }),
    );
    const known = this.known(stateMachineArn);
    const { startable = !AUXILIARY.test(stateMachineArn), examples = [] } = known ?? {};
    const read = JSON.parse(definition) as object;
    const declaration = this.declarationOf(stateMachineArn, read);
    return {
      name: this.nameOf(stateMachineArn),
      machineArn: stateMachineArn,
      startArn: this.startArnOf(stateMachineArn),
      startable,
      type,
      definition: read,
      ...(declaration && { declaration }),
      examples,
      // Of a machine that only undoes, there is nothing to prove by itself.
      verdict: declaration && startable ? this.proofs.of(read, declaration) : NOT_PROVED,
    };
  }
}
