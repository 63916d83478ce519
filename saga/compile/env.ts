import type { Spelling } from "./jsonata";
import type { Node } from "../language/nodes";
import { names } from "../language/state-names";
import { object } from "./syntax";

/** How the states of one place spell each name in scope, and each output of Pulumi, in JSONata. */
export type Env = ReadonlyMap<string | object, string>;

export const INPUT = "$states.context.Execution.Input";

/** The fields of `saga` that every mapping may read. The mapping of a call may read the step as well. */
export const sagaFields = ({ execution, startedAt }: { readonly execution: string; readonly startedAt: string }) =>
  [
    [
      "saga",
      object([
        ["id", execution],
        ["startedAt", startedAt],
      ]),
    ],
    ["saga.id", execution],
    ["saga.startedAt", startedAt],
  ] as const;
/**
 * The item of an iteration, with its index. It is the iteration's input, and each state passes it on: only the Map's own
 * fields can read the item from the Context object, not the states within.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
 */
export const ITEM = "$states.input";

export function spellIn(env: Env): Spelling {
  return (root) => {
    const spelled = env.get(root);
    // The builder has checked every name.
    if (spelled === undefined)
      throw new Error(`'${typeof root === "string" ? root : "an output"}' has no spelling here`);
    return spelled;
  };
}

export const extend = (env: Env, more: Iterable<readonly [string, string]>): Env =>
  new Map<string | object, string>([...env, ...more]);

/** A variable of the compiled machine, and what it is called among the results of its branch. */
export interface Variable {
  readonly name: string;
  readonly key: string;
}

/** The variables that a sequence of nodes assigns, on one path or another; not those of the branches within. */
export function variablesOf(nodes: readonly Node[]): readonly Variable[] {
  return nodes.flatMap((node): readonly Variable[] => {
    switch (node.kind) {
      case "Step":
        return [node];
      case "Child":
        return undoEntryOf(node) === undefined ? [node] : [node, own(names.records(node.name))];
      case "Wait":
        return [];
      case "When": {
        const { name, then, otherwise } = node;
        const inside = [...variablesOf(then), ...variablesOf(otherwise)];
        return undoEntryOf(node) === undefined ? inside : [...inside, own(names.taken(name))];
      }
      case "Parallel":
      case "ForEach":
        return node.forward ? [node] : [node, own(names.records(node.name))];
    }
  });
}

const own = (name: string): Variable => ({ name, key: name });

/** The first undo state of a completed node, or undefined if there is nothing to undo. */
export function undoEntryOf(node: Node): string | undefined {
  switch (node.kind) {
    case "Step":
      // A pivot that has succeeded is never undone.
      return node.role === "compensable" ? node.undo?.name : undefined;
    case "Child":
      return node.saga.steps.some(undoEntryOf) ? names.undo(node.name) : undefined;
    case "Wait":
      return undefined;
    case "When":
      return [...node.then, ...node.otherwise].some(undoEntryOf) ? names.undo(node.name) : undefined;
    case "Parallel":
      return node.branches.some(([, nodes]) => nodes.some(undoEntryOf)) ? names.undo(node.name) : undefined;
    case "ForEach":
      return node.body.some(undoEntryOf) ? names.undo(node.name) : undefined;
  }
}

/** The names within an iteration. The item carries the values of the iteration around it. */
export function intoMap(env: Env): Env {
  return new Map([...env].map(([root, spelled]) => [root, spelled.replaceAll(ITEM, `${ITEM}.outer`)]));
}

/** The values that an item must carry into an iteration. */
export function carried(env: Env): readonly (readonly [string, string])[] {
  return [...env.values()].some((spelled) => spelled.includes(ITEM)) ? [["outer", ITEM]] : [];
}
