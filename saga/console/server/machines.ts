import type { SFNClient } from "@aws-sdk/client-sfn";
import type { Declaration } from "../../asl/declaration";
import { noteIn } from "../../asl/machine-note";
import type { RawStates } from "../../asl/states";
import { tasksIn } from "../../asl/tasks";
import { declaredIn } from "../../control/declared";
import { inGroups } from "../../control/in-groups";
import { AUXILIARY, named, withoutQualifier } from "../../control/machines";
import type { ConsoleOptions, KnownMachine } from "./options";
import { notFound } from "./refusal";
import { NOT_PROVED, onlyUndos, type Proofs, type SagaVerdict } from "./proofs";

/** A state machine, with the program's knowledge of it if the program is available. */
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

/** The most machines that are listed. */
const MOST = 1000;
/** The most requests at a time. More might throttle other clients of the account. */
const TOGETHER = 4;

interface Listed {
  readonly arn: string;
  readonly name: string;
}

/** How long the list of machines is cached, in milliseconds. */
const REMEMBERED_MS: Readonly<Record<ConsoleOptions["target"]["kind"], number>> = {
  local: 1000,
  endpoint: 10_000,
  stack: 30_000,
};

/** The state machines of the target. */
export class Machines {
  private toldPending = false;
  private listed: { readonly at: number; readonly machines: Promise<readonly Listed[]> } | undefined;

  constructor(
    private readonly options: Pick<ConsoleOptions, "target" | "known">,
    private readonly proofs: Proofs,
  ) {}

  /** The machines. Those that users start come first. */
  list(): Promise<readonly Listed[]> {
    const now = Date.now();
    if (!this.listed || now - this.listed.at > REMEMBERED_MS[this.options.target.kind]) {
      const listed = { at: now, machines: this.readList() };
      this.listed = listed;
      // A failure is not cached.
      listed.machines.catch(() => {
        if (this.listed === listed) this.listed = undefined;
      });
    }
    return this.listed.machines;
  }

  /** Drops the cached list. */
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

  /** All machines but EXPRESS ones, whose executions can't be listed. */
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

  /** Whether the last answer had a pending proof that has ended since. */
  isOutdated(): boolean {
    return this.toldPending && !this.proofs.arePending();
  }

  nameOf(arn: string): string {
    return this.known(arn)?.name ?? named(arn);
  }

  /** The program's declaration of a machine. Without the program, it is read from the definition. */
  declarationOf(arn: string, definition: object): Declaration | undefined {
    return this.known(arn)?.declaration ?? declaredIn(definition as RawStates);
  }

  /** The ARN to start: an alias, if the machine has one. */
  startArnOf(arn: string): string {
    const { machineArns = [] } = this.options.target;
    return this.known(arn)?.startArn ?? machineArns.find((each) => withoutQualifier(each) === arn) ?? arn;
  }

  /**
   * The ARN of the machine with a name or an ARN.
   * @throws Refusal
   */
  async arnOf(name: string): Promise<string> {
    const found = (await this.list()).find((each) => each.name === name || each.arn === name);
    if (!found) throw notFound(`there is no saga '${name}'`);
    return found.arn;
  }

  /** Whether a state of a machine makes a call. */
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
      verdict: this.verdictOn(read, declaration),
    };
  }

  private verdictOn(definition: object, declaration: Declaration | undefined): SagaVerdict {
    const { undoOf } = noteIn(definition as RawStates);
    if (undoOf !== undefined) return onlyUndos(undoOf);
    return declaration ? this.proofs.of(definition, declaration) : NOT_PROVED;
  }
}
