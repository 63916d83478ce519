import { machinesOf, type SagaMachine } from "../compile";
import { type ExistingTask, existingOf, type LambdaTask, type Saga, statementsOf, tasksOf } from "../language";
import type { Statement } from "./policy";

/** A task that the saga no longer names, or an earlier form of a saga. */
export type Retired = LambdaTask | ExistingTask | Saga;

/** The tasks and machines that executions of earlier releases may still call. */
export interface Former {
  readonly tasks: readonly LambdaTask[];
  readonly existing: readonly ExistingTask[];
  /** The whole sagas, for the timeouts of their steps. */
  readonly sagas: readonly Saga[];
  readonly machines: readonly SagaMachine[];
  readonly statements: readonly Statement[];
}

/** Everything that retired tasks and sagas call, also through child sagas. */
export function formerOf(retired: readonly Retired[]): Former {
  const sagas = retired.filter((each) => each.kind === "Saga");
  const machines = sagas.flatMap(machinesOf);
  return {
    tasks: retired.flatMap((each) => (each.kind === "Saga" ? tasksOf(each) : each.kind === "Task" ? [each] : [])),
    existing: retired.flatMap((each) =>
      each.kind === "Saga" ? existingOf(each) : each.kind === "Existing" ? [each] : [],
    ),
    sagas,
    machines,
    statements: [...sagas, ...machines.map(({ saga }) => saga)].flatMap(statementsOf),
  };
}

/** The first of each name: current tasks come before retired ones. */
export function byName<Named extends { readonly name: string }>(
  ...lists: readonly (readonly Named[])[]
): readonly Named[] {
  const first = new Map<string, Named>();
  for (const each of lists.flat()) if (!first.has(each.name)) first.set(each.name, each);
  return [...first.values()];
}
