import type { Declaration, DeclaredCall } from "../asl/declaration";
import type { RawState, RawStates } from "../asl/states";
import { tasksIn } from "../asl/tasks";

/** What the Comment says of a saga's machine: its name, and, where executions are recovered, more as JSON. */
export interface MachineNote {
  /** Undefined for a machine that no saga was compiled to. */
  readonly saga?: string;
  readonly pivot?: string;
  /** The ARN of the machine that recovers its executions. */
  readonly undo?: string;
}

export function noteIn(definition: RawStates): MachineNote {
  const { Comment } = definition as { readonly Comment?: unknown };
  const text = typeof Comment === "string" ? Comment : "";
  try {
    if (text.startsWith("{")) return JSON.parse(text) as MachineNote;
  } catch {
    // Somebody else's Comment, which only begins like this.
  }
  const saga = /^(?:Saga|Undo of saga|Recovery of saga) (.+)$/.exec(text)?.[1];
  return saga === undefined ? {} : { saga };
}

/**
 * What a saga says of its calls, read from the machine that it was compiled to: each call tells in whose name it is made,
 * an undo in that of its step (S11). Undefined where a call does not tell, such as one of a service without a function.
 */
export function declaredIn(definition: RawStates): Declaration | undefined {
  const { saga, pivot } = noteIn(definition);
  const tasks = tasksIn(definition);
  if (saga === undefined || tasks.length === 0) return undefined;
  const steps = new Map<string, RawState | undefined>();
  const undos = new Map<string, string>();
  for (const [name, task] of tasks) {
    const step = stepOf(name, task);
    if (step === undefined) return undefined;
    if (step === name) steps.set(name, task);
    else undos.set(step, name);
  }
  // In a machine that only undoes, the steps are not there. The last one is undone first.
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

/** What can't be undone is not given up either, where it changes something: it has no Catch (S5). */
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
  // The execution of a child saga is named after its step, and so is the one that undoes it.
  if (typeof Resource === "string" && Resource.includes(":states:startExecution")) return name.replace(/^Undo_/, "");
  const { Payload } = (Arguments ?? {}) as { readonly Payload?: unknown };
  const [, step] =
    /'saga': \{.*'step': [^']*'((?:[^'\\]|\\.)+)'/s.exec(typeof Payload === "string" ? Payload : "") ?? [];
  return step;
}

/** The errors that are caught before any other: nothing has happened then (S2). */
const definiteOf = (task: RawState | undefined): readonly string[] =>
  (task?.Catch ?? []).flatMap(({ ErrorEquals }) =>
    (ErrorEquals as readonly string[]).filter((error) => !error.startsWith("States.")),
  );
