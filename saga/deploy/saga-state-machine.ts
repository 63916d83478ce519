import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { StateMachine } from "../asl/types";
import { compile, compileMachine, machinesOf, recoveryNote, recoveryOf, type SagaMachine } from "../compile";
import { checkExpress } from "../compile/express";
import { type LambdaTask, type Saga, statementsOf, tasksOf } from "../language";
import { complete, type Config } from "./config";
import { readsExecutions } from "./encryption";
import { type Machine, machine } from "./machine";
import { checkGraphs, checkNames, checkTags } from "./limits";
import type { Statement } from "./policy";
import { SagaRecovery } from "./recovery";
import { register } from "./registry";
import { byName, formerOf } from "./retired";
import { refuseUnsound } from "./soundness";
import { SagaSweep } from "./sweep";
import type { SagaTableArgs } from "./table";
import { TaskFunction } from "./task-function";
import { watch } from "./watch";

/** What is the table's, or the key's, to know. */
type Elsewhere = keyof SagaTableArgs | "kmsKey";

/** A setting that is left out has the default of the config's key of that name. */
export interface SagaStateMachineArgs extends Partial<Omit<Config, Elsewhere>> {
  readonly saga: Saga;
  /** The table of the saga's tasks. */
  readonly table: aws.dynamodb.Table;
  /** The ARN of a customer managed key for logs and executions; give the table the same one. */
  readonly key?: pulumi.Output<string> | undefined;
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * Tasks that the saga no longer names, or sagas as they were: what executions that are under way may still call. They
   * stay deployed, with their child machines, and every machine may call them.
   */
  readonly retired?: readonly (LambdaTask | Saga)[];
}

/**
 * A saga in an account: a function for each of its tasks; its state machine, and one each for its child sagas, for their
 * undos and for its own where an execution is stopped, every one with a role that may invoke exactly the functions of its
 * saga; and what watches over them.
 *
 * @throws SagaDefinitionError `not-express`, `definition-too-large`
 * @throws RunError for settings that do not fit together
 * @throws ResourceError where some failure would leave part of the saga behind
 *
 * @example
 * const table = sagaTable("orders");
 * const { arn } = new SagaStateMachine(orderFulfilment.name, { saga: orderFulfilment, table });
 */
export class SagaStateMachine extends pulumi.ComponentResource {
  /** Start executions with this: the ARN of the alias `live`, which leads to the version that is deployed. */
  readonly arn: pulumi.Output<string>;
  /** Of the state machine itself. */
  readonly machineArn: pulumi.Output<string>;
  /** The number of the version that this deploy has made, or found. */
  readonly version: pulumi.Output<string>;
  readonly physicalName: pulumi.Output<string>;
  /** Gets the alarms. */
  readonly alarmTopicArn: pulumi.Output<string>;
  readonly functions: readonly TaskFunction[];

