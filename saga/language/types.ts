import type { Test } from "./condition";
import type { Duration } from "./duration";
import type { ReservedName } from "./names";
import type { Saga } from "./nodes";
import type { Mapped, Maybe, Ref, Unmapped } from "./ref";
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
export interface Given<Input> {
  readonly input: Ref<Input>;
  /** The execution's ARN, and the name of the step in whose mapping it stands. */
  readonly saga: Ref<SagaIdentity>;
}

/** The name itself, where it is free; else the reason why not. */
type FreeName<Name extends string, Names extends string> = Name extends Names
  ? SagaTypeError<
      Name extends ReservedName
        ? `'${Name}' is reserved: choose another name for the step`
        : `'${Name}' is already the name of a step`
    >
  : Name;

type PivotName<Name extends string, Names extends string, P extends Phase> = P extends "start"
  ? FreeName<Name, Names>
  : SagaTypeError<
      P extends "committed"
        ? "the saga has a pivot already: make this one a step"
        : "a branch has no pivot: put it at the top of the saga"
    >;

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

interface Action<Scope, In, Out> extends Call {
  readonly task: Task<In, Out>;
  /** Runs once, while the saga is defined, over references: what the task gets. */
  readonly input: (scope: Scope) => NoInfer<Mapped<In>>;
}

/** A step's undo: its own name, its task, and what of the saga it needs. */
export interface Undo<Scope, In> extends Call {
  readonly name: string;
  readonly task: Task<In, unknown>;
  readonly input: (scope: Scope) => NoInfer<Mapped<In>>;
}

interface Fallible {
  /**
   * Errors of the task after which nothing has happened for certain, on whichever try: then the step's own undo is not
   * run.
   */
  readonly definite?: readonly string[];
}

// The result is what the task says, never what an undo reads of it. NoInfer would stay in every type that is shown.
type FromTask<Out> = [Out][Out extends unknown ? 0 : never];

/** A step that can be undone. Its first type argument is there to be read in the checker's message. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface Compensable<_Rule extends string, Scope, Name extends string, In, Out, UndoIn>
  extends Action<Scope, In, Out>, Fallible {
  /** Runs when a later step fails, and when this one does: it may have taken effect all the same (S2). */
  readonly undo: Undo<Scope & { readonly [Own in Name]: Maybe<FromTask<Out>> }, UndoIn>;
}

/** A step after the pivot: retried until it succeeds, or is stuck where a redrive resumes it. */
export interface Retriable<Scope, In, Out> extends Action<Scope, In, Out> {
  readonly undo?: SagaTypeError<"after the pivot nothing is undone: leave the undo out, or move the step before the pivot">;
}

/** A step that changes nothing. */
export interface Query<Scope, In, Out> extends Action<Scope, In, Out> {
  readonly undo?: SagaTypeError<"a query changes nothing, so it has no undo: make it a step if it does">;
}

type StepIn<P extends Phase, Scope, Name extends string, In, Out, UndoIn> = P extends "start" | "branch"
  ? Compensable<
      "a step before the pivot needs an undo: if it changes nothing, make it a query",
      Scope,
      Name,
      In,
      Out,
      UndoIn
    >
  : Retriable<Scope, In, Out>;

// What a sequence of steps is inferred from, whichever it is.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyBuilder<Scope = any> = SagaBuilder<any, Scope, any, any>;

/** The results that a branch had, beyond what was in scope around it. */
type Own<Outer, Inside> = { readonly [Name in Exclude<keyof Inside, keyof Outer>]: Unmapped<Inside[Name]> };
type MaybeOwn<Outer, Inside> = { readonly [Name in Exclude<keyof Inside, keyof Outer>]: Maybe<Unmapped<Inside[Name]>> };
type ScopeOf<Builder> = Builder extends AnyBuilder<infer Scope> ? Scope : never;

/**
 * A saga in the making. Every method gives a new, frozen one, and throws a SagaDefinitionError for what the types can't
 * refuse: its `code`, `step` and `hint` say what is wrong, where, and what to do.
 * `Scope` has the input and the result of each step so far, by the step's name.
 */
export interface SagaBuilder<Input, Scope, P extends Phase = "start", Names extends string = ReservedName> {
  /** Adds a step: before the pivot an action and the undo that amends it, after the pivot an action that is never given up. */
  step<Name extends string, In, Out, UndoIn>(
    name: FreeName<Name, Names>,
    step: StepIn<P, Scope, Name, In, Out, UndoIn>,
  ): SagaBuilder<Input, Scope & { readonly [K in Name]: Ref<Out> }, P, Names | Name>;

  /**
   * Adds the point of no return: once it has succeeded, the saga only goes forward. Until then it is a step like any
   * other; its undo runs when the pivot itself fails, and never after it has succeeded.
   */
  pivot<Name extends string, In, Out, UndoIn>(
    name: PivotName<Name, Names, P>,
    pivot: Compensable<
      "a pivot needs an undo: one that fails may have taken effect all the same",
      Scope,
      Name,
      In,
      Out,
      UndoIn
    >,
  ): SagaBuilder<Input, Scope & { readonly [K in Name]: Ref<Out> }, "committed", Names | Name>;

  /** Adds a step that changes nothing, so that it needs no undo anywhere. */
  query<Name extends string, In, Out>(
    name: FreeName<Name, Names>,
    query: Query<Scope, In, Out>,
  ): SagaBuilder<Input, Scope & { readonly [K in Name]: Ref<Out> }, P, Names | Name>;

  /**
   * Runs branches at once. None is aborted when another fails: all come to an end, and then either the saga goes on or
   * every branch is undone as far as it came, at once, and then the steps before (S10). The result has each branch's
   * results by the branch's name.
   */
  parallel<
    Name extends string,
    Branches extends Readonly<Record<string, (branch: SagaBuilder<Input, Scope, Inner<P>, Names>) => AnyBuilder>>,
  >(
    name: FreeName<Name, Names>,
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

  /** Runs steps only when a test holds, or else others. Their results may be absent afterwards. */
  when<Name extends string, Then, Otherwise = Scope>(
    name: FreeName<Name, Names>,
    test: (scope: Scope) => Test,
    then: (branch: SagaBuilder<Input, Scope, Inner<P>, Names>) => AnyBuilder<Then>,
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
    name: FreeName<Name, Names>,
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
  include<Name extends string, In, Out>(
    name: FreeName<Name, Names>,
    saga: Saga<In, Out>,
    input: (scope: Scope) => Mapped<In>,
  ): SagaBuilder<Input, Scope & { readonly [K in Name]: Ref<Out> }, P, Names | Name>;

  /**
   * Runs another saga as an execution of its own, and waits for it. Once it has completed, its undo is an execution of
   * that saga's undo machine, which is compiled and deployed with it. Only before the pivot, and only a saga without one:
   * what it did must be undone when a later step fails.
   */
  child<Name extends string, In, Out>(
    name: FreeName<Name, Names>,
    saga: Saga<In, Out>,
    input: (scope: Scope) => Mapped<In>,
    options?: {
      /** How long the execution may take before it is stopped and undone. Default 1 hour. */
      readonly timeout?: Duration;
    },
  ): SagaBuilder<Input, Scope & { readonly [K in Name]: Ref<Out> }, P, Names | Name>;

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
