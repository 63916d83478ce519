import type { Declaration, DeclaredCall } from "../asl/declaration";
import { noteIn } from "../asl/machine-note";
import type { RawState, RawStates } from "../asl/states";
import { tasksIn } from "../asl/tasks";

/**
 * A saga's declaration, read from its compiled machine. Each call carries the name of a step: an action its own, an undo
 * the name of its action (S11). The Comment lists the calls of services, which carry none. Undefined if any other call
 * carries none.
 */
export function declaredIn(definition: RawStates): Declaration | undefined {
  const { saga, pivot, services = {} } = noteIn(definition);
  const undoneBy = new Map(Object.entries(services).map(([step, { undo }]) => [undo, step]));
  const tasks = tasksIn(definition);
  if (saga === undefined || tasks.length === 0) return undefined;
  const steps = new Map<string, RawState | undefined>();
  const undos = new Map<string, string>();
  for (const [name, task] of tasks) {
    const step = name in services ? name : (undoneBy.get(name) ?? stepOf(name, task));
    if (step === undefined) return undefined;
    if (step === name) steps.set(name, task);
    else undos.set(step, name);
  }
  // A machine of undos does not contain the steps. The last step is undone first.
  for (const step of [...undos.keys()].reverse()) if (!steps.has(step)) steps.set(step, undefined);
  const calls = [...steps].map(([name, task]) => {
    const undo = undos.get(name);
    const definite = definiteOf(task);
    const call: DeclaredCall = {
      role: roleOf(task, { isPivot: name === pivot, undo }),
      ...(undo !== undefined && { undo }),
      ...(definite.length > 0 && { definite }),
    };
    return [name, call] as const;
  });
  return { saga, calls: Object.fromEntries(calls) };
}

/** A retriable step changes something and has no Catch (S5). A query has one. */
function roleOf(
  task: RawState | undefined,
  { isPivot, undo }: { isPivot: boolean; undo: string | undefined },
): DeclaredCall["role"] {
  if (isPivot) return "pivot";
  if (undo !== undefined) return "compensable";
  return task?.Catch === undefined ? "retriable" : "query";
}

/** The step in whose name a Task calls. */
function stepOf(name: string, { Arguments, Resource }: RawState): string | undefined {
  // A child saga's execution is named after its step, and so is the execution that undoes it.
  if (typeof Resource === "string" && Resource.includes(":states:startExecution")) return name.replace(/^Undo_/, "");
  const { Payload } = (Arguments ?? {}) as { readonly Payload?: unknown };
  const [, step] =
    /'saga': \{.*'step': [^']*'((?:[^'\\]|\\.)+)'/s.exec(typeof Payload === "string" ? Payload : "") ?? [];
  return step;
}

/** The definite errors, which the Catch names first: after them, nothing has happened (S2). */
const definiteOf = (task: RawState | undefined): readonly string[] =>
  (task?.Catch ?? []).flatMap(({ ErrorEquals }) =>
    (ErrorEquals as readonly string[]).filter((error) => !error.startsWith("States.")),
  );
