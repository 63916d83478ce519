import type { Test } from "./condition";
import type { Duration } from "./duration";
import type { ReservedName } from "./names";
import type { Saga } from "./nodes";
import type { Fitting, Mapped, Maybe, OwnResult, Ref, Unmapped } from "./ref";
import type { Retry } from "./retry";
import type { SagaIdentity, Task } from "./task";

declare const says: unique symbol;

/** A mistake that the type checker reports as a sentence. */
export interface SagaTypeError<Sentence extends string> {
  readonly [says]: Sentence;
}

/**
 * Where a builder stands: before the pivot, or after it; and either at the top of the saga or in a branch, which has
 * no pivot of its own.
 */
export type Phase = "start" | "committed" | "branch" | "committedBranch";

/** The phase of a branch that begins in this one. */
type Inner<P extends Phase> = P extends "start" | "branch" ? "branch" : "committedBranch";

/** What is in scope from the beginning. */
export type Given<Input> = InScope<
  "what ran before: a branch's results under the branch's name, no later step's, no sibling's",
  Input
>;

/** The checker prints the hint where a name is not in scope. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
interface InScope<_Hint extends string, Input> {
  readonly input: Ref<Input>;
  readonly saga: Ref<SagaInScope>;
}

interface SagaInScope extends SagaIdentity {
  /**
   * When the execution began, to the second, as `2027-01-31T08:00:00Z`: the same in an action, its undo, a retry, a redrive
   * and a recovery. In a child, when its parent began.
   */
  readonly startedAt: string;
}

// A mistake in a step as a whole is said of its name: the checker prints what it finds before what it expects, and a name is
// short where a step is not.

/** What is wrong with a name; unknown, if nothing is. */
type FreeName<Name extends string, Names extends string> = Name extends Names ? SagaTypeError<NameTaken> : unknown;

type NameTaken = "another step has this name, or it has a meaning of its own: choose another";

/** Stands for the input of an undo that is not there. */
interface NoUndo {
  readonly undo: never;
}

/** As FreeName; and a step has an undo before the pivot, and none after it. */
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
  /** How often it is tried again. The default depends on the role: see `Defaults`. */
  readonly retry?: Retry;
  /**
   * How long one try may take, as the state machine sees it: let it exceed the function's own timeout. A callback task
   * must have one; for others the default is 30 s.
   */
  readonly timeout?: Duration;
  /** For callback tasks: how long the one who answers may be silent between heartbeats. Shorter than the timeout. */
  readonly heartbeat?: Duration;
}

/** A step's undo: its own name, its task, and what of the saga it needs. */
export interface Undo<Scope, In, M = Mapped<In>> extends Call {
  readonly name: string;
  readonly task: Task<In, unknown>;
  readonly input: (scope: Scope) => M;
}

/** A step, a pivot or a query. */
interface Step<P extends Phase, Scope, Name extends string, In, Out, M, UndoIn, UndoM> extends Call {
  readonly task: Task<In, Out>;
  /** Runs once, while the saga is defined, over references: what the task gets. */
  readonly input: (scope: Scope) => M;
  /** Runs when a later step fails, and when this one does: it may have taken effect all the same (S2). */
  readonly undo?: Undo<Scope & { readonly [Own in Name]: OwnResult<Out> }, UndoIn, UndoM>;
  /**
   * Errors of the task after which nothing has happened for certain, on whichever try: then the step's own undo is not
   * run. Before the pivot alone.
   */
  readonly definite?: P extends "start" | "branch" ? readonly string[] : never;
}

/** What a test has found to be present. */
type PresentRef<T> = unknown extends T
  ? SagaTypeError<"no reference: only the test isPresent(…) hands one on">
  : Ref<T>;

// What a sequence of steps is inferred from, whichever it is.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyBuilder<Scope = any> = SagaBuilder<any, Scope, any, any>;

/** The results that a branch had, beyond what was in scope around it. */
type Own<Outer, Inside> = { readonly [Name in Exclude<keyof Inside, keyof Outer>]: Unmapped<Inside[Name]> };
type MaybeOwn<Outer, Inside> = { readonly [Name in Exclude<keyof Inside, keyof Outer>]: Maybe<Unmapped<Inside[Name]>> };
type Later<Scope, Name extends string, Out> = Scope & { readonly [K in Name]: Ref<Out> };
type ScopeOf<Builder> = Builder extends AnyBuilder<infer Scope> ? Scope : never;

/**
 * A saga in the making. Every method gives a new, frozen one, and throws a SagaDefinitionError for what the types can't
 * refuse: its `code`, `step` and `hint` say what is wrong, where, and what to do.
 * `Scope` has the input and the result of each step so far, by the step's name.
 */
export interface SagaBuilder<Input, Scope, P extends Phase = "start", Names extends string = ReservedName> {
  /** Adds a step: before the pivot an action and the undo that amends it, after the pivot an action that is never given up. */
  step<
    Name extends string,
    In,
    Out,
    const M extends Fitting<M, In>,
    const UndoM extends Fitting<UndoM, UndoIn>,
    UndoIn = NoUndo,
  >(
    name: Name & StepName<Name, Names, P, UndoIn>,
    step: Step<P, Scope, Name, In, Out, M, UndoIn, UndoM>,
  ): SagaBuilder<Input, Later<Scope, Name, Out>, P, Names | Name>;

