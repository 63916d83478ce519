import type { Duration } from "./duration";
import { SagaDefinitionError } from "./errors";
import { waitSeconds } from "./function-timeout";
import type { Mapping } from "./mapping";
import type { Role, StepNode, UndoNode } from "./nodes";
import { actionRetry, forwardRetry, type Retry, undoRetry } from "./retry";
import type { MappingFunction } from "./run-mapping";
import type { AnyTask } from "./task";
import { LONGEST_FUNCTION } from "./task-check";
import type { Defaults } from "./types";

interface CallDefinition {
  readonly task: AnyTask;
  readonly input: MappingFunction;
  readonly retry?: Retry;
  readonly timeout?: Duration;
  readonly heartbeat?: Duration;
}

/** A step, a pivot or a query as the user writes it, without its types. */
export interface StepDefinition extends CallDefinition {
  readonly undo?: CallDefinition & { readonly name: string };
  readonly definite?: readonly string[];
}

/** Reads a step of any role into its node. */
export function readStep(
  from: { saga: string; name: string; role: Role; step: StepDefinition; defaults: Defaults; committed: boolean },
  read: { action: (map: MappingFunction) => Mapping; undo: (name: string, map: MappingFunction) => Mapping },
): StepNode {
  const { saga, name, role, step, defaults, committed } = from;
  const here = { saga, step: name };
  const { undo } = step;
  checkUndo(here, role, step);
  return {
    kind: "Step",
    role,
    committed,
    key: name,
    ...call(here, step, defaults, read.action(step.input)),
    retry: committed
      ? forwardRetry(step.retry ?? defaults.forwardRetry, here)
      : actionRetry(step.retry ?? defaults.retry, step.task, here),
    definite: definiteErrors(step.definite ?? [], here),
    ...(undo && { undo: readUndo({ saga, step: undo.name }, undo, defaults, read.undo(undo.name, undo.input)) }),
  };
}

function readUndo(here: StepLocation, undo: CallDefinition, defaults: Defaults, input: Mapping): UndoNode {
  return {
    kind: "Undo",
    ...call(here, undo, defaults, input),
    retry: undoRetry(undo.retry ?? defaults.undoRetry, here),
  };
}

interface StepLocation {
  readonly saga: string;
  readonly step: string;
}

function call(
  here: StepLocation,
  from: CallDefinition,
  defaults: Defaults,
  input: Mapping,
): Omit<UndoNode, "kind" | "retry"> {
  const { task, heartbeat } = from;
  const callback = task.kind === "Task" && task.callback;
  const timeout = from.timeout?.seconds ?? (callback ? undefined : waitSeconds(task, defaults.timeout));
  if (timeout === undefined) {
    throw new SagaDefinitionError(
      "bad-timeout",
      here,
      `'${task.name}' waits for an answer, and has no timeout`,
      "Say with timeout how long the saga waits before it is undone",
    );
  }
  checkFunctionTimeout(here, task, timeout);
  if (heartbeat && (!callback || heartbeat.seconds >= timeout)) {
    throw new SagaDefinitionError(
      "bad-timeout",
      here,
      callback
        ? `the heartbeat (${heartbeat.seconds} s) is not below the timeout (${timeout} s)`
        : "only a callback task has a heartbeat",
      callback ? "Lower the heartbeat or raise the timeout" : "Leave the heartbeat out",
    );
  }
  return {
    name: here.step,
    task,
    input: asObject(input, here),
    timeoutSeconds: timeout,
    ...(heartbeat && { heartbeatSeconds: heartbeat.seconds }),
  };
}

/** A function must end before its step times out, or it could still run beside its own undo. */
function checkFunctionTimeout(here: StepLocation, task: AnyTask, timeout: number): void {
  if (task.kind === "Service") return;
  if (!(task.kind === "Task" && task.callback) && timeout > LONGEST_FUNCTION) {
    throw new SagaDefinitionError(
      "bad-timeout",
      here,
      `the timeout is ${timeout} s, and Lambda runs the function of '${task.name}' for ${LONGEST_FUNCTION} s at most`,
      "Lower the timeout; or make it a callback task, which is done when somebody answers",
    );
  }
  if (task.kind === "Task" && task.timeout && task.timeout.seconds > timeout) {
    throw new SagaDefinitionError(
      "bad-timeout",
      here,
      `the step waits ${timeout} s, and the function of '${task.name}' may take ${task.timeout.seconds} s`,
      "Raise the step's timeout or lower the task's",
    );
  }
}

/** The input of a task: an object, or a reference that must be one at run time. */
export function asObject(mapping: Mapping, where: StepLocation): Mapping {
  if (mapping.kind !== "Absent" && mapping.kind !== "Literal" && mapping.kind !== "Array") return mapping;
  throw new SagaDefinitionError(
    "bad-mapping",
    where,
    "the input is not an object",
    "Return an object: a task gets named fields",
  );
}

function checkUndo(here: StepLocation, role: Role, { task, undo }: StepDefinition): void {
  const fault = (what: string, hint: string): never => {
    throw new SagaDefinitionError("bad-role", here, what, hint);
  };
  if ((role === "compensable" || role === "pivot") && !undo)
    fault("the undo is missing", "Add one; or make it a query, if it changes nothing");
  if (role === "retriable" && undo) {
    fault("nothing is undone after the pivot", "Leave the undo out, or move the step before the pivot");
  }
  if (role === "query" && undo)
    fault("a query has no undo", "Leave it out; or make it a step, if it changes something");
  if (undo?.task === task) {
    fault(
      `the undo calls '${task.name}', as the action does`,
      "Give the undo a task that takes back what the action did",
    );
  }
}

/** Only the task itself knows that it had no effect. Errors of Step Functions or Lambda prove nothing. */
function definiteErrors(errors: readonly string[], here: StepLocation): readonly string[] {
  for (const error of errors) {
    if (error === "" || /^(States|Lambda|Sandbox|Runtime)\./.test(error)) {
      throw new SagaDefinitionError(
        "bad-definite-error",
        here,
        `'${error}' does not prove that nothing happened`,
        "Name only errors that the task itself throws before it has any effect",
      );
    }
  }
  return [...errors];
}
