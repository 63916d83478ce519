import type { Test } from "./condition";
import type { Duration } from "./duration";
import type { ReservedName } from "./names";
import type { Saga } from "./nodes";
import type { Fitting, Mapped, OwnResult, Ref, Unmapped } from "./ref";
import type { Retry } from "./retry";
import type { SagaIdentity, Task } from "./task";
import type { SagaTypeError } from "./type-error";

/**
 * The position of a builder: before or after the pivot, at the top of the saga or in a branch. A branch has no pivot of its
 * own.
 */
export type Phase = "start" | "committed" | "branch" | "committedBranch";

/** The phase of a branch that begins in this one. */
type Inner<P extends Phase> = P extends "start" | "branch" ? "branch" : "committedBranch";

/** The argument of every mapping: the saga's input, and the identity and start time of the execution. */
export type Given<Input> = InScope<
  "what ran before: a branch's results under the branch's name, no later step's, no sibling's",
  Input
>;

/** The checker prints the hint for a name that is not in scope. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
interface InScope<_Hint extends string, Input> {
  readonly input: Ref<Input>;
  readonly saga: Ref<SagaInScope>;
}

interface SagaInScope extends SagaIdentity {
  /**
   * The start time of the execution, to the second, as `2027-01-31T08:00:00Z`. It is the same in an action, its undo, a retry,
   * a redrive and a recovery. In a child it is the start time of the parent.
   */
  readonly startedAt: string;
}

/** What a node leaves for later mappings, and under which name. */
interface Result<Name extends string, Out> {
  readonly name: Name;
  readonly out: Out;
}

type AnyResult = Result<string, unknown>;

/** The results of nothing. They are not `never`, to which no builder of `any` could be assigned. */
type NoResult = Result<never, never>;

/**
 * What a mapping finds. The results are a union, of which one type is made with a field for each. An intersection of a type for
 * each would take the checker the square of their number at each step, because it looks for each field in each of them.
 */
type Scope<Input, Results extends AnyResult> = [Results["name"]] extends [never]
  ? Given<Input>
  : Given<Input> & { readonly [Each in Results as Each["name"]]: Found<Each> };

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a builder of any results has
type Found<Each extends AnyResult> = unknown extends Each ? any : Ref<Each["out"]>;

// A mistake in a whole step is reported at its name. The checker prints the given type before the expected one, and the type
// of a name is short.

/** The mistake in a name, or unknown if there is none. */
type FreeName<Name extends string, Names extends string> = Name extends Names ? SagaTypeError<NameTaken> : unknown;

type NameTaken = "another step has this name, or it has a meaning of its own: choose another";

/** The input of a missing undo. */
interface NoUndo {
  readonly undo: never;
}

/** Like FreeName. A step also must have an undo before the pivot, and must have none after it. */
type StepName<Name extends string, Names extends string, P extends Phase, UndoIn> = P extends "start" | "branch"
  ? Name extends Names
    ? SagaTypeError<NameTaken>
    : UndoIn extends NoUndo
      ? SagaTypeError<"a step before the pivot needs an undo: if it changes nothing, make it a query">
      : unknown
  : Name extends Names
    ? SagaTypeError<NameTaken>
    : UndoIn extends NoUndo
      ? unknown
      : SagaTypeError<"after the pivot nothing is undone: leave the undo out, or move the step before the pivot">;

type PivotName<Name extends string, Names extends string, P extends Phase, UndoIn> = P extends "start"
  ? Name extends Names
    ? SagaTypeError<NameTaken>
    : UndoIn extends NoUndo
      ? SagaTypeError<"a pivot needs an undo: one that fails may have taken effect all the same">
      : unknown
  : SagaTypeError<
      P extends "committed"
        ? "the saga has a pivot already: make this one a step"
        : "a branch has no pivot: put it at the top of the saga"
    >;

type QueryName<Name extends string, Names extends string, UndoIn> = Name extends Names
  ? SagaTypeError<NameTaken>
  : UndoIn extends NoUndo
    ? unknown
    : SagaTypeError<"a query changes nothing, so it has no undo: make it a step if it does">;

/** What every call has in common. */
interface Call {
  /** The retries. The default depends on the role: see `Defaults`. */
  readonly retry?: Retry;
  /**
   * The timeout of one try, as the state machine measures it. It must exceed the function's own timeout. The default is 30 s.
   * A callback task has no default: a SagaDefinitionError asks for one.
   */
  readonly timeout?: Duration;
  /** For callback tasks: the longest time between two heartbeats. It is shorter than the timeout. */
  readonly heartbeat?: Duration;
}