  /**
   * Adds the point of no return: once it has succeeded, the saga only goes forward. Until then it is a step like any
   * other; its undo runs when the pivot itself fails, and never after it has succeeded.
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
    pivot: Step<"start", Scope, Name, In, Out, M, UndoIn, UndoM>,
  ): SagaBuilder<Input, Later<Scope, Name, Out>, "committed", Names | Name>;

  /** Adds a step that changes nothing, so that it needs no undo anywhere. */
  query<
    Name extends string,
    In,
    Out,
    const M extends Fitting<M, In>,
    const UndoM extends Fitting<UndoM, UndoIn>,
    UndoIn = NoUndo,
  >(
    name: Name & QueryName<Name, Names, UndoIn>,
    query: Step<"committed", Scope, Name, In, Out, M, UndoIn, UndoM>,
  ): SagaBuilder<Input, Later<Scope, Name, Out>, P, Names | Name>;

  /**
   * Runs branches at once. None is aborted when another fails: all come to an end, and then either the saga goes on or
   * every branch is undone as far as it came, at once, and then the steps before (S10). The result has each branch's
   * results by the branch's name.
   */
  parallel<
    Name extends string,
    Branches extends Readonly<Record<string, (branch: SagaBuilder<Input, Scope, Inner<P>, Names>) => AnyBuilder>>,
  >(
    name: Name & FreeName<Name, Names>,
    branches: Branches,
  ): SagaBuilder<
    Input,
    Scope &
      Readonly<
        Record<Name, Ref<{ readonly [Branch in keyof Branches]: Own<Scope, ScopeOf<ReturnType<Branches[Branch]>>> }>>
      >,
    P,
    Names | Name
  >;

  /**
   * Runs steps only when a test holds, or else others. Their results may be absent afterwards. A test that is
   * `isPresent(reference)` hands the reference to the steps for which it holds, as one that is present.
   */
  when<Name extends string, Present, Then, Otherwise = Scope>(
    name: Name & FreeName<Name, Names>,
    test: (scope: Scope) => Test<Present>,
    then: (branch: SagaBuilder<Input, Scope, Inner<P>, Names>, present: PresentRef<Present>) => AnyBuilder<Then>,
    otherwise?: (branch: SagaBuilder<Input, Scope, Inner<P>, Names>) => AnyBuilder<Otherwise>,
  ): SagaBuilder<
    Input,
    Scope & MaybeOwn<Scope, Then> & MaybeOwn<Scope, Otherwise>,
    P,
    Names | Name | Extract<keyof Then | keyof Otherwise, string>
  >;

  /**
   * Runs steps for every item of a list, several items at once. As with branches, no item is aborted when another fails.
   * The result is a list of each item's results. An absent list is an empty one.
   */
  forEach<Name extends string, Item, Each>(
    name: Name & FreeName<Name, Names>,
    items: (scope: Scope) => Ref<readonly Item[]> | Ref<readonly Item[] | undefined>,
    body: (branch: SagaBuilder<Input, Scope, Inner<P>, Names>, item: Ref<Item>, index: Ref<number>) => AnyBuilder<Each>,
    options?: {
      /** How many items at once, 1 to 40: what an inline Map does. Default 40. */
      readonly maxConcurrency?: number;
    },
  ): SagaBuilder<Input, Scope & Readonly<Record<Name, Ref<readonly Own<Scope, Each>[]>>>, P, Names | Name>;

  /**
   * Waits for a time, or until one: a timestamp like `2027-01-31T08:00:00Z`. A wait can't fail, so for what is no such
   * timestamp it is none at all.
   */
  wait(
    name: string,
    until: Duration | ((scope: Scope) => Ref<string> | Ref<string | undefined>),
  ): SagaBuilder<Input, Scope, P, Names>;

  /**
   * Makes another saga's steps and undos part of this one, their names with `name` and an underscore before them. Its
   * input is mapped from this scope; its output stands under `name` in the later scope.
   */
  include<Name extends string, In, Out, const M extends Fitting<M, In>>(
    name: Name & FreeName<Name, Names>,
    saga: Saga<In, Out>,
    input: (scope: Scope) => M,
  ): SagaBuilder<Input, Later<Scope, Name, Out>, P, Names | Name>;

  /**
   * Runs another saga as an execution of its own, and waits for it. Once it has completed, its undo is an execution of
   * that saga's undo machine, which is compiled and deployed with it. Only before the pivot, and only a saga without one:
   * what it did must be undone when a later step fails.
   */
  child<Name extends string, In, Out, const M extends Fitting<M, In>>(
    name: Name & FreeName<Name, Names>,
    saga: Saga<In, Out>,
    input: (scope: Scope) => M,
    options?: {
      /** How long the execution may take before it is stopped and undone. Default 1 hour. */
      readonly timeout?: Duration;
    },
  ): SagaBuilder<Input, Later<Scope, Name, Out>, P, Names | Name>;

  /** Finishes the saga: what a completed execution gives as its output. */
  returns<const Output>(output: (scope: Scope) => Output): Saga<Input, Unmapped<Output>>;
}

/** What holds for the whole saga where a step says nothing else. */
export interface Defaults {
  /** Default 30 s. Callback tasks have none: each must say for itself how long it waits. */
  readonly timeout?: Duration;
  /** Of actions and queries up to the pivot. Default: transient faults, 6 times. */
  readonly retry?: Retry;
  /** Of undos. Default: any error, 12 times, up to 5 minutes apart. */
  readonly undoRetry?: Retry;
  /** Of everything after the pivot. Default: any error, 40 times, up to 15 minutes apart. */
  readonly forwardRetry?: Retry;
}
