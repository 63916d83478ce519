import type { TaskState } from "../asl/types";
import { renderObject, type Spelling } from "./jsonata";
import { expression, object, text } from "./syntax";
import type { StepNode, UndoNode } from "../language/nodes";
import { type Env, spellIn } from "./env";
import type { Program } from "./frame";

const LAMBDA = "arn:aws:states:::lambda:invoke";

/** A call without the transition out of it. */
export function call<Arn>(
  { arnOf, startedAt }: Program<Arn>,
  node: StepNode | UndoNode,
  identity: Identity,
  env: Env,
): Omit<TaskState<Arn>, "Next" | "End"> {
  const { task, timeoutSeconds: TimeoutSeconds, heartbeatSeconds, retry: Retry } = node;
  const inScope = spellIn(env);
  const own = object([...identity, ["startedAt", startedAt]]);
  const spell: Spelling = (root) => (root === "saga" ? own : inScope(root));
  const rest = { TimeoutSeconds, ...(heartbeatSeconds !== undefined && { HeartbeatSeconds: heartbeatSeconds }), Retry };
  if (task.kind === "Service") {
    return {
      Type: "Task",
      Resource: task.resource,
      Arguments: expression(renderObject(node.input, spell, [])),
      ...rest,
    };
  }
  const callback = task.kind === "Task" && task.callback;
  const extra = callback ? ([["task_token", "$states.context.Task.Token"]] as const) : [];
  return {
    Type: "Task",
    Resource: callback ? `${LAMBDA}.waitForTaskToken` : LAMBDA,
    Arguments: {
      FunctionName: arnOf(task),
      Payload: expression(renderObject(node.input, spell, [...extra, ["saga", object(identity)]])),
    },
    ...rest,
  };
}

/** The result of a call that has just succeeded. */
export function resultOf({ task }: StepNode): string {
  const answered = task.kind === "Service" || (task.kind === "Task" && task.callback);
  return answered ? "$states.result" : "$states.result.Payload";
}

/**
 * Who calls: the execution's ARN and the step's name. An undo calls in the name of its step, so a retry and a redrive keep
 * the same idempotency key (S11). Each item of a list has a name of its own.
 */
export function identityOf<Arn>({ execution }: Program<Arn>, step: string): Identity {
  return [
    ["id", execution],
    ["step", step],
  ];
}

type Identity = readonly (readonly [field: string, jsonata: string])[];

/**
 * The name of a step, as JSONata; within lists with the indexes of the items. If an index is missing, there is no name at
 * all: the function refuses a call without a name, while all items would share a name without an index.
 */
export function stepName(name: string, indexes: readonly string[], spell: Spelling): string {
  if (indexes.length === 0) return text(name);
  const allIndexes = indexes.map((index) => `$exists(${spell(index)})`).join(" and ");
  return `(${allIndexes} ? ${text(name)}${indexes.map((index) => ` & '[' & ${spell(index)} & ']'`).join("")})`;
}
