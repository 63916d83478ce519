import type { Task, TaskEvent } from "../language/task";

/** What runs in the place of a task. */
export interface StandIn {
  readonly kind: "StandIn";
  readonly task: string;
  readonly run: (event: never) => unknown;
}

/**
 * Puts a function in the place of a task: its event and its answer have the task's types. Of a callback task it plays the
 * one who answers; of a service task, the service.
 * What it throws, the step fails with, by the error's name.
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
