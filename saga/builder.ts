import type { Duration } from "./duration";
import { seconds } from "./duration";
import { SagaDefinitionError } from "./errors";
import { type Mapping, readMapping, type Scope } from "./mapping";
import { checkSagaName, checkStateName, type ReservedName } from "./names";
import type { Saga, StepNode, UndoNode } from "./nodes";
import type { Mapped, Maybe, Ref, Unmapped } from "./ref";
import { actionRetry, type Retry, undoRetry } from "./retry";
import type { AnyTask, Task } from "./task";

declare const says: unique symbol;

/** A mistake that the type checker reports as a sentence. */
export interface SagaTypeError<Sentence extends string> {
  readonly [says]: Sentence;
}

/** The name itself, where it is free; else the reason why not. */
type FreeName<Name extends string, Scope> = Name extends ReservedName
  ? SagaTypeError<`'${Name}' is reserved: choose another name for the step`>
  : Name extends keyof Scope
    ? SagaTypeError<`'${Name}' is already the name of a step`>
    : Name;

/** What an action and an undo have in common. */
interface Call {
  /** How often it is tried again. Default: transient faults 6 times (action), any error 12 times (undo). */
  readonly retry?: Retry;
  /** How long one try may take, as the state machine sees it. Default 30 s; let it exceed the function's own timeout. */
  readonly timeout?: Duration;
}

/** A step's undo: its own name, its task, and what of the saga it needs. */
export interface Undo<Scope, In> extends Call {
  readonly name: string;
  readonly task: Task<In, unknown>;
  readonly input: (scope: Scope) => Mapped<In>;
}

/** A step that can be undone. */
export interface Step<Scope, In, Out, UndoScope, UndoIn> extends Call {
  readonly task: Task<In, Out>;
  /** Runs once, while the saga is defined, over references: what the task gets. */
  readonly input: (scope: Scope) => Mapped<In>;
  /** Runs when a later step fails, and when this one does: it may have taken effect all the same (S2). */
  readonly undo: Undo<UndoScope, UndoIn>;
  /** Errors of the task after which nothing has happened for certain: then this step's own undo is not run. */
  readonly definite?: readonly string[];
}

/**
 * A saga in the making. Every method gives a new, frozen one.
 * `Scope` has the input and the result of each step so far, by the step's name.
 */
export interface SagaBuilder<Input, Scope> {
  /**
   * Adds a step: an action, and the undo that amends it.
   * @throws SagaDefinitionError `bad-name`, `reserved-name`, `duplicate-name`, `task-conflict`, `bad-mapping`,
   *   `coerced-reference`, `foreign-reference`, `bad-retry`, `bad-definite-error`
   */
  step<Name extends string, In, Out, UndoIn>(
    name: FreeName<Name, Scope>,
    step: Step<Scope, In, Out, Scope & Readonly<Record<Name, Maybe<Out>>>, UndoIn>,
  ): SagaBuilder<Input, Scope & Readonly<Record<Name, Ref<Out>>>>;

  /**
   * Finishes the saga: what a completed execution gives as its output.
   * @throws SagaDefinitionError `no-steps`, and what a mapping can throw
   */
  returns<const Output>(output: (scope: Scope) => Output): Saga<Input, Unmapped<Output>>;
}

/**
 * Begins a saga: either all of its steps take effect, or undos amend those that did.
 * Garcia-Molina & Salem, "Sagas", SIGMOD 1987.
 *
 * @param name Names the state machine.
 * @throws SagaDefinitionError `bad-name`
 *
 * @example
 * const transfer = saga<{ from: string; to: string; amount: number }>("Transfer")
 *   .step("Withdraw", {
 *     task: withdraw,
 *     input: ({ input }) => ({ account: input.from, amount: input.amount }),
 *     undo: { name: "PutBack", task: putBack, input: ({ input }) => ({ account: input.from }) },
 *   })
 *   .returns(({ Withdraw }) => ({ booking: Withdraw.booking }));
 */
export function saga<Input>(name: string): SagaBuilder<Input, { readonly input: Ref<Input> }> {
  checkSagaName(name);
  return build<Input, { readonly input: Ref<Input> }>(name, []);
}

