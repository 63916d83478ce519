import type { HistoryEvent } from "../../interpreter";
import type { Outcome } from "../../asl/outcome";
import { isUndo, type Tried } from "./trial";

/**
 * What is wrong with the calls of an execution. A completed execution must not have undone an action that took effect.
 * A compensated one must have undone all of them, in the reverse of the order in which they began (S1).
 * @param undoable The steps that have an undo.
 */
export function flawsOfCalls(
  { tries, history }: Tried,
  outcome: Outcome,
  undoable: ReadonlySet<string>,
): readonly string[] {
  const found = new Set<string>();
  const undos = tries.filter(isUndo);
  const actions = tries.filter((each) => !isUndo(each) && each.step !== undefined);
  for (const { state, step, took, afterUndo } of actions) {
    if (afterUndo) found.add(`${step as string} took effect after its undo, but it should have been refused`);
    const undone = undos.some((each) => each.step === step && each.heard);
    if (outcome === "completed" && undos.some((each) => each.step === step)) {
      found.add(`completed, but ${step as string} was undone`);
    }
    if (outcome === "compensated" && took && !undone && undoable.has(state)) {
      found.add(`compensated, but ${step as string} took effect, and its undo did not succeed`);
    }
  }
  if (outcome === "compensated") for (const flaw of flawsOfOrder(history)) found.add(flaw);
  return [...found];
}

interface Visit {
  readonly state: string;
  readonly entered: number;
  step?: string;
  exited?: number;
}

/**
 * Undos that ran in another order than the reverse of their actions. The history's threads show which action came
 * first. Actions that run in parallel have no order.
 */
function flawsOfOrder(history: readonly HistoryEvent[]): readonly string[] {
  const events = new Map(history.map((event) => [event.id, event]));
  const visits: Visit[] = [];
  const visitOf = new Map<number, Visit>();
  for (const { id, previousEventId, type, state = "", parameters } of history) {
    if (type === "TaskStateEntered") {
      const visit = { state, entered: id };
      visits.push(visit);
      visitOf.set(id, visit);
      continue;
    }
    const visit = visitOf.get(previousEventId);
    if (!visit) continue;
    visitOf.set(id, visit);
    const { saga } = ((parameters as { readonly Payload?: object } | undefined)?.Payload ?? {}) as {
      readonly saga?: { readonly step?: string };
    };
    if (saga?.step !== undefined) visit.step = saga.step;
    if (type === "TaskStateExited") {
      visit.exited = id;
      visitOf.delete(id);
    }
  }
  const within = (visit: Visit): boolean => visit.step?.replace(/\[.*/, "") === visit.state;
  const actions = visits.filter((visit) => visit.step !== undefined && within(visit));
  const undos = new Map(
    visits.flatMap((visit) => (visit.step !== undefined && !within(visit) ? [[visit.step, visit] as const] : [])),
  );
  /** The events before one on its thread. */
  const before = (id: number): ReadonlySet<number> => {
    const ids = new Set<number>();
    for (let at = events.get(id); at && !ids.has(at.id); at = events.get(at.previousEventId)) ids.add(at.id);
    return ids;
  };
  return actions.flatMap((later) => {
    const past = before(later.entered);
    const undoOfLater = undos.get(later.step as string);
    return actions.flatMap((earlier) => {
      const undoOfEarlier = undos.get(earlier.step as string);
      if (earlier === later || earlier.exited === undefined || !past.has(earlier.exited)) return [];
      if (!undoOfLater || !undoOfEarlier || (undoOfLater.exited ?? Infinity) < undoOfEarlier.entered) return [];
      return [`${undoOfEarlier.state} ran before ${undoOfLater.state} had ended: undos must run in reverse order`];
    });
  });
}
