import { renderObject } from "./jsonata";
import { expression, object } from "./syntax";
import type { ChildNode, Saga } from "../language/nodes";
import { childrenOf } from "../language/nodes";
import { names } from "../language/state-names";
import { stepName } from "./call";
import { type Env, spellIn, undoEntryOf } from "./env";
import { catchAll, caughtFailure, type Frame, NO_RECORDS, type SagaMachine, transition, undoTransition } from "./frame";
import type { NodeContext } from "./sequence";

const START = "arn:aws:states:::states:startExecution.sync:2";

const machines = new WeakMap<Saga, { readonly child: SagaMachine; readonly undo: SagaMachine }>();

/** The machines that run a saga as a child: itself, and its undo. */
export function childMachines(saga: Saga): { readonly child: SagaMachine; readonly undo: SagaMachine } {
  const cached = machines.get(saga);
  if (cached) return cached;
  const made = {
    child: Object.freeze({ kind: "Machine", name: saga.name, saga, purpose: "child" }),
    undo: Object.freeze({ kind: "Machine", name: `${saga.name}_undo`, saga, purpose: "undo" }),
  } as const;
  machines.set(saga, made);
  return made;
}

/** The machines that a saga needs beside its own, each once. A machine comes before the machines that start it. */
export function machinesOf(saga: Saga): readonly SagaMachine[] {
  const all = childrenOf(saga).flatMap((child) => {
    const { child: machine, undo } = childMachines(child);
    return [...machinesOf(child), machine, ...(child.steps.some(undoEntryOf) ? [undo] : [])];
  });
  return [...new Set(all)];
}

/**
 * A saga as an execution of its own. Its name follows from the names of the parent and the step. So a redrive finds the
 * existing execution, and the undo machine knows whose calls it undoes even if the child never answered.
 */
export function child<Arn>(frame: Frame<Arn>, node: ChildNode, { exit, rest, assigned }: NodeContext): void {
  const { name, saga, timeoutSeconds: TimeoutSeconds } = node;
  const { arnOf } = frame.program;
  const machine = childMachines(saga);
  const records = names.records(name);
  const undoes = undoEntryOf(node) !== undefined;
  const nameIn = (env: Env, attempt = ""): string => {
    const step = stepName(name, frame.indexes, spellIn(env));
    const hash = `$hash(${frame.program.execution} & '/' & ${step}${attempt}, 'SHA-256')`;
    // Step Functions refuses an empty name. All items would share a name without an index.
    return frame.indexes.length === 0 ? hash : `($exists(${step}) ? ${hash} : '')`;
  };
  const inputIn = (env: Env): string => renderObject(node.input, spellIn(env), []);
  const { startedAt } = frame.program;

  frame.forwardStates.set(name, {
    Type: "Task",
    Resource: START,
    Arguments: {
      StateMachineArn: arnOf(machine.child),
      Name: expression(nameIn(frame.forward)),
      Input: expression(
        object([
          ["input", inputIn(frame.forward)],
          ["startedAt", startedAt],
        ]),
      ),
    },
    TimeoutSeconds,
    Catch: catchAll(frame, {
      target: undoEntryOf(node) ?? rest,
      failure: caughtFailure(frame.program, name),
      assigned,
      missing: undoes ? { [records]: NO_RECORDS } : {},
    }),
    ...transition(frame, exit, [
      [name, "$states.result.Output.output"],
      ...(undoes ? [[records, "$states.result.Output.results"] as const] : []),
    ]),
  });
  if (!undoes) return;

  // An execution that has ended can't be started again, so each try of the undo has a name of its own.
  const attempt =
    "$states.context.Execution.Id & '/' & $states.context.Execution.RedriveCount & '/' & $states.context.State.RetryCount";
  const spelled = spellIn(frame.undo)(records);
  frame.undoStates.set(names.undo(name), {
    Type: "Task",
    Resource: START,
    Arguments: {
      StateMachineArn: arnOf(machine.undo),
      Name: expression(nameIn(frame.undo, ` & '/' & ${attempt}`)),
      Input: {
        machine: arnOf(machine.child),
        name: expression(nameIn(frame.undo)),
        input: expression(inputIn(frame.undo)),
        startedAt: expression(`$exists(${startedAt}) ? ${startedAt} : ''`),
        results: expression(`${spelled} != null ? ${spelled} : ${object([])}`),
      },
    },
    TimeoutSeconds,
    Retry: node.undoRetry,
    ...undoTransition(frame, rest),
  });
}
