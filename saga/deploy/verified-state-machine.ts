import type * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { Declaration } from "../asl/declaration";
import type { Statement } from "../language";
import { complete, type Config } from "./config";
import { checkNames, checkTags } from "./limits";
import { machine } from "./machine";
import { registerDeclaration } from "./registry";
import type { SagaTableArgs } from "./table";
import { liveAlias, mayStart, type Startable } from "./start";
import { SagaSweep } from "./sweep";
import { type DefinitionInput, verifiedDefinition } from "./verified-definition";
import { watch } from "./watch";

/** What is the table's, the key's, or a compiled saga's to know. */
type Elsewhere = keyof SagaTableArgs | "kmsKey" | "onAbort";

/** A setting that is left out has the default of the config's key of that name. */
export interface VerifiedStateMachineArgs extends Partial<Omit<Config, Elsewhere>> {
  /** In Amazon States Language: an object or JSON, with outputs in it such as the ARNs of functions, or one itself. */
  readonly definition: DefinitionInput;
  /** What undoes what. */
  readonly declaration: Declaration;
  /** What the states call, for the role of the machine: it may write its log and its traces, and nothing else by itself. */
  readonly statements: readonly Statement[];
  /** The ARN of a customer managed key for logs and executions. */
  readonly kmsKeyArn?: pulumi.Output<string> | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * A state machine that somebody has written, with the proof that no failure leaves its saga half done: one that is not
 * sound is never made. It has a log, a role, versions and an alias, alarms and a dashboard, as a saga's own machine.
 *
 * It has no recovery (S12): which undos a definition runs, and from what data, follows from its declaration and its states
 * only where a compiler has put them there. So an execution that is stopped, or times out, keeps what it has done, and
 * counts as stuck: the alarm that tells of it wants somebody to redrive the execution, or to undo by hand.
 *
 * @throws RunError for a definition or a declaration that can't be used, and for settings that do not fit together
 * @throws ResourceError where some failure would leave part of the saga behind
 *
 * @example
 * new VerifiedStateMachine("Booking", { definition, declaration, statements: [{ actions, resources }] });
 */
export class VerifiedStateMachine extends pulumi.ComponentResource {
  /** Start executions with this: the ARN of the alias `live`, which leads to the version that is deployed. */
  readonly arn: pulumi.Output<string>;
  /** Of the state machine itself. */
  readonly machineArn: pulumi.Output<string>;
  /** The number of the version that this deploy has made, or found. */
  readonly version: pulumi.Output<string>;
  readonly physicalName: pulumi.Output<string>;
  /** Gets the alarms. */
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
    this.#startable = { machineArn, express: settings.workflowType === "EXPRESS", kmsKeyArn };
    this.arn = alias.arn;
    this.machineArn = machineArn;
    this.version = main.stateMachine.stateMachineVersionArn.apply((arn) => arn.split(":").at(-1) as string);
    this.physicalName = main.stateMachine.name;
    this.alarmTopicArn = topic.arn;
    this.registerOutputs({ arn: this.arn, machineArn: this.machineArn, version: this.version });
  }

  /**
   * Lets a role start executions, by `arn` and in no other way.
   *
   * @param role Of this program's, or the name of one that was there before.
   * @param name Of the policy: one of its own for each role.
   */
  grantStart(role: aws.iam.Role | pulumi.Input<string>, name = `${this.#name}-start`): aws.iam.RolePolicy {
    return mayStart(name, role, { startable: this.#startable, parent: this });
  }
}

/** @throws RunError for EXPRESS, which has no redrive, of what might get stuck in an undo or after its pivot (S5) */
function checkExpress(name: string, { workflowType }: Config, { calls }: Declaration): void {
  const changing = Object.entries(calls).find(([, { role }]) => role !== "query");
  if (workflowType !== "EXPRESS" || !changing) return;
  throw new pulumi.RunError(
    `'${name}': EXPRESS has no redrive, and ${changing[0]} is more than a query: set workflowType to STANDARD`,
  );
}
