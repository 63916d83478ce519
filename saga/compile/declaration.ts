import { names } from "../language/state-names";
import { flatten, type Node, type Saga } from "../language/nodes";
import { undoEntryOf } from "./env";
import type { Declaration, DeclaredCall } from "../asl/declaration";

/** The declaration of a saga, for the verifier. */
export function declarationOf(saga: Saga): Declaration {
  const calls = flatten(saga.steps).flatMap((node) => {
    const call = callOf(node);
    return call ? [[node.name, Object.freeze(call)] as const] : [];
  });
  return Object.freeze({ saga: saga.name, calls: Object.freeze(Object.fromEntries(calls)) });
}

function callOf(node: Node): DeclaredCall | undefined {
  switch (node.kind) {
    case "Step":
      return {
        role: node.role,
        ...(node.undo && { undo: node.undo.name }),
        ...(node.definite.length > 0 && { definite: node.definite }),
      };
    case "Child":
      // A child saga that fails undoes itself. The undo machine of a completed one knows what to undo.
      return undoEntryOf(node) === undefined ? { role: "query" } : { role: "compensable", undo: names.undo(node.name) };
    default:
      return undefined;
  }
}
