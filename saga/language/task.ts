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

/** How a task runs. */
export interface TaskDefinition<In, Out> {
  /** What the function does to the saga's table, as IAM names it without the service: `["UpdateItem", "GetItem"]`. */
  readonly table: readonly string[];
  /**
   * Builds the handler, once per cold start. Pulumi serialises it: SDK clients are made in here, with a bare
   * `require`, never captured from the module.
   */
  readonly handler: () => TaskHandler<In, Out>;
}

declare const contract: unique symbol;

/** One unit of work, with the types of what goes in and what comes out. */
export interface Task<In, Out> {
  readonly name: string;
  /** For the type checker alone, absent at run time. */
  readonly [contract]: { readonly in: (input: In) => void; readonly out: Out };
}

/** A task that a function of its own runs, by the name of which sagas, deployments and the command line know it. */
export interface LambdaTask {
  readonly kind: "Task";
  readonly name: string;
  readonly table: readonly string[];
  readonly handler: () => (event: never) => Promise<unknown>;
  /** Whether the step ends when somebody answers with the task token, not when the function returns. */
  readonly callback: boolean;
}

/** One statement of an IAM policy. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
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

export type AnyTask = LambdaTask | ServiceTask;

/**
 * Declares a task. Whatever saga names it gets it deployed: its function, its role, its permission to be invoked.
 *
 * @example
 * export const createOrder = task<OrderInput, Order>("createOrder", {
 *   table: ["UpdateItem", "GetItem"],
 *   handler: () => { const store = openStore(); return async (event) => …; },
 * });
 */
export function task<In extends object, Out>(
  name: string,
  definition: TaskDefinition<In, Out>,
): Task<In, Out> & LambdaTask & TaskDefinition<In, Out> {
  const made: LambdaTask = {
    kind: "Task",
    name,
    table: Object.freeze([...definition.table]),
    handler: definition.handler,
    callback: false,
  };
  return Object.freeze(made) as ReturnType<typeof task<In, Out>>;
}

/**
 * Declares a task that hands out a task token and is done when somebody answers with it: a person who approves, a
 * partner who calls back. The function's own return value is ignored; `Answer` is what SendTaskSuccess brings.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
 */
export function callbackTask<In extends object, Answer>(
  name: string,
  definition: TaskDefinition<In & { readonly task_token: string }, void>,
): Task<In, Answer> & LambdaTask {
  const made: LambdaTask = {
    kind: "Task",
    name,
    table: Object.freeze([...definition.table]),
    handler: definition.handler,
    callback: true,
  };
  return Object.freeze(made) as ReturnType<typeof callbackTask<In, Answer>>;
}

/**
 * Declares a task that Step Functions does itself, by an optimised or an AWS SDK integration: no function is deployed.
 * It sends nothing but the step's input: let that carry `saga.id` where the service can use an idempotency key.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
 *
 * @example
 * const announce = serviceTask<{ TopicArn: string; Message: string }, { MessageId: string }>("announce", {
 *   resource: "arn:aws:states:::sns:publish",
 *   allow: [{ actions: ["sns:Publish"], resources: [topicArn] }],
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
