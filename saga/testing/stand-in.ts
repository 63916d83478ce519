import type { Task, TaskEvent } from "../language/task";

/** A function that runs in place of a task. */
export interface StandIn {
  readonly kind: "StandIn";
  readonly task: string;
  readonly run: (event: never) => unknown;
}

/**
 * Runs a function in place of a task. Its event and its result have the task's types. For a callback task, the function
 * is the one who answers; for a service task, it is the service. If it throws, the step fails with the error's name.
 *
 * @example
 * tasks: [standIn(chargeCard, ({ amount }) => ({ charge: "ch_1", amount }))]
 */
export function standIn<In extends object, Out>(
  task: Task<In, Out>,
  run: (event: TaskEvent<In>) => NoInfer<Out> | Promise<NoInfer<Out>>,
): StandIn {
  return Object.freeze({ kind: "StandIn", task: task.name, run });
}
