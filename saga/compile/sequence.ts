import type { StepNode, WaitNode, Node } from "../language/nodes";
import { TIMESTAMP } from "../asl/times";
import { renderOnce } from "./jsonata";
import { expression } from "./syntax";
import { call, identityOf, resultOf, stepName } from "./call";
import { child } from "./child";
import { spellIn, undoEntryOf, type Variable, variablesOf } from "./env";
import { forEach } from "./for-each";
import { catchAll, caughtFailure, type Exit, type Frame, NO_RESULT, transition, undoTransition } from "./frame";
import { parallel } from "./parallel";
import { when } from "./when";

/** What surrounds a node. */
export interface NodeContext {
  /** What follows the node. */
  readonly exit: Exit;
  /** The first undo of the nodes before it in this level, if they have one. */
  readonly rest: string | undefined;
  /** The variables that this level has assigned when the node begins. */
  readonly assigned: readonly Variable[];
}

/** Compiles a sequence of nodes into the states of its level: forward and, chained in the reverse order, undo (S1). */
export function sequence<Arn>(frame: Frame<Arn>, nodes: readonly Node[], context: NodeContext): void {
  let { rest, assigned } = context;
  nodes.forEach((node, index) => {
    const next = nodes[index + 1];
    one(frame, node, { exit: next ? { kind: "state", name: next.name } : context.exit, rest, assigned });
    rest = undoEntryOf(node) ?? rest;
    assigned = [...assigned, ...variablesOf([node])];
  });
}

function one<Arn>(frame: Frame<Arn>, node: Node, context: NodeContext): void {
  switch (node.kind) {
    case "Step":
      step(frame, node, context);
      break;
    case "Child":
      child(frame, node, context);
      break;
    case "Wait":
      wait(frame, node, context);
      break;
    case "When":
      when(frame, node, context);
      break;
    case "Parallel":
      parallel(frame, node, context);
      break;
    case "ForEach":
      forEach(frame, node, context);
      break;
  }
}

function step<Arn>(frame: Frame<Arn>, node: StepNode, { exit, rest, assigned }: NodeContext): void {
  const { program, forward, undo: undoEnv, indexes } = frame;
  const identity = identityOf(program, stepName(node.name, indexes, spellIn(forward)));
  const Catch = catchers(frame, node, rest, assigned);
  frame.forwardStates.set(node.name, {
    ...call(program, node, identity, forward),
    ...(Catch.length > 0 && { Catch }),
    ...transition(frame, exit, [[node.name, resultOf(node)]]),
  });
  if (node.undo) {
    frame.undoStates.set(node.undo.name, {
      ...call(program, node.undo, identityOf(program, stepName(node.name, indexes, spellIn(undoEnv))), undoEnv),
      ...undoTransition(frame, rest),
    });
  }
}

/**
 * A failed action may have taken effect, so its own undo runs first. After a definite error it is left out (S2). A retriable
 * step is never given up: it is stuck in its state until a redrive (S5).
 */
function catchers<Arn>(frame: Frame<Arn>, node: StepNode, rest: string | undefined, assigned: readonly Variable[]) {
  const { definite, undo } = node;
  const failed = { target: rest, failure: caughtFailure(frame.program, node.name), assigned, missing: {} };
  if (node.committed) return [];
  const refused = definite.length > 0 ? [{ ErrorEquals: definite, ...frame.fail(failed) }] : [];
  return [
    ...refused,
    ...catchAll(frame, undo ? { ...failed, target: undo.name, missing: { [node.name]: NO_RESULT } } : failed),
  ];
}

function wait<Arn>(frame: Frame<Arn>, { name, until }: WaitNode, { exit }: NodeContext): void {
  frame.forwardStates.set(name, {
    Type: "Wait",
    ...(typeof until === "number"
      ? { Seconds: until }
      : { Timestamp: expression(renderOnce(until, spellIn(frame.forward), timestamp)) }),
    ...transition(frame, exit, []),
  });
}

const timestamp = (value: string): string =>
  `$type(${value}) = 'string' ? ($contains(${value}, /${TIMESTAMP}/) ? ${value} : $now()) : $now()`;
