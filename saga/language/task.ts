import type { Input } from "@pulumi/pulumi";
import type { Duration } from "./duration";
import { checkTask } from "./task-check";

/** Who is calling: the same for an action and its undo, over Retry and over redrive. It is the idempotency key (S11). */
export interface SagaIdentity {
  /** The execution's ARN. */
  readonly id: string;
  /** The name of the saga's step, not of the undo; within a forEach with the item's index: `Reserve[2]`. */
  readonly step: string;
}

/** What the function gets: the mapped input of its step, and who is calling. */
export type TaskEvent<In> = In & { readonly saga: SagaIdentity };

export type TaskHandler<In, Out> = (event: TaskEvent<In>) => Promise<Out>;

/** What may be done to a table and its items, as IAM names it without the service. */
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

/** One statement of an IAM policy, which allows. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly Input<string>[];
  /** As IAM writes them: operator → key → value. */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, Input<string> | readonly Input<string>[]>>>>;
}

/** The subnets in which a function runs, and who it may talk to from there. */
export interface Vpc {
  readonly subnetIds: Input<readonly Input<string>[]>;
  readonly securityGroupIds: Input<readonly Input<string>[]>;
}

/** What a task's function has, and what it may do. What is left out is the component's, and after that the stack's config's. */
export interface TaskOptions {
  /** What the function does to the component's `table`, whose name is in `TABLE_NAME`. Default: nothing. */
  readonly table?: readonly TableAction[];
  /** What it does to others of the component's `tables`, by their names there: `ledger` is in `LEDGER_TABLE_NAME`. */
  readonly tables?: Readonly<Record<string, readonly TableAction[]>>;
  /** What else it may do. */
  readonly allow?: readonly Statement[];
  /** Variables of its environment. A value that is a secret stays one in the stack's state. */
  readonly environment?: Readonly<Record<string, Input<string>>>;
  /**
   * Variables whose values stand in Secrets Manager or in SSM's Parameter Store, by the ARN of the secret or parameter.
   * They are read at a cold start, before the handler is built, with the permission to do so and no other.
   */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  /** npm packages that the handler requires: the archive has them and what they need, and no others. */
  readonly packages?: readonly string[];
  /**
   * How long one call of the function may take, 15 minutes at most, and no longer than its step waits. By default a bit
   * shorter than the step's own timeout.
   */
  readonly timeout?: Duration;
  /** In MB, 128 to 10,240. Its share of a CPU grows with it. */
  readonly memory?: number;
  readonly vpc?: Vpc;
  /** ARNs of versions of layers. */
  readonly layers?: Input<readonly Input<string>[]>;
  /** How many calls may run at once, kept free for it in the account; or 0, for whatever the account has. */
  readonly concurrency?: number;
}

/** How a task runs. */
export interface TaskDefinition<In, Out> extends TaskOptions {
  /**
   * Builds the handler, once per cold start. Pulumi serialises it: SDK clients are made in here, with a bare
   * `require`, never captured from the module.
   */
  readonly handler: () => TaskHandler<In, Out> | Promise<TaskHandler<In, Out>>;
}

declare const contract: unique symbol;

/** One unit of work, with the types of what goes in and what comes out. */
export interface Task<In, Out> {
  readonly name: string;
  /** For the type checker alone, absent at run time. */
  readonly [contract]: { readonly in: (input: In) => void; readonly out: Out };
}

/** A task that a function of its own runs, by the name of which sagas, deployments and the command line know it. */
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
  /** Whether the step ends when somebody answers with the task token, not when the function returns. */
  readonly callback: boolean;
}

/** A task that a function runs which was there before. */
export interface ExistingTask {
  readonly kind: "Existing";
  readonly name: string;
  /** Of the function, or of a version or an alias of it. */
  readonly functionArn: Input<string>;
}

/** A task that Step Functions does itself, without a function, by calling a service of AWS. */
export interface ServiceTask {
  readonly kind: "Service";
  readonly name: string;
  /** The integration's ARN: `arn:aws:states:::sqs:sendMessage`, `arn:aws:states:::aws-sdk:ses:sendEmail`. */
  readonly resource: string;
  /** What the state machine's role must be allowed for it. */
  readonly allow: readonly Statement[];
}

export type AnyTask = LambdaTask | ExistingTask | ServiceTask;

/**
 * Declares a task. Whatever saga names it gets it deployed: its function, its role, its permission to be invoked.
 *
 * @throws SagaDefinitionError `bad-task`
 *
 * @example
 * export const bookHotel = task<HotelRequest, Booking>("bookHotel", {
 *   table: ["UpdateItem", "GetItem"],
 *   handler: () => { const store = openStore(); return async (event) => …; },
 * });
 */
export function task<In extends object, Out>(
  name: string,
  definition: TaskDefinition<In, Out>,
): Task<In, Out> & LambdaTask & TaskDefinition<In, Out> {
  return lambdaTask(name, definition, false) as ReturnType<typeof task<In, Out>>;
}

/**
 * Declares a task that hands out a task token and is done when somebody answers with it: a person who approves, a
 * partner who calls back. The function's own return value is ignored; `Answer` is what SendTaskSuccess brings. A retry
 * hands out another token, and the one before is dead: keep the last one (`renew` of `openStore` does).
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
 * Declares a task that a function runs which was there before, in this program or elsewhere. It gets the step's input,
 * and `saga` beside, as any other does. It must tell an action from one that it has done, and stand its undo (S3).
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
 * Declares a task that Step Functions does itself, by an optimised or an AWS SDK integration: no function is deployed.
 * It sends nothing but the step's input: let that carry `saga.id` where the service can use an idempotency key.
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
