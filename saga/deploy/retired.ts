import { machinesOf, type SagaMachine } from "../compile";
import { type ExistingTask, existingOf, type LambdaTask, type Saga, statementsOf, tasksOf } from "../language";
import type { Statement } from "./policy";

/** A task that the saga no longer names, or a saga as it was. */
export type Retired = LambdaTask | ExistingTask | Saga;

/** What executions that began before a deploy may still call. */
export interface Former {
  readonly tasks: readonly LambdaTask[];
  readonly existing: readonly ExistingTask[];
  /** In their entirety, for how long their steps wait. */
  readonly sagas: readonly Saga[];
  readonly machines: readonly SagaMachine[];
  readonly statements: readonly Statement[];
}

/** All that retired tasks and sagas call, those of child sagas too. */
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

/** The first of each name: what the saga itself names comes before what it named once. */
export function byName<Named extends { readonly name: string }>(
  ...lists: readonly (readonly Named[])[]
): readonly Named[] {
  const first = new Map<string, Named>();
  for (const each of lists.flat()) if (!first.has(each.name)) first.set(each.name, each);
  return [...first.values()];
}
