import type * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { StateMachine } from "../asl/types";
import { compile, compileMachine, machinesOf, recoveryNote, recoveryOf, type SagaMachine } from "../compile";
import { declarationOf } from "../compile/declaration";
import { checkExpress } from "../compile/express";
import {
  type ExistingTask,
  existingOf,
  functionSeconds,
  type LambdaTask,
  mustSucceed,
  type Saga,
  statementsOf,
  type Task,
  tasksOf,
  waitsFor,
} from "../language";
import { complete, type Config } from "./config";
import { readsExecutions } from "./encryption";
import { type Machine, machine } from "./machine";
import { checkGraphs, checkNames, checkTags } from "./limits";
import type { Statement } from "./policy";
import { SagaRecovery } from "./recovery";
import { register, registerDeclaration } from "./registry";
import { byName, formerOf, type Retired } from "./retired";
import { refuseUnsound } from "./soundness";
import { liveAlias, mayAnswer, mayStart, type Startable } from "./start";
import { SagaSweep } from "./sweep";
import type { SagaTableArgs } from "./table";
import { Tables, type TaskTable } from "./tables";
import { type TaskDefaults, TaskFunction } from "./task-function";
import { watch } from "./watch";

/** The config keys of the table and of the encryption key. */
type Elsewhere = keyof SagaTableArgs | "kmsKey";

/** An omitted setting has the default of the config key with the same name. */
export interface SagaStateMachineArgs extends Partial<Omit<Config, Elsewhere>>, TaskDefaults {
  /** The saga to deploy. */
  readonly saga: Saga;
  /**
   * The table of the saga's tasks, whose name is in `TABLE_NAME`: a table of this program, or an existing one. Omit it if the
   * tasks use no table.
   */
  readonly table?: TaskTable | undefined;
  /** Other tables, by the names that tasks use. The table name of `ledger` is in `LEDGER_TABLE_NAME`. */
  readonly tables?: Readonly<Record<string, TaskTable>>;
  /** The ARN of a customer managed key for logs and executions. Give the table the same key. Default: AWS's own keys. */
  readonly kmsKeyArn?: pulumi.Output<string> | undefined;
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * Tasks that the saga no longer names, or earlier forms of the saga, for running executions. They stay deployed, with their
   * child machines, and every machine may call them.
   */
  readonly retired?: readonly Retired[];
}

/**
 * A deployed saga: a function for each task; the state machine, with machines for child sagas, for their undos and for
 * recovery; and alarms, dashboard and recovery. The role of each machine may invoke exactly the functions of its saga.
 *
 * @throws SagaDefinitionError `not-express`, `definition-too-large`
 * @throws RunError for settings that contradict each other, and for a saga beyond the limits of AWS
 * @throws ResourceError if some failure would leave part of the saga behind
 *
 * @example
 * const table = sagaTable("bookings", { hashKey: "booking_id" });
 * const { arn } = new SagaStateMachine(tripBooking.name, { saga: tripBooking, table });
 */
export class SagaStateMachine extends pulumi.ComponentResource {
  /** The ARN of the alias `live`, which points to the deployed version. Start executions with it. */
  readonly arn: pulumi.Output<string>;
  /** The ARN of the state machine itself. */
  readonly machineArn: pulumi.Output<string>;
  /** The number of the deployed version. */
  readonly version: pulumi.Output<string>;
  /** The name of the state machine in the account. */
  readonly physicalName: pulumi.Output<string>;
  /** The ARN of the topic for alarms. */
  readonly alarmTopicArn: pulumi.Output<string>;
  /** The functions, by the names of their tasks. */
  readonly functions: Readonly<Record<string, TaskFunction>>;
  readonly #name: string;
  readonly #startable: Startable;

