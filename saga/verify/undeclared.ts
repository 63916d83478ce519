import { type Declaration, undoOf } from "../asl/declaration";
import type { RawState, RawStates } from "../asl/states";
import { tasksIn } from "../asl/tasks";
import { callsSame } from "./calls";

/** The fields of a declared call that do not name a state. */
const OTHER_FIELDS: ReadonlySet<string> = new Set(["role", "definite", "why"]);

/**
 * The Tasks that a declaration must still mention, as calls or as undos, before the definition can be proved. A second
 * undo of one call is not among them, since no declaration can mention it. The verifier reports it.
 */
export function undeclaredIn(definition: RawStates, declaration: Pick<Declaration, "calls">): readonly string[] {
  const named = new Set(
    Object.entries(declaration.calls).flatMap(([name, call]) => [
      name,
      ...Object.entries(call).flatMap(([field, value]) => (OTHER_FIELDS.has(field) ? [] : [value as unknown].flat())),
    ]),
  );
  const tasks = tasksIn(definition);
  const undos = new Set(Object.keys(declaration.calls).map((action) => undoOf(declaration, action)));
  const isSecond = (task: RawState): boolean =>
    tasks.some(([name, other]) => undos.has(name) && makesSameCall(task, other));
  return tasks.flatMap(([name, task]) => (named.has(name) || isSecond(task) ? [] : [name]));
}

/** Whether two Tasks make one call, so that an undeclared one beside a declared undo is an undo of the same action. */
export const makesSameCall = (one: RawState, other: RawState): boolean =>
  callsSame(one, other) || callIn(one) === callIn(other);

const callIn = ({ Resource, Arguments, Parameters }: RawState): string =>
  JSON.stringify([Resource, Arguments ?? Parameters]);
