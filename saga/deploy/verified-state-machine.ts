import type * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { Declaration } from "../asl/declaration";
import type { Statement } from "../language";
import { complete, type Config } from "./config";
import { checkNames, checkTags } from "./limits";
import { machine } from "./machine";
import { registerDeclaration } from "./registry";
import type { SagaTableArgs } from "./table";
import { liveAlias, mayAnswer, mayStart, type Startable } from "./start";
import { SagaSweep } from "./sweep";
import { type DefinitionInput, verifiedDefinition } from "./verified-definition";
import { watch } from "./watch";

/** The config keys of the table, of the encryption key, and of compiled sagas. */
type Elsewhere = keyof SagaTableArgs | "kmsKey" | "onAbort";

/** An omitted setting has the default of the config key with the same name. */
export interface VerifiedStateMachineArgs extends Partial<Omit<Config, Elsewhere>> {
  /** Amazon States Language, as an object, JSON or an output. An object may contain outputs, such as the ARNs of functions. */
  readonly definition: DefinitionInput;
  /** What undoes what. */
  readonly declaration: Declaration;
  /** The permissions of the machine's role that its states need. The component adds those for logs and traces. */
  readonly statements: readonly Statement[];
  /** The ARN of a customer managed key for logs and executions. */
  readonly kmsKeyArn?: pulumi.Output<string> | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * A state machine with a handwritten definition. It is created only if the verifier proves that no failure leaves its saga
 * half done. It has a log, a role, versions and an alias, alarms and a dashboard, like the machine of a `SagaStateMachine`.
 *
 * It has no recovery (S12), because a declaration does not say which data each undo reads. So an execution that is stopped or
 * times out keeps its effects, and counts as stuck. An alarm reports it: redrive the execution, or undo it by hand.
 *
 * @throws RunError for a definition or a declaration that can't be used, and for settings that contradict each other
 * @throws ResourceError if some failure would leave part of the saga behind
 *
 * @example
 * new VerifiedStateMachine("Booking", { definition, declaration, statements: [{ actions, resources }] });
 */
export class VerifiedStateMachine extends pulumi.ComponentResource {
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
  readonly #name: string;
  readonly #startable: Startable;

  constructor(name: string, args: VerifiedStateMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("saga-aws-pulumi:index:VerifiedStateMachine", name, {}, opts);
    const { definition: given, declaration, statements, kmsKeyArn, tags = {}, ...config } = args;
    const settings = complete(name, config);
    checkNames(name, [name, `${name}_sweep`]);
    checkTags(name, tags);
    checkExpress(name, settings, declaration);
    const definition = verifiedDefinition(name, given, { declaration, resource: this });
    registerDeclaration(name, declaration);
    const childOpts = { parent: this };

    const main = machine(name, { definition, statements, settings, kmsKeyArn, tags }, childOpts);
    const alias = liveAlias(name, main, { settings, others: [], parent: this });
    const watched = {
      mustSucceed: new Set<never>(),
      main,
      children: [],
      functions: [],
      recovery: undefined,
      tables: [],
    };
    const topic = watch(name, { ...watched, settings, tags }, childOpts);
    if (settings.workflowType === "STANDARD") {
      const saga = { name: declaration.saga };
      new SagaSweep(`${name}_sweep`, { saga, main, recovery: undefined, settings, kmsKeyArn, topic, tags }, childOpts);
    }

    const machineArn = main.stateMachine.arn;
    this.#name = name;
    this.#startable = { machineArn, machines: [machineArn], express: settings.workflowType === "EXPRESS", kmsKeyArn };
    this.arn = alias.arn;
    this.machineArn = machineArn;
    this.version = main.stateMachine.stateMachineVersionArn.apply((arn) => arn.split(":").at(-1) as string);
    this.physicalName = main.stateMachine.name;
    this.alarmTopicArn = topic.arn;
    this.registerOutputs({ arn: this.arn, machineArn: this.machineArn, version: this.version });
  }

  /**
   * Permits a role to start executions with `arn`, and with no other ARN.
   *
   * @param role A role of this program, or the name of an existing role.
   * @param name The resource name of the policy, different for each role.
   */
  grantStart(role: aws.iam.Role | pulumi.Input<string>, name = `${this.#name}-start`): aws.iam.RolePolicy {
    return mayStart(name, role, { startable: this.#startable, parent: this });
  }

  /**
   * Permits a role to answer the tasks of this machine that wait for a token: SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat.
   *
   * @param role A role of this program, or the name of an existing role.
   * @param name The resource name of the policy, different for each role.
   */
  grantAnswer(role: aws.iam.Role | pulumi.Input<string>, name = `${this.#name}-answer`): aws.iam.RolePolicy {
    return mayAnswer(name, role, { startable: this.#startable, parent: this });
  }
}

/** @throws RunError for an EXPRESS machine that could get stuck in an undo or after its pivot, since it can't be redriven (S5) */
function checkExpress(name: string, { workflowType }: Config, { calls }: Declaration): void {
  const changing = Object.entries(calls).find(([, { role }]) => role !== "query");
  if (workflowType !== "EXPRESS" || !changing) return;
  throw new pulumi.RunError(
    `'${name}': EXPRESS has no redrive, and ${changing[0]} is more than a query: set workflowType to STANDARD`,
  );
}