/** The undo of a step: its name, its task, and its input. */
export interface Undo<Scope, In, M = Mapped<In>> extends Call {
  readonly name: string;
  readonly task: Task<In, unknown>;
  readonly input: (scope: Scope) => M;
}

/** A step, a pivot or a query. Nothing is inferred from its scope, which the checker would search for what could be. */
interface Step<P extends Phase, Scope, Name extends string, In, Out, M, UndoIn, UndoM> extends Call {
  readonly task: Task<In, Out>;
  /** The task's input. This function runs while the saga is defined, over references. */
  readonly input: (scope: NoInfer<Scope>) => M;
  /** Runs if a later step fails, and if this step fails, since it may still have taken effect (S2). */
  readonly undo?: Undo<NoInfer<Scope & { readonly [Own in Name]: OwnResult<Out> }>, UndoIn, UndoM>;
  /**
   * Errors of the task that prove that no try had an effect. After such an error the step's own undo does not run. Only for
   * steps before the pivot.
   */
  readonly definite?: P extends "start" | "branch" ? readonly string[] : never;
}

/** A reference that a test has found to be present. */
type PresentRef<T> = unknown extends T
  ? SagaTypeError<"no reference: only the test isPresent(…) hands one on">
  : Ref<T>;

/** The builder that a branch begins with. */
type Branch<Input, Around extends AnyResult, P extends Phase, Names extends string> = SagaBuilder<
  Input,
  NoResult,
  Inner<P>,
  Names,
  Around
>;

/** Any builder of a branch with these results. With `never` that is any builder of a branch. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Built<Input, Results extends AnyResult> = SagaBuilder<Input, Results, any, any, any>;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type OutOfBranch<Builder> = Builder extends Built<any, infer Results> ? OutOf<Results> : never;

/** The results of a branch, as one value. */
type OutOf<Results extends AnyResult> = { readonly [Each in Results as Each["name"]]: Each["out"] };

/** The results of a branch that may not run. */
type Optional<Results extends AnyResult> = Results extends NoResult
  ? NoResult
  : Results extends Result<infer Name, infer Out>
    ? Result<Name, Out | undefined>
    : never;

/**
 * A saga under construction. Every method returns a new, frozen builder. It throws a SagaDefinitionError for mistakes that the
 * types can't see: `code`, `step` and `hint` say what is wrong, where, and what to do.
 * A mapping finds the input, `Results` of the earlier steps by their names, and in a branch the results `Around` it.
 */
// A builder is assignable to one with fewer results. The variance is declared, because the checker would otherwise compare two
// builders method by method, which takes minutes in a saga of a hundred steps with branches.
export interface SagaBuilder<
  in out Input,
  in Results extends AnyResult = NoResult,
  in out P extends Phase = "start",
  in Names extends string = ReservedName,
  in Around extends AnyResult = NoResult,
