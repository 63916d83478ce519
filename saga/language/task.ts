import type { Input } from "@pulumi/pulumi";
import type { AsJson } from "./as-json";
import type { Duration } from "./duration";
import { checkTask } from "./task-check";

/** The caller of a task: the same for an action and its undo, and for each retry and redrive. It is the idempotency key (S11). */
export interface SagaIdentity {
  /** The execution's ARN. */
  readonly id: string;
  /** The name of the step, in its undo too. Within a forEach it has the item's index: `Reserve[2]`. */
  readonly step: string;
}

/** The event of a function: the mapped input of its step, and the caller. */
export type TaskEvent<In> = In & { readonly saga: SagaIdentity };

/** The code of a function. If it throws, the call fails with the `name` of the error. */
export type TaskHandler<In, Out> = (event: TaskEvent<In>) => Promise<Out>;

/** An action on a table and its items, as IAM names it without the service. */
export type TableAction =
  | "BatchGetItem"
  | "BatchWriteItem"
  | "ConditionCheckItem"
  | "DeleteItem"
  | "DescribeTable"
  | "GetItem"
  | "PartiQLDelete"
  | "PartiQLInsert"
  | "PartiQLSelect"
  | "PartiQLUpdate"
  | "PutItem"
  | "Query"
  | "Scan"
  | "UpdateItem";

/** A statement of an IAM policy that allows something. */
export interface Statement {
  /** Such as `ses:SendEmail`. */
  readonly actions: readonly string[];
  /** ARNs, or `*`. */
  readonly resources: readonly Input<string>[];
  /** By operator and key, as in IAM: `{ StringEquals: { "aws:SourceAccount": account } }`. */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, Input<string> | readonly Input<string>[]>>>>;
}

/** The network of a function in a VPC, by the ids of its subnets and of its security groups. */
export interface Vpc {
  readonly subnetIds: Input<readonly Input<string>[]>;
  readonly securityGroupIds: Input<readonly Input<string>[]>;
}

/** The settings and permissions of a task's function. Omitted settings come from the component, and then from the stack's config. */
export interface TaskOptions {
  /** The function's actions on the component's `table`, whose name is in `TABLE_NAME`. Default: none. */
  readonly table?: readonly TableAction[];
  /** The function's actions on the component's other `tables`, by their keys there. `LEDGER_TABLE_NAME` has the name of `ledger`. */
  readonly tables?: Readonly<Record<string, readonly TableAction[]>>;
  /** Further permissions of the function. */
  readonly allow?: readonly Statement[];
  /** Environment variables. A secret value stays a secret in the stack's state. */
  readonly environment?: Readonly<Record<string, Input<string>>>;
  /**
   * Environment variables with values from Secrets Manager or SSM's Parameter Store: the ARN of each secret or parameter. The
   * function reads them at a cold start, before the handler is built. Its role gets exactly the permission for that.
   */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  /** npm packages that the handler requires. The archive contains them and their dependencies, and no others. */
  readonly packages?: readonly string[];
  /**
   * The timeout of one call, at most 15 minutes, and at most the timeout of its step. By default it is slightly shorter than
   * the step's timeout.
   */
  readonly timeout?: Duration;
  /** In MB, 128 to 10,240. The function's CPU share grows with it. */
  readonly memory?: number;
  /** Default: the component's `vpc`, or no VPC. */
  readonly vpc?: Vpc;
  /** ARNs of layer versions. */
  readonly layers?: Input<readonly Input<string>[]>;
  /** The number of concurrent calls that the account reserves for the function. 0 reserves none. */
  readonly concurrency?: number;
}

/** The settings and the handler of a task. */
export interface TaskDefinition<In, Out> extends TaskOptions {
  /**
   * Builds the handler, once per cold start. Pulumi serialises this function. Create SDK clients inside it, with a bare
   * `require`; do not capture them from the module.
   */
  readonly handler: () => TaskHandler<In, Out> | Promise<TaskHandler<In, Out>>;
}

declare const contract: unique symbol;

/** One unit of work, with the types of its input and its result. */
export interface Task<In, Out> {
  readonly name: string;
  /** For the type checker alone, absent at run time. */
  readonly [contract]: { readonly in: (input: In) => void; readonly out: Out };
}

/** A task with a function of its own. Sagas, deployments and the command line refer to it by its name. */
export interface LambdaTask extends TaskOptions {
  readonly kind: "Task";
  readonly name: string;
  readonly table: readonly TableAction[];
  readonly tables: Readonly<Record<string, readonly TableAction[]>>;
  readonly allow: readonly Statement[];
  readonly environment: Readonly<Record<string, Input<string>>>;
  readonly secrets: Readonly<Record<string, Input<string>>>;
  readonly packages: readonly string[];
  readonly handler: () => ((event: never) => Promise<unknown>) | Promise<(event: never) => Promise<unknown>>;
  /** Whether the step ends with an answer for the task token, and not when the function returns. */
  readonly callback: boolean;
}

