import type { Declaration } from "./declaration";
import { innerOf, type RawState, type RawStates } from "./states";

/** The Tasks of a definition, those of branches and of items too, in the order in which it has them. */
export function tasksIn({ States }: RawStates): readonly (readonly [name: string, task: RawState])[] {
  return Object.entries(States).flatMap(([name, state]) => [
    ...(state.Type === "Task" ? [[name, state] as const] : []),
    ...innerOf(state).flatMap(tasksIn),
  ]);
}

/** The fields of a declared call that do not name a state. */
const OTHER_FIELDS: ReadonlySet<string> = new Set(["role", "definite", "why"]);

/** The Tasks that a declaration does not mention, as calls or as undos. */
export function undeclaredIn(definition: RawStates, { calls }: Pick<Declaration, "calls">): readonly string[] {
  const named = new Set(
    Object.entries(calls).flatMap(([name, call]) => [
      name,
      ...Object.entries(call).flatMap(([field, value]) => (OTHER_FIELDS.has(field) ? [] : [value as unknown].flat())),
    ]),
  );
  return tasksIn(definition).flatMap(([name]) => (named.has(name) ? [] : [name]));
}
