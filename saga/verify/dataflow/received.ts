import type { Origin } from "./data";

/** A part of the data that a field passes to a Task. */
export interface Received {
  /** The field that has left only an error, or nothing, of all data. Undefined for any other data. */
  readonly leftover: Origin | undefined;
  /** The name of the field that the Task receives it in. */
  readonly as: string | undefined;
}

/** A name by which a state passes on an error on purpose. */
const OF_AN_ERROR = /err|fail|cause|reason|problem|exception/i;

/** Fields of the Context object that name the execution or the state, and have no data. */
const NAMES: ReadonlySet<unknown> = new Set(["Id", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"]);

/** Whether a path of the Context object only says who calls. */
export const isIdentity = ([first, second]: readonly unknown[]): boolean =>
  first === "Execution" ? NAMES.has(second) : first === "State" || first === "StateMachine" || first === "Task";

/**
 * The field that has left a Task without data: everything that the Task receives, besides its identity, is an error or
 * nothing. Undefined if the Task has data, or needs none.
 */
export function leftWithout(all: readonly Received[], identified: boolean): Origin | undefined {
  const parts = identified ? all.filter(({ as }) => !OF_AN_ERROR.test(as ?? "")) : all;
  return parts.every(({ leftover }) => leftover) ? parts[0]?.leftover : undefined;
}
