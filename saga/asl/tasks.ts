import { innerOf, type RawState, type RawStates } from "./states";

/** The Tasks of a definition, those of branches and of items too, in the order in which it has them. */
export function tasksIn({ States }: RawStates): readonly (readonly [name: string, task: RawState])[] {
  return Object.entries(States).flatMap(([name, state]) => [
    ...(state.Type === "Task" ? [[name, state] as const] : []),
    ...innerOf(state).flatMap(tasksIn),
  ]);
}
