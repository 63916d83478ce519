import { TaskFailure } from "../interpreter";
import type { Journal, Kept } from "./data/journal";
import { deployedForm, digestOf } from "./deployed-form";
import type { Callers } from "./iam/callers";
import { deployFunction, type DeployedFunction, type FunctionOptions } from "./lambda/function";
import type { WorkerPool } from "./lambda/pool";
import type { Tables } from "./lambda/sandbox";
import { type Logs, logGroupOf } from "./logs";
import type { Program, Resource } from "./program";
import type { Release } from "./release";
import { arnsOf, FUNCTION, ofType, taskOf } from "./resources";
import { NotOnThisMachine } from "./services/integrations";

/** What a deployment of functions needs. */
export interface FunctionsContext {
  /** The environment variables with the endpoints, and the connection to the tables. */
  readonly endpoints: () => { readonly variables: Readonly<Record<string, string>>; readonly dynamoDB: Tables };
  readonly callers: Callers;
  readonly logs: Logs;
  /** Receives each line that a function logs. */
  readonly onLog?: ((line: string) => void) | undefined;
  readonly journal: Pick<Journal, "function"> | undefined;
  /** The threads that run the functions. */
  readonly pool?: WorkerPool | undefined;
}

/** Functions, by their ARNs and by the ARNs of their versions. */
export type FunctionsByArn = ReadonlyMap<string, DeployedFunction>;

/** The functions that run here: those of the release, and those that running executions still call. */
export class Functions {
  private readonly deployed = new Map<string, DeployedFunction>();
  /** All of these, and those that are about to close. */
  private readonly runs = new Set<DeployedFunction>();
  /** The digests of functions without versions. The ARN of a version already identifies its content. */
  private readonly digests = new WeakMap<DeployedFunction, string>();

  constructor(private readonly context: FunctionsContext) {}

  /**
   * Prepares the functions of a release: starts those that are new or have changed, and reuses the others. They are not
   * reachable before `take`.
   */
  async prepare(program: Program): Promise<FunctionsByArn> {
    const prepared = ofType(program, FUNCTION).map(async (resource) => {
      if (resource.existing) return [];
      const run = this.deployed.get(resource.versionArn ?? "") ?? (await this.deploy(resource));
      return arnsOf(resource).map((arn) => [arn, run] as const);
    });
    return new Map((await Promise.all(prepared)).flat());
  }

  /** Replaces the functions of the earlier release. */
  take(prepared: FunctionsByArn): void {
    for (const [arn, run] of prepared) this.deployed.set(arn, run);
  }

  /**
   * Restores the functions of an earlier process that its executions and its asynchronous calls still need, unless the release
   * has them.
   */
  restore({ functions, calls }: Pick<Kept, "functions" | "calls">): void {
    for (const [arn, { resource, form }] of functions) {
      if (!this.deployed.has(arn)) this.deployed.set(arn, this.run(resource, form));
    }
    // A client, or a rule, calls a function itself. If the program has dropped it, one of its versions takes the call.
    const versions = [...calls.map(({ versionArn }) => versionArn), ...functions.keys()];
    for (const versionArn of versions) {
      const { arn } = functions.get(versionArn ?? "")?.resource ?? {};
      const run = this.deployed.get(versionArn ?? "");
      if (arn !== undefined && run && !this.deployed.has(arn)) this.deployed.set(arn, run);
    }
  }

  /**
   * Closes functions and versions that nothing needs any more, once their calls have ended.
   * @param isNeeded Whether a definition or a call needs the function with this ARN.
   * @returns The ARNs of the functions and versions that are left.
   */
  closeUnneeded({ program, standing }: Pick<Release, "program" | "standing">, isNeeded: (arn: string) => boolean) {
    const current = new Set(ofType(program, FUNCTION).flatMap(arnsOf));
    // An event or a client may call a function itself, without a version.
    const called = new Set(ofType(standing, FUNCTION).map(({ arn }) => arn));
    const needed = [...this.deployed].filter(([arn]) => current.has(arn) || called.has(arn) || isNeeded(arn));
    const kept = new Set(needed.map(([, run]) => run));
    for (const [arn, run] of [...this.deployed]) if (!kept.has(run)) this.deployed.delete(arn);
    for (const run of this.runs) {
      if (kept.has(run)) continue;
      void Promise.allSettled(run.running())
        .then(() => run.close())
        .then(() => this.runs.delete(run));
    }
    return this.deployed.keys();
  }

  has(arn: string): boolean {
    return this.deployed.has(arn);
  }

  /**
   * The function with this ARN, which may be the ARN of a version.
   * @throws TaskFailure with the error of a state that invokes a missing function
   */
  at(arn: string): DeployedFunction {
    const run = this.deployed.get(arn);
    if (!run) throw new TaskFailure("Lambda.ResourceNotFoundException", `Function not found: ${arn}`);
    return run;
  }

  /**
   * A program's functions, by the names of their tasks. A function without a task, or with a task that several
   * functions share, has its own name.
   */
  byTask(program: Program): ReadonlyMap<string, DeployedFunction> {
    const functions = ofType(program, FUNCTION).filter(({ arn }) => this.has(arn as string));
    const tasks = functions.map(taskOf);
    const shared = new Set(tasks.filter((task, at) => tasks.indexOf(task) !== at));
    return new Map(
      functions.map((each) => [shared.has(taskOf(each)) ? each.name : taskOf(each), this.at(each.arn as string)]),
    );
  }

  /** The invocations in progress. */
  running(): readonly Promise<unknown>[] {
    return [...this.runs].flatMap((run) => run.running());
  }

  async close(): Promise<void> {
    await Promise.all([...this.runs].map((run) => run.close()));
  }

  private async deploy(resource: Resource): Promise<DeployedFunction> {
    const form = await deployedForm(resource).catch((error: unknown) => error as Error);
    // A function that can't run here fails only when it is called.
    if (form instanceof Error) return unavailable(form);
    const there = this.deployed.get(resource.arn as string);
    if (there && resource.versionArn === undefined && this.digests.get(there) === digestOf(form)) return there;
    this.context.journal?.function({ resource, form });
    const run = this.run(resource, form);
    if (resource.versionArn === undefined) this.digests.set(run, digestOf(form));
    return run;
  }

  private run(resource: Resource, form: FunctionOptions): DeployedFunction {
    const { endpoints, callers, logs, pool } = this.context;
    const { variables, dynamoDB: tables } = endpoints();
    const environment = { ...form.environment, ...variables, AWS_ACCESS_KEY_ID: callers.keyOf(resource) };
    const name = resource.physicalName as string;
    const group = logGroupOf(name);
    logs.open(group);
    const onLog = (line: string): void => {
      logs.add(group, resource.versionArn ?? name, line);
      this.context.onLog?.(line);
    };
    const run = deployFunction({ ...form, environment, tables, onLog, ...(pool && { pool }) });
    this.runs.add(run);
    return run;
  }
}

/** A function that can't run here. */
function unavailable(reason: Error): DeployedFunction {
  return {
    invoke: () => Promise.reject(new NotOnThisMachine(`${reason.message}; give its answer with --stubs`)),
    running: () => [],
    close: () => Promise.resolve(),
  };
}