> {
  /** Adds a step. Before the pivot, it is an action with its undo. After the pivot, it is an action without an undo, which is never given up. */
  step<
    Name extends string,
    In,
    Out,
    const M extends Fitting<M, In>,
    const UndoM extends Fitting<UndoM, UndoIn>,
    UndoIn = NoUndo,
  >(
    name: Name & StepName<Name, Names, P, UndoIn>,
    step: Step<P, Scope<Input, Around | Results>, Name, In, Out, M, UndoIn, UndoM>,
  ): SagaBuilder<Input, Results | Result<Name, Out>, P, Names | Name, Around>;

  /**
   * Adds the point of no return. After the pivot has succeeded, the saga only goes forward. The pivot's undo runs if the pivot
   * itself fails, and never after it has succeeded.
   */
  pivot<
    Name extends string,
    In,
    Out,
    const M extends Fitting<M, In>,
    const UndoM extends Fitting<UndoM, UndoIn>,
    UndoIn = NoUndo,
  >(
    name: Name & PivotName<Name, Names, P, UndoIn>,
    pivot: Step<"start", Scope<Input, Around | Results>, Name, In, Out, M, UndoIn, UndoM>,
  ): SagaBuilder<Input, Results | Result<Name, Out>, "committed", Names | Name, Around>;

  /** Adds a step that changes nothing, and therefore needs no undo. */
  query<
    Name extends string,
    In,
    Out,
    const M extends Fitting<M, In>,
    const UndoM extends Fitting<UndoM, UndoIn>,
    UndoIn = NoUndo,
  >(
    name: Name & QueryName<Name, Names, UndoIn>,
    query: Step<"committed", Scope<Input, Around | Results>, Name, In, Out, M, UndoIn, UndoM>,
  ): SagaBuilder<Input, Results | Result<Name, Out>, P, Names | Name, Around>;

  /**
   * Runs branches side by side. A failure does not abort the other branches. When all have ended, the saga goes on, or all
   * branches are undone side by side, and then the earlier steps (S10). The result contains each branch's results by the
   * branch's name.
   */
  parallel<
    Name extends string,
    Branches extends Readonly<
      Record<string, (branch: Branch<Input, Around | Results, P, Names>) => Built<Input, never>>
    >,
  >(
    name: Name & FreeName<Name, Names>,
    branches: Branches,
  ): SagaBuilder<
    Input,
    Results | Result<Name, { readonly [Branch in keyof Branches]: OutOfBranch<ReturnType<Branches[Branch]>> }>,
    P,
    Names | Name,
    Around
  >;

  /**
   * Runs steps only if a test holds, and otherwise other steps. Later steps may find their results absent. After
   * `isPresent(reference)`, the steps for which the test holds get the reference as present.
   */
  when<Name extends string, Present, Then extends AnyResult, Otherwise extends AnyResult = NoResult>(
    name: Name & FreeName<Name, Names>,
    test: (scope: Scope<Input, Around | Results>) => Test<Present>,
    then: (branch: Branch<Input, Around | Results, P, Names>, present: PresentRef<Present>) => Built<Input, Then>,
    otherwise?: (branch: Branch<Input, Around | Results, P, Names>) => Built<Input, Otherwise>,
  ): SagaBuilder<
    Input,
    Results | Optional<Then> | Optional<Otherwise>,
    P,
    Names | Name | Then["name"] | Otherwise["name"],
    Around
  >;

  /**
   * Runs steps for every item of a list, several items at once. A failure does not abort the other items. The result is a
   * list of each item's results. A missing list counts as empty.
   */
  forEach<Name extends string, Item, Each extends AnyResult>(
    name: Name & FreeName<Name, Names>,
    items: (scope: Scope<Input, Around | Results>) => Ref<readonly Item[]> | Ref<readonly Item[] | undefined>,
    body: (
      branch: Branch<Input, Around | Results, P, Names>,
      item: Ref<Item>,
      index: Ref<number>,
    ) => Built<Input, Each>,
    options?: {
      /** The number of items that run at once, 1 to 40, the limit of an inline Map. Default 40. */
      readonly maxConcurrency?: number;
    },
  ): SagaBuilder<Input, Results | Result<Name, readonly OutOf<Each>[]>, P, Names | Name, Around>;

  /**
   * Waits for a duration, or until a timestamp such as `2027-01-31T08:00:00Z`. A wait can't fail: if the value is not such a
   * timestamp, it ends at once.
   */
  wait(
    name: string,
    until: Duration | ((scope: Scope<Input, Around | Results>) => Ref<string> | Ref<string | undefined>),
  ): SagaBuilder<Input, Results, P, Names, Around>;

  /**
   * Makes another saga's steps and undos part of this one. `name` and an underscore precede their names. The input of the
   * other saga is mapped from this scope, and later steps find its output under `name`.
   */
  include<Name extends string, In, Out, const M extends Fitting<M, In>>(
    name: Name & FreeName<Name, Names>,
    saga: Saga<In, Out>,
    input: (scope: Scope<Input, Around | Results>) => M,
  ): SagaBuilder<Input, Results | Result<Name, Out>, P, Names | Name, Around>;

  /**
   * Runs another saga as an execution of its own, and waits for it. The undo of a completed child is an execution of that
   * saga's undo machine, which is deployed with it. A child must come before the pivot, and must not have a pivot itself,
   * because a later failure must be able to undo it.
   */
  child<Name extends string, In, Out, const M extends Fitting<M, In>>(
    name: Name & FreeName<Name, Names>,
    saga: Saga<In, Out>,
    input: (scope: Scope<Input, Around | Results>) => M,
    options?: {
      /** The time after which the execution is stopped and undone. Default 1 hour. */
      readonly timeout?: Duration;
    },
  ): SagaBuilder<Input, Results | Result<Name, Out>, P, Names | Name, Around>;

  /** Finishes the saga with the output of a completed execution. */
  returns<const Output>(output: (scope: Scope<Input, Around | Results>) => Output): Saga<Input, Unmapped<Output>>;
}

/** The settings of steps that have none of their own. */
export interface Defaults {
  /** Default 30 s. It does not apply to callback tasks: each needs a timeout of its own. */
  readonly timeout?: Duration;
  /** Of actions and queries up to the pivot. Default: transient faults, 6 times. */
  readonly retry?: Retry;
  /** Of undos. Default: any error, 12 times, up to 5 minutes apart. */
  readonly undoRetry?: Retry;
  /** Of everything after the pivot. Default: any error, 40 times, up to 15 minutes apart. */
  readonly forwardRetry?: Retry;
}
