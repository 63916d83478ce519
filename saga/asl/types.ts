import type { DeferredExpression } from "./deferred";

/**
 * The part of Amazon States Language that sagas compile to, in its JSONata mode.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
 */
export interface StateMachine<Arn> extends States<Arn> {
  readonly Comment: string;
  readonly QueryLanguage: "JSONata";
}

/** A machine, or a branch of one. */
export interface States<Arn> {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State<Arn>>>;
}

export type State<Arn> =
  TaskState<Arn> | ParallelState<Arn> | MapState<Arn> | ChoiceState | WaitState | SucceedState | FailState;

/** The transition out of a state, with or without an error. */
export interface Transition {
  readonly Assign?: Assign;
  readonly Output?: Output;
  readonly Next?: string;
  readonly End?: true;
}

/** JSONata in its delimiters. */
export type Expression = string | DeferredExpression;

/** An expression, or an object with nothing in it. */
export type Output = Expression | Readonly<Record<string, never>>;

export type Assign = Readonly<Record<string, Expression | null | Readonly<Record<string, never>>>>;

export interface TaskState<Arn> extends Transition {
  readonly Type: "Task";
  readonly Resource: string;
  readonly Arguments: Expression | { readonly FunctionName: Arn; readonly Payload: Expression } | StartExecution<Arn>;
  readonly TimeoutSeconds: number;
  readonly HeartbeatSeconds?: number;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface StartExecution<Arn> {
  readonly StateMachineArn: Arn;
  readonly Name: string;
  readonly Input: Expression | UndoInput<Arn>;
}

/** The input of an undo machine. */
interface UndoInput<Arn> {
  /** The machine and the name of the execution to undo. Together they make its ARN. */
  readonly machine: Arn;
  readonly name: string;
  /** The input of that execution, and its variables at the end, which are unknown for a failed execution. */
  readonly input: Expression;
  readonly results: string;
  /** When the whole saga began. */
  readonly startedAt: string;
}

export interface ParallelState<Arn> extends Transition {
  readonly Type: "Parallel";
  readonly Branches: readonly States<Arn>[];
  readonly Catch?: readonly Catcher[];
}

export interface MapState<Arn> extends Transition {
  readonly Type: "Map";
  readonly Items: Expression;
  readonly MaxConcurrency: number;
  readonly ItemProcessor: States<Arn> & { readonly ProcessorConfig: { readonly Mode: "INLINE" } };
  readonly Catch?: readonly Catcher[];
}

export interface ChoiceState {
  readonly Type: "Choice";
  readonly Choices: readonly (Omit<Transition, "End" | "Next"> & {
    readonly Condition: Expression;
    readonly Next: string;
  })[];
  readonly Assign?: Assign;
  readonly Output?: Output;
  readonly Default: string;
}

export interface WaitState extends Transition {
  readonly Type: "Wait";
  readonly Seconds?: number;
  readonly Timestamp?: Expression;
}

export interface SucceedState {
  readonly Type: "Succeed";
}

export interface FailState {
  readonly Type: "Fail";
  readonly Error: string;
  readonly Cause: string;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly BackoffRate: number;
  readonly MaxAttempts: number;
  readonly MaxDelaySeconds: number;
  readonly JitterStrategy: "FULL";
}

export interface Catcher extends Omit<Transition, "End" | "Next"> {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
}
