/** Who is calling: the same for an action and its undo, over Retry and over redrive. It is the idempotency key (S11). */
export interface SagaIdentity {
  /** The execution's ARN. */
  readonly id: string;
  /** The name of the saga's step, not of the undo. */
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

/** A typed contract: the name by which sagas, functions and the command line know one unit of work. */
export interface Task<In, Out> extends TaskDefinition<In, Out> {
  readonly kind: "Task";
  readonly name: string;
}

// `In` stands in a method parameter only through `handler`, so a task of any shape is assignable to this one.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyTask = Task<any, any>;

/**
 * Declares a task. Whatever saga names it gets it deployed: its function, its role, its permission to be invoked.
 *
 * @example
 * export const createOrder = task<OrderInput, Order>("createOrder", {
 *   table: ["UpdateItem", "GetItem"],
 *   handler: () => { const store = openStore(); return async (event) => …; },
 * });
 */
export function task<In extends object, Out>(name: string, definition: TaskDefinition<In, Out>): Task<In, Out> {
  return Object.freeze({ kind: "Task", name, ...definition, table: Object.freeze([...definition.table]) });
}
