import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import {
  type ArnOf,
  compile,
  compileMachine,
  machinesOf,
  recoveryOf,
  type Saga,
  type StateMachine,
  statementsOf,
} from "../saga";
import { allow, assumedBy, type Statement } from "./policy";
import { SagaRecovery } from "./recovery";
import type { TaskFunction } from "./task-function";

export interface SagaStateMachineArgs {
  readonly saga: Saga;
  /** One for every task that the saga names. */
  readonly functions: readonly TaskFunction[];
  readonly logRetentionDays: number;
  /** Whether an execution that is stopped from outside still gets its undos (S12). */
  readonly onAbort: "recover" | "ignore";
  /** What the alarms of the recovery tell: ARNs, as of an SNS topic. */
  readonly alarmActions?: readonly pulumi.Input<string>[];
}

/**
 * The state machine of a saga, and one each for its child sagas, for their undos, and for its own where an execution is
 * stopped: every one with a role that may invoke exactly the functions it names, with its log and its traces.
 */
export class SagaStateMachine extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly physicalName: pulumi.Output<string>;

  constructor(name: string, args: SagaStateMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("saga:infra:SagaStateMachine", name, {}, opts);
    const functions = new Map(args.functions.map((deployed) => [deployed.task.name, deployed.arn]));
    const machines = new Map<object, aws.sfn.StateMachine>();
    const arnOf: ArnOf<pulumi.Output<string>> = (what) => {
      const arn = what.kind === "Task" ? functions.get(what.name) : machines.get(what)?.arn;
      if (!arn) throw new Error(`'${name}' was given no function for the task '${what.name}'`);
      return arn;
    };
    const make = (machineName: string, saga: Saga, definition: StateMachine<pulumi.Output<string>>) =>
      this.machine(machineName, args.logRetentionDays, definition, [
        { actions: ["lambda:InvokeFunction"], resources: named(definition, "FunctionName") },
        ...statementsOf(saga),
        ...startsExecutions(named(definition, "StateMachineArn")),
      ]);

    for (const child of machinesOf(args.saga)) {
      machines.set(child, make(child.name, child.saga, compileMachine(child, arnOf)));
    }
    const machine = make(name, args.saga, compile(args.saga, arnOf));
    const recovery = args.onAbort === "recover" ? recoveryOf(args.saga) : undefined;
    if (recovery) {
      const { name: recoveryName, saga } = recovery.machine;
      const recoveryMachine = make(recoveryName, saga, compileMachine(recovery.machine, arnOf));
      new SagaRecovery(
        `${name}_recover`,
        { ...args, recovery, machineArn: machine.arn, recoveryMachineArn: recoveryMachine.arn },
        { parent: this },
      );
    }

    this.arn = machine.arn;
    this.physicalName = machine.name;
    this.registerOutputs({ arn: this.arn, physicalName: this.physicalName });
  }

  private machine(
    name: string,
    logRetentionDays: number,
    definition: unknown,
    statements: readonly Statement[],
  ): aws.sfn.StateMachine {
    const child = { parent: this };
    // Under this prefix AWS lets every log group write without a growing resource policy.
    const prefix = `/aws/vendedlogs/states/${name}-`;
    const log = new aws.cloudwatch.LogGroup(name, { namePrefix: prefix, retentionInDays: logRetentionDays }, child);
    const role = new aws.iam.Role(name, { assumeRolePolicy: assumedBy("states.amazonaws.com") }, child);
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: allow(
          ...statements,
          { actions: LOG_DELIVERY, resources: ["*"] },
          { actions: TRACING, resources: ["*"] },
        ),
      },
      child,
    );
    return new aws.sfn.StateMachine(
      name,
      {
        type: "STANDARD",
        roleArn: role.arn,
        definition: pulumi.jsonStringify(definition),
        // Inputs hold card numbers: events are logged, data is not.
        loggingConfiguration: {
          level: "ALL",
          includeExecutionData: false,
          logDestination: pulumi.interpolate`${log.arn}:*`,
        },
        tracingConfiguration: { enabled: true },
      },
      // AWS tries the role's access to the log when it creates the machine.
      { ...child, dependsOn: [policy] },
    );
  }
}

/** The ARNs that stand in a definition under some name, each once: what the machine calls, and nothing else. */
function named(definition: unknown, name: string): readonly pulumi.Output<string>[] {
  const found = new Set<pulumi.Output<string>>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null || pulumi.Output.isInstance(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === name) found.add(inner as pulumi.Output<string>);
      else walk(inner);
    }
  };
  walk(definition);
  return [...found];
}

/**
 * What waiting for an execution of another machine takes.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html
 */
function startsExecutions(machines: readonly pulumi.Output<string>[]): readonly Statement[] {
  const [first] = machines;
  if (!first) return [];
  const executions = machines.map((machine) =>
    machine.apply((arn) => `${arn.replace(":stateMachine:", ":execution:")}:*`),
  );
  const rule = first.apply((arn) => {
    const [, partition, , region, account] = arn.split(":");
    return `arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`;
  });
  return [
    { actions: ["states:StartExecution"], resources: machines },
    { actions: ["states:DescribeExecution", "states:StopExecution"], resources: executions },
    { actions: ["events:PutTargets", "events:PutRule", "events:DescribeRule"], resources: [rule] },
  ];
}

/**
 * Neither knows resources: AWS allows them on `*` alone.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
 */
const LOG_DELIVERY = [
  "logs:CreateLogDelivery",
  "logs:GetLogDelivery",
  "logs:UpdateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:DescribeResourcePolicies",
  "logs:DescribeLogGroups",
];
const TRACING = [
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
];
