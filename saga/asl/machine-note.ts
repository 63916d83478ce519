import type { RawStates } from "./states";

/**
 * The content of a saga machine's Comment: the saga's name. It is JSON with more fields if executions are recovered, or if
 * the saga calls services.
 */
export interface MachineNote {
  /** Undefined if the machine was not compiled from a saga. */
  readonly saga?: string;
  /** The same saga, if the machine runs its undos alone. */
  readonly undoOf?: string;
  readonly pivot?: string;
  /** The ARN of the machine that recovers its executions. */
  readonly undo?: string;
  /** Each step that calls a service, or whose undo does. Such a call carries no step's name. */
  readonly services?: Readonly<Record<string, { readonly undo?: string }>>;
}

export function noteIn(definition: RawStates): MachineNote {
  const { Comment } = definition as { readonly Comment?: unknown };
  const text = typeof Comment === "string" ? Comment : "";
  try {
    if (text.startsWith("{")) {
      const note = JSON.parse(text) as MachineNote;
      return note.undoOf === undefined ? note : { ...note, saga: note.undoOf };
    }
  } catch {
    // A Comment of another tool may begin with a brace too.
  }
  const [, of, saga] = /^(Saga|Undo of saga|Recovery of saga) (.+)$/.exec(text) ?? [];
  return saga === undefined ? {} : { saga, ...(of !== "Saga" && { undoOf: saga }) };
}