  constructor(name: string, args: SagaStateMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("saga:infra:SagaStateMachine", name, {}, opts);
    const { saga, table, key, retired = [], tags = {}, ...given } = args;
    const settings = complete(name, given);
    if (settings.workflowType === "EXPRESS") checkExpress(saga);
    const former = formerOf(retired);
    const tasks = byName(tasksOf(saga), former.tasks);
    const inner = byName(machinesOf(saga), former.machines);
    const ofThose = [...tasks, ...inner].map((each) => `${name}-${each.name}`);
    checkNames(name, [`${name}_recover`, `${name}_sweep`, `${name}_undo`, ...ofThose]);
    checkTags(name, tags);
    checkGraphs(name, tasks.length + inner.length + 1);
    refuseUnsound(saga, this);
    register(name, saga);
    const child = { parent: this };

    this.functions = tasks.map(
      (task) => new TaskFunction(`${name}-${task.name}`, { task, table, settings, key, tags }, child),
    );
    const functions = new Map(this.functions.map((deployed) => [deployed.task.name, deployed]));
    const machines = new Map<string, Machine>();
    const arnOf = (what: LambdaTask | SagaMachine): Arn =>
      what.kind === "Task"
        ? known(functions, what).versionArn
        : known(machines, what).stateMachine.stateMachineVersionArn;
    const deploy = (machineName: string, own: Saga, definition: Definition): Machine => {
      // What a definition names is what its machine's role allows; and what the one before it may have named.
      const named = calledIn(definition);
      const calls = (version: Arn, what: string, once: readonly { readonly name: string }[]): boolean =>
        named.has(version) || once.some((each) => each.name === what);
      const children = [...machines].filter(([what, { stateMachine }]) =>
        calls(stateMachine.stateMachineVersionArn, what, former.machines),
      );
      const statements = [
        ...invokes(this.functions.filter(({ task, versionArn }) => calls(versionArn, task.name, former.tasks))),
        ...new Set([...statementsOf(own), ...former.statements]),
        ...startsExecutions(
          children.map(([, { stateMachine }]) => stateMachine.arn),
          key,
        ),
      ];
      return machine(machineName, { definition, statements, settings, key, tags }, child);
    };
    for (const each of inner) {
      machines.set(each.name, deploy(`${name}-${each.name}`, each.saga, compileMachine(each, arnOf)));
    }
    // A saga of queries alone, such as any that is EXPRESS, has nothing to recover.
    const recovery = settings.onAbort === "recover" ? recoveryOf(saga) : undefined;
    const undo = recovery && deploy(`${name}_undo`, saga, compileMachine(recovery.machine, arnOf));
    const Comment = recovery && undo?.stateMachine.stateMachineVersionArn.apply((arn) => recoveryNote(recovery, arn));
    const main = deploy(name, saga, { ...compile(saga, arnOf), ...(Comment && { Comment }) });
    const alias = new aws.sfn.Alias(
      // A machine of another type is another machine, and an alias can't be led from one to another.
      `${name}-${settings.workflowType}`,
      { name: "live", routingConfigurations: routes(main, settings) },
      { ...child, dependsOn: [main, ...machines.values(), ...(undo ? [undo] : [])].flatMap(({ needs }) => needs) },
    );

    const topic = watch(
      name,
      {
        saga,
        main,
        children: [...machines.values()],
        functions: this.functions,
        recovery: undo,
        table,
        settings,
        tags,
      },
      child,
    );
    const common = { saga, settings, key, topic, tags };
    let recovers;
    if (undo) {
      const [machineArn, recoveryMachineArn] = [main.stateMachine.arn, undo.stateMachine.arn];
      const { functionArn } = new SagaRecovery(`${name}_recover`, { ...common, machineArn, recoveryMachineArn }, child);
      recovers = { machineArn: recoveryMachineArn, functionArn };
    }
    if (settings.workflowType === "STANDARD") {
      new SagaSweep(`${name}_sweep`, { ...common, main, recovery: recovers }, child);
    }

    this.arn = alias.arn;
    this.machineArn = main.stateMachine.arn;
    this.version = main.stateMachine.stateMachineVersionArn.apply((arn) => arn.split(":").at(-1) as string);
    this.physicalName = main.stateMachine.name;
    this.alarmTopicArn = topic.arn;
    this.registerOutputs({ arn: this.arn, machineArn: this.machineArn, version: this.version });
  }
}

type Arn = pulumi.Output<string>;
type Definition = Omit<StateMachine<Arn>, "Comment"> & { readonly Comment: pulumi.Input<string> };

/** What `machinesOf` and `tasksOf` have named is deployed before anything asks for it. */
function known<Deployed>(deployed: ReadonlyMap<string, Deployed>, { name }: { readonly name: string }): Deployed {
  const found = deployed.get(name);
  if (found === undefined) throw new Error(`'${name}' is not deployed`);
  return found;
}

/** The ARNs of what a definition calls and starts. */
function calledIn(definition: unknown): ReadonlySet<unknown> {
  if (typeof definition !== "object" || definition === null || pulumi.Output.isInstance(definition)) return new Set();
  return new Set(
    Object.entries(definition).flatMap(([field, value]) =>
      field === "FunctionName" || field === "StateMachineArn" ? [value as unknown] : [...calledIn(value)],
    ),
  );
}

/** Which versions new executions run: AWS takes one, or two that differ. */
function routes({ stateMachine }: Machine, { trafficPercent, previousVersion }: Config) {
  return pulumi.all([stateMachine.arn, stateMachine.stateMachineVersionArn]).apply(([arn, now]) => {
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

/**
 * Every version of the functions: executions that began before a deploy go on with the versions of their time. To IAM, a
 * version is a resource of its own, and no state names a function without one.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
 */
function invokes(functions: readonly TaskFunction[]): readonly Statement[] {
  if (functions.length === 0) return [];
  const resources = functions.map(({ arn }) => pulumi.interpolate`${arn}:*`);
  return [{ actions: ["lambda:InvokeFunction"], resources }];
}

/**
 * What waiting for an execution of another machine takes. IAM knows a machine by its own ARN, whichever version is meant.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html
 */
function startsExecutions(machines: readonly Arn[], key: Arn | undefined): readonly Statement[] {
  if (machines.length === 0) return [];
  const executions = machines.map((each) => each.apply((arn) => `${arn.replace(":stateMachine:", ":execution:")}:*`));
  return [
    { actions: ["states:StartExecution"], resources: machines },
    { actions: ["states:DescribeExecution", "states:StopExecution"], resources: executions },
    ...(key ? [readsExecutions(key, machines)] : []),
  ];
}