/** A task that an existing function runs. */
export interface ExistingTask {
  readonly kind: "Existing";
  readonly name: string;
  /** The ARN of the function, or of a version or alias of it. */
  readonly functionArn: Input<string>;
}

/** A task without a function: Step Functions itself calls a service of AWS. */
export interface ServiceTask {
  readonly kind: "Service";
  readonly name: string;
  /** The integration's ARN: `arn:aws:states:::sqs:sendMessage`, `arn:aws:states:::aws-sdk:ses:sendEmail`. */
  readonly resource: string;
  /** The permissions that the state machine's role needs for it. */
  readonly allow: readonly Statement[];
}

export type AnyTask = LambdaTask | ExistingTask | ServiceTask;

/**
 * Declares a task. Each saga that names the task deploys it: its function, its role, and the permission to invoke it.
 *
 * @throws SagaDefinitionError `bad-task`
 *
 * @example
 * export const bookHotel = task<HotelRequest, Booking>("bookHotel", {
 *   table: ["UpdateItem", "GetItem"],
 *   handler: () => { const store = openStore(); return async (event) => …; },
 * });
 */
export function task<In extends object, Out extends AsJson<Out>>(
  name: string,
  definition: TaskDefinition<In, Out>,
): Task<In, Out> & LambdaTask & TaskDefinition<In, Out> {
  return lambdaTask(name, definition, false) as ReturnType<typeof task<In, Out>>;
}

/**
 * Declares a task whose function passes a task token on. The step ends with the answer to the token, such as a person's
 * approval or a partner's callback. The function's return value is ignored. `Answer` is the output of SendTaskSuccess. Each
 * retry has another token, and only the last one is valid: store the last one (`renew` of `openStore`).
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
 * @throws SagaDefinitionError `bad-task`
 */
export function callbackTask<In extends object, Answer>(
  name: string,
  definition: TaskDefinition<In & { readonly task_token: string }, void>,
): Task<In, Answer> & LambdaTask {
  return lambdaTask(name, definition, true) as ReturnType<typeof callbackTask<In, Answer>>;
}

function lambdaTask(
  name: string,
  definition: TaskOptions & Pick<LambdaTask, "handler">,
  callback: boolean,
): LambdaTask {
  const { table = [], tables = {}, allow = [], environment = {}, secrets = {}, packages = [], ...rest } = definition;
  const made: LambdaTask = {
    kind: "Task",
    name,
    ...rest,
    table: Object.freeze([...table]),
    tables: Object.freeze({ ...tables }),
    allow: Object.freeze([...allow]),
    environment: Object.freeze({ ...environment }),
    secrets: Object.freeze({ ...secrets }),
    packages: Object.freeze([...packages]),
    callback,
  };
  checkTask(made);
  return Object.freeze(made);
}

/**
 * Declares a task that an existing function runs, of this program or another. The function gets the step's input and `saga`,
 * like any task. It must keep the contract of a task: a repeated action has no second effect, and an action that comes after
 * its undo is refused (S3).
 *
 * @example
 * const charge = existingTask<{ amount: number }, { id: string }>("charge", { functionArn: payments.liveAliasArn });
 */
export function existingTask<In extends object, Out>(
  name: string,
  definition: { readonly functionArn: Input<string> },
): Task<In, Out> & ExistingTask {
  const made: ExistingTask = { kind: "Existing", name, functionArn: definition.functionArn };
  return Object.freeze(made) as ReturnType<typeof existingTask<In, Out>>;
}

/**
 * Declares a task that Step Functions runs itself, by an optimised or an AWS SDK integration. No function is deployed. The
 * service receives exactly the step's input: put `saga.id` into it if the service takes an idempotency key.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
 *
 * @example
 * const announce = serviceTask<{ TopicArn: string; Message: string }, { MessageId: string }>("announce", {
 *   resource: "arn:aws:states:::sns:publish",
 *   allow: [{ actions: ["sns:Publish"], resources: [topic.arn] }],
 * });
 */
export function serviceTask<In extends object, Out>(
  name: string,
  definition: { readonly resource: string; readonly allow: readonly Statement[] },
): Task<In, Out> & ServiceTask {
  const { resource, allow } = definition;
  const made: ServiceTask = { kind: "Service", name, resource, allow: Object.freeze([...allow]) };
  return Object.freeze(made) as ReturnType<typeof serviceTask<In, Out>>;
}
