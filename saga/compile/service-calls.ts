import { flatten, type Saga } from "../language/nodes";

/**
 * By its name, each step that calls a service itself, or whose undo does. A function's call carries the name of its step
 * (S11). A service's call does not, so a reader of the definition would not know which state undoes which.
 */
export type ServiceCalls = Readonly<Record<string, { readonly undo?: string }>>;

/** Undefined if a saga calls functions only. */
export function serviceCallsIn(saga: Saga): ServiceCalls | undefined {
  const calls = flatten(saga.steps).flatMap((node) => {
    if (node.kind !== "Step") return [];
    const { name, task, undo } = node;
    if (task.kind !== "Service" && undo?.task.kind !== "Service") return [];
    return [[name, undo ? { undo: undo.name } : {}] as const];
  });
  return calls.length === 0 ? undefined : Object.fromEntries(calls);
}

/**
 * The Comment of a definition: a sentence, or JSON that lists the calls of services.
 * @param purpose Whether it is the machine of the saga, or one that runs its undos alone.
 */
export function commentOf(saga: Saga, purpose: "saga" | "undo" | "recovery"): string {
  const services = serviceCallsIn(saga);
  if (services) return JSON.stringify({ [purpose === "saga" ? "saga" : "undoOf"]: saga.name, services });
  return { saga: "Saga ", undo: "Undo of saga ", recovery: "Recovery of saga " }[purpose] + saga.name;
}