function build<Input, S>(name: string, steps: readonly StepNode[]): SagaBuilder<Input, S> {
  const builder: Untyped = {
    step: (stepName, step) => build<never, never>(name, [...steps, stepNode(name, steps, stepName, step)]),
    returns: (output) => {
      const last = steps.at(-1);
      if (!last) {
        throw new SagaDefinitionError("no-steps", { saga: name }, "the saga has no steps", "Add one with .step(…)");
      }
      const mapping = readMapping(output, scopeOf(steps), { saga: name, step: "returns" });
      return Object.freeze({ kind: "Saga", name, steps: Object.freeze(steps), output: mapping });
    },
  };
  // The types are a precise face on a body that works on plain data.
  return Object.freeze(builder) as unknown as SagaBuilder<Input, S>;
}

interface Untyped {
  step(name: string, step: Step<never, unknown, unknown, never, unknown>): unknown;
  returns(output: (scope: never) => unknown): Saga;
}

function stepNode(
  saga: string,
  before: readonly StepNode[],
  name: string,
  step: Step<never, unknown, unknown, never, unknown>,
): StepNode {
  const here = { saga, step: name };
  const { undo } = step;
  checkStateName(saga, name);
  checkStateName(saga, undo.name);
  checkNewNames(saga, before, name, undo.name);
  checkTasks(here, before, [step.task, undo.task]);
  const scope = scopeOf(before);
  const call = (kind: string, from: typeof step | typeof undo): Omit<UndoNode, "kind" | "retry"> => ({
    name: kind,
    task: from.task,
    input: readObject(from.input, from === undo ? new Map([...scope, [name, { maybe: true }]]) : scope, {
      saga,
      step: kind,
    }),
    timeoutSeconds: (from.timeout ?? seconds(30)).seconds,
  });
  return Object.freeze({
    kind: "Step",
    ...call(name, step),
    retry: actionRetry(step.retry, here),
    definite: definiteErrors(step.definite ?? [], here),
    undo: Object.freeze({
      kind: "Undo",
      ...call(undo.name, undo),
      retry: undoRetry(undo.retry, { saga, step: undo.name }),
    }),
  });
}

const scopeOf = (steps: readonly StepNode[]): Scope =>
  new Map([["input", { maybe: false }], ...steps.map((step) => [step.name, { maybe: false }] as const)]);

/** A task's input: an object, or a reference that the handler will find to be one. */
function readObject(map: (scope: never) => unknown, scope: Scope, where: { saga: string; step: string }): Mapping {
  const mapping = readMapping(map, scope, where);
  if (mapping.kind === "Object" || mapping.kind === "Reference") return mapping;
  throw new SagaDefinitionError(
    "bad-mapping",
    where,
    "the input is not an object",
    "Return an object: a task gets named fields",
  );
}

function checkNewNames(saga: string, before: readonly StepNode[], name: string, undo: string): void {
  const taken = new Set(before.flatMap((step) => [step.name, step.undo.name]));
  for (const state of [name, undo]) {
    if (taken.has(state)) {
      throw new SagaDefinitionError(
        "duplicate-name",
        { saga, step: name },
        `'${state}' is already the name of a step or an undo`,
        "Give each its own name: they become states of one machine",
      );
    }
    taken.add(state);
  }
}

/** Functions are deployed under their task's name, so one name must mean one task. */
function checkTasks(
  here: { saga: string; step: string },
  before: readonly StepNode[],
  tasks: readonly AnyTask[],
): void {
  const known = new Map(before.flatMap((step) => [step.task, step.undo.task]).map((task) => [task.name, task]));
  for (const task of tasks) {
    const other = known.get(task.name);
    if (other && other !== task) {
      throw new SagaDefinitionError(
        "task-conflict",
        here,
        `two tasks are called '${task.name}'`,
        "Declare the task once and use that one, or give the other a name of its own",
      );
    }
    known.set(task.name, task);
  }
}

/** Only the task itself can know that it did nothing: what Step Functions or Lambda report is a guess. */
function definiteErrors(errors: readonly string[], here: { saga: string; step: string }): readonly string[] {
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
  return Object.freeze([...errors]);
}