  constructor(name: string, args: SagaStateMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("saga-aws-pulumi:index:SagaStateMachine", name, {}, opts);
    const { saga, table, tables, kmsKeyArn, retired = [], tags = {}, environment = {}, vpc, layers, ...given } = args;
    const settings = complete(name, given);
    if (settings.workflowType === "EXPRESS") checkExpress(saga);
    const former = formerOf(retired);
    const tasks = byName(tasksOf(saga), former.tasks);
    const inner = byName(machinesOf(saga), former.machines);
    const existing = new Map(
      [...existingOf(saga), ...former.existing].map((each) => [each, pulumi.output(each.functionArn)]),
    );
    const ofThose = [...tasks, ...inner].map((each) => `${name}-${each.name}`);
    checkNames(name, [`${name}_recover`, `${name}_sweep`, `${name}_undo`, ...ofThose]);
    checkTags(name, tags);
    checkGraphs(name, tasks.length + inner.length + 1);
    refuseUnsound(saga, this);
    register(name, saga);
    registerDeclaration(name, declarationOf(saga));
    const childOpts = { parent: this };

    const allTables = new Tables(name, { table, tables, kmsKeyArn });
    const defaults: TaskDefaults = { environment, ...(vpc && { vpc }), ...(layers && { layers }) };
    const deployed = tasks.map((task) => {
      // Executions of a former saga call the function's earlier versions, which keep their timeouts.
      const waits = [saga, ...former.sagas].map((each) => waitsFor(each, task)).find(({ length }) => length > 0) ?? [];
      const timeout = functionSeconds(task, waits);
      const ofTask = { component: name, task, tables: allTables, defaults, settings, timeout, kmsKeyArn, tags };
      return new TaskFunction(ofTask, childOpts);
    });
    const functions = new Map(deployed.map((each) => [each.task.name, each]));
    const machines = new Map<string, Machine>();
    const arnOf = (what: LambdaTask | ExistingTask | SagaMachine): Arn => {
      switch (what.kind) {
        case "Task":
          return deployedFor(functions, what).versionArn;
        case "Existing":
          return existing.get(what) as Arn;
        case "Machine":
          return deployedFor(machines, what).stateMachine.stateMachineVersionArn;
      }
    };
    const deploy = (machineName: string, own: Saga, definition: Definition): Machine => {
      // The role allows the functions of this definition, and those of earlier ones.
      const named = calledIn(definition);
      const calls = (version: Arn, what: string, once: readonly { readonly name: string }[]): boolean =>
        named.has(version) || once.some((each) => each.name === what);
      const children = [...machines].filter(([what, { stateMachine }]) =>
        calls(stateMachine.stateMachineVersionArn, what, former.machines),
      );
      const statements = [
        ...invokes(deployed.filter(({ task, versionArn }) => calls(versionArn, task.name, former.tasks))),
        ...invokesExisting(
          [...existing].flatMap(([what, arn]) => (calls(arn, what.name, former.existing) ? [arn] : [])),
        ),
        ...new Set([...statementsOf(own), ...former.statements]),
        ...startsExecutions(
          children.map(([, { stateMachine }]) => stateMachine.arn),
          kmsKeyArn,
        ),
      ];
      return machine(machineName, { definition, statements, settings, kmsKeyArn, tags }, childOpts);
    };
    for (const each of inner) {
      machines.set(each.name, deploy(`${name}-${each.name}`, each.saga, compileMachine(each, arnOf)));
      if (each.purpose === "child") registerDeclaration(`${name}-${each.name}`, declarationOf(each.saga));
    }
    // A saga of queries, such as any EXPRESS saga, has nothing to recover.
    const recovery = settings.onAbort === "recover" ? recoveryOf(saga) : undefined;
    const undo = recovery && deploy(`${name}_undo`, saga, compileMachine(recovery.machine, arnOf));
    const Comment = recovery && undo?.stateMachine.stateMachineVersionArn.apply((arn) => recoveryNote(recovery, arn));
    const main = deploy(name, saga, { ...compile(saga, arnOf), ...(Comment && { Comment }) });
    const others = [...machines.values(), ...(undo ? [undo] : [])];
    const alias = liveAlias(name, main, { settings, others, parent: this });

    const topic = watch(
      name,
      {
        mustSucceed: mustSucceed(saga),
        main,
        children: [...machines.values()],
        functions: deployed,
        recovery: undo,
        tables: allTables.all(),
        settings,
        tags,
      },
      childOpts,
    );
    const common = { saga, settings, kmsKeyArn, topic, tags };
    let recovers;
    if (undo) {
      const [machineArn, recoveryMachineArn] = [main.stateMachine.arn, undo.stateMachine.arn];
      const { functionArn } = new SagaRecovery(
        `${name}_recover`,
        { ...common, machineArn, recoveryMachineArn },
        childOpts,
      );
      recovers = { machineArn: recoveryMachineArn, functionArn };
    }
    if (settings.workflowType === "STANDARD") {
      new SagaSweep(`${name}_sweep`, { ...common, main, recovery: recovers }, childOpts);
    }

    this.#name = name;
    this.#startable = {
      machineArn: main.stateMachine.arn,
      machines: [main, ...others].map(({ stateMachine }) => stateMachine.arn),
      express: settings.workflowType === "EXPRESS",
      kmsKeyArn,
    };
    this.functions = Object.freeze(Object.fromEntries(functions));
    this.arn = alias.arn;
    this.machineArn = main.stateMachine.arn;
    this.version = main.stateMachine.stateMachineVersionArn.apply((arn) => arn.split(":").at(-1) as string);
    this.physicalName = main.stateMachine.name;
    this.alarmTopicArn = topic.arn;
    this.registerOutputs({ arn: this.arn, machineArn: this.machineArn, version: this.version });
  }

  /**
   * The function that runs a task of this saga.
   * @throws RunError for a task that the saga does not have
   */
  functionOf({ name }: Task<never, unknown> | LambdaTask): TaskFunction {
    const found = this.functions[name];
    if (found) return found;
    const there = Object.keys(this.functions).join(", ");
    throw new pulumi.RunError(`'${this.#name}': no function runs the task '${name}'; there are ${there}`);
  }

  /**
   * Permits a role to start executions with `arn`, and with no other ARN.
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
   *
   * @param role A role of this program, or the name of an existing role.
   * @param name The resource name of the policy, different for each role.
   */
  grantStart(role: aws.iam.Role | pulumi.Input<string>, name = `${this.#name}-start`): aws.iam.RolePolicy {
    return mayStart(name, role, { startable: this.#startable, parent: this });
  }

  /**
   * Permits a role to answer the callback tasks of this saga, of its children and of their undos: SendTaskSuccess,
   * SendTaskFailure and SendTaskHeartbeat.
   *
   * @param role A role of this program, or the name of an existing role.
   * @param name The resource name of the policy, different for each role.
   */
  grantAnswer(role: aws.iam.Role | pulumi.Input<string>, name = `${this.#name}-answer`): aws.iam.RolePolicy {
    return mayAnswer(name, role, { startable: this.#startable, parent: this });
  }
}

type Arn = pulumi.Output<string>;
type Definition = Omit<StateMachine<Arn>, "Comment"> & { readonly Comment: pulumi.Input<string> };

/** `machinesOf` and `tasksOf` list dependencies first, so each is deployed before a definition names it. */
function deployedFor<Deployed>(deployed: ReadonlyMap<string, Deployed>, { name }: { readonly name: string }): Deployed {
  const found = deployed.get(name);
  if (found === undefined) throw new Error(`'${name}' is not deployed`);
  return found;
}

/** The ARNs of the functions and machines that a definition calls. */
function calledIn(definition: unknown): ReadonlySet<unknown> {
  if (typeof definition !== "object" || definition === null || pulumi.Output.isInstance(definition)) return new Set();
  return new Set(
    Object.entries(definition).flatMap(([field, value]) =>
      field === "FunctionName" || field === "StateMachineArn" ? [value as unknown] : [...calledIn(value)],
    ),
  );
}

/**
 * Every version of the functions, because executions that began before a deploy call their own versions. To IAM a version is
 * a resource of its own, and every state names one.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
 */
function invokes(functions: readonly TaskFunction[]): readonly Statement[] {
  if (functions.length === 0) return [];
  const resources = functions.map(({ arn }) => pulumi.interpolate`${arn}:*`);
  return [{ actions: ["lambda:InvokeFunction"], resources }];
}

/** Existing functions, by the ARN that a state uses, with or without a qualifier. */
function invokesExisting(resources: readonly Arn[]): readonly Statement[] {
  return resources.length === 0 ? [] : [{ actions: ["lambda:InvokeFunction"], resources }];
}

/**
 * The permissions to wait for an execution of another machine. IAM uses the machine's own ARN for any version.
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
