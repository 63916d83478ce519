import { renderCondition } from "./jsonata";
import { expression, text } from "./syntax";
import type { Node, WhenNode } from "../language/nodes";
import { names } from "../language/state-names";
import { spellIn, undoEntryOf, variablesOf } from "./env";
import { choiceTransition, type Frame, type PendingAssignments } from "./frame";
import { type NodeContext, sequence } from "./sequence";

/**
 * A Choice, and the undo of the side that ran. A variable records the side. If the variable is lost, as after a Parallel
 * whose results were too large, both sides are undone: an undo tolerates an action that never ran (S3).
 */
export function when<Arn>(frame: Frame<Arn>, node: WhenNode, context: NodeContext): void {
  const { name, then, otherwise } = node;
  const { exit, rest, assigned } = context;
  const sideVariable = names.taken(name);
  const undoes = undoEntryOf(node) !== undefined;

  const side = (which: string, skipped: readonly Node[]): PendingAssignments => [
    ...(undoes ? [[sideVariable, text(which)] as const] : []),
    // Every path must assign each variable that is read later.
    ...variablesOf(skipped).map((variable) => [variable.name, "null"] as const),
  ];
  const enter = (nodes: readonly Node[], pending: PendingAssignments) =>
    choiceTransition(frame, nodes[0] ? { kind: "state", name: nodes[0].name } : exit, pending);
  const { Next: Default, ...elsewise } = enter(otherwise, side("otherwise", then));
  frame.forwardStates.set(name, {
    Type: "Choice",
    Choices: [
      {
        Condition: expression(renderCondition(node.condition, spellIn(frame.forward))),
        ...enter(then, side("then", otherwise)),
      },
    ],
    ...elsewise,
    Default,
  });

  const sides = { then: lastEntry(then), otherwise: lastEntry(otherwise) };
  const skipTo = (): string => rest ?? frame.undoneState();
  const unless = (which: string, to: string, entry: string) =>
    ({
      Type: "Choice",
      Choices: [{ Condition: expression(`${spellIn(frame.undo)(sideVariable)} = ${text(which)}`), Next: to }],
      Default: entry,
    }) as const;

  let afterThen = rest;
  if (sides.otherwise !== undefined) {
    const begin = sides.then === undefined ? names.undo(name) : names.undoOtherwise(name);
    frame.undoStates.set(begin, unless("then", skipTo(), sides.otherwise));
    if (sides.then !== undefined) afterThen = begin;
  }
  if (sides.then !== undefined) {
    frame.undoStates.set(names.undo(name), unless("otherwise", afterThen ?? skipTo(), sides.then));
  }
  const inside = undoes ? [...assigned, { name: sideVariable, key: sideVariable }] : assigned;
  sequence(frame, then, { exit, rest: afterThen, assigned: inside });
  sequence(frame, otherwise, { exit, rest, assigned: inside });
}

const lastEntry = (nodes: readonly Node[]): string | undefined =>
  nodes.map(undoEntryOf).findLast((entry) => entry !== undefined);
