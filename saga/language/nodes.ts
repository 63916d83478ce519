import type { Retrier } from "../asl/types";
import { type Condition, type Mapping, mappingsOf } from "./mapping";
import type { AnyTask, ExistingTask, LambdaTask, Statement } from "./task";

/** A call of a task: an action, or the undo of one. */
interface CallNode {
  /** The name of the state, and of the variable that has the result. */
  readonly name: string;
  readonly task: AnyTask;
  readonly input: Mapping;
  readonly timeoutSeconds: number;
  readonly heartbeatSeconds?: number;
  readonly retry: readonly Retrier[];
}

export interface UndoNode extends CallNode {
  readonly kind: "Undo";
}

/**
 * The role of a step in the saga (S9). A retriable step is never given up. A pivot that fails leads to the undos of the earlier
 * steps. A query changes nothing, so there is nothing to undo.
 */
export type Role = "compensable" | "pivot" | "retriable" | "query";

/** A node with a result. */
interface ResultNode {
  /** The name of the result among those of a branch: the node's name before the saga was included in another. */
  readonly key: string;
}

export interface StepNode extends CallNode, ResultNode {
  readonly kind: "Step";
  readonly role: Role;
  /** Whether it comes after the pivot, and is never given up. */
  readonly committed: boolean;
  /** Errors after which the action certainly had no effect, so that its own undo need not run (S2). */
  readonly definite: readonly string[];
  readonly undo?: UndoNode;
}

export interface WaitNode {
  readonly kind: "Wait";
  readonly name: string;
  readonly until: number | Mapping;
}

export interface WhenNode {
  readonly kind: "When";
  readonly name: string;
  readonly condition: Condition;
  readonly then: readonly Node[];
  readonly otherwise: readonly Node[];
}

export interface ParallelNode extends ResultNode {
  readonly kind: "Parallel";
  readonly name: string;
  readonly branches: readonly (readonly [name: string, nodes: readonly Node[]])[];
  /** After the pivot nothing is undone, so no branch is ever given up. */
  readonly forward: boolean;
}

export interface ForEachNode extends ResultNode {
  readonly kind: "ForEach";
  readonly name: string;
  readonly items: Mapping;
  readonly body: readonly Node[];
  readonly maxConcurrency: number;
  readonly forward: boolean;
}

/** Another saga as an execution of its own; its undo is an execution of that saga's undo machine. */
export interface ChildNode extends ResultNode {
  readonly kind: "Child";
  readonly name: string;
  readonly saga: Saga;
  readonly input: Mapping;
  readonly timeoutSeconds: number;
  readonly undoRetry: readonly Retrier[];
}

export type Node = StepNode | ChildNode | WaitNode | WhenNode | ParallelNode | ForEachNode;

/** A finished saga: frozen data, which the compiler and the program read. */
export interface Saga<Input = unknown, Output = unknown> {
  readonly kind: "Saga";
  readonly name: string;
  readonly steps: readonly Node[];
  readonly output: Mapping;
  /** The types of the input and the output. They are for the type checker only, and absent at run time. */
  readonly types?: { readonly input: Input; readonly output: Output };
}

/** The sequences of nodes that a node holds. */
export function innerOf(node: Node): readonly (readonly Node[])[] {
  switch (node.kind) {
    case "Step":
    case "Child":
    case "Wait":
      return [];
    case "When":
      return [node.then, node.otherwise];
    case "Parallel":
      return node.branches.map(([, nodes]) => nodes);
    case "ForEach":
      return [node.body];
  }
}

/** Every node of a sequence and of the sequences within, in order. */
export function flatten(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node) => [node, ...innerOf(node).flatMap(flatten)]);
}

/** The mappings of a node, without those of the nodes within it. */
export function mappingsIn(node: Node): readonly Mapping[] {
  switch (node.kind) {
    case "Step":
      return [node.input, ...(node.undo ? [node.undo.input] : [])];
    case "Child":
      return [node.input];
    case "Wait":
      return typeof node.until === "number" ? [] : [node.until];
    case "When":
      return mappingsOf(node.condition);
    case "ForEach":
      return [node.items];
    case "Parallel":
      return [];
  }
}

/** Every call of a sequence of nodes and of child sagas, in order: an action before its undo. */
export function callsOf(nodes: readonly Node[]): readonly (StepNode | UndoNode)[] {
  return flatten(nodes).flatMap((node) => {
    if (node.kind === "Child") return callsOf(node.saga.steps);
    return node.kind !== "Step" ? [] : node.undo ? [node, node.undo] : [node];
  });
}

/** Every function to deploy for a saga and its children, each once, in the order of the steps. */
export function tasksOf(saga: Saga): readonly LambdaTask[] {
  const tasks = new Set(callsOf(saga.steps).map(({ task }) => task));
  return [...tasks].filter((task) => task.kind === "Task");
}

/** The existing functions that a saga and its children call. */
export function existingOf(saga: Saga): readonly ExistingTask[] {
  const tasks = new Set(callsOf(saga.steps).map(({ task }) => task));
  return [...tasks].filter((task) => task.kind === "Existing");
}

/** The timeouts, in seconds, of the steps of a saga and its children that call a task. */
export function waitsFor(saga: Saga, task: LambdaTask): readonly number[] {
  return callsOf(saga.steps).flatMap((call) => (call.task === task ? [call.timeoutSeconds] : []));
}

/** The functions that run calls which are never given up: undos, and steps after the pivot (S5). */
export function mustSucceed(saga: Saga): ReadonlySet<LambdaTask> {
  const calls = callsOf(saga.steps).filter((call) => call.kind === "Undo" || call.committed);
  return new Set(calls.map(({ task }) => task).filter((task) => task.kind === "Task"));
}

/** The sagas that a saga runs as executions of their own, each once; not their children. */
export function childrenOf(saga: Saga): readonly Saga[] {
  return [...new Set(flatten(saga.steps).flatMap((node) => (node.kind === "Child" ? [node.saga] : [])))];
}

/** Every child saga of a sequence, also of its children, and the name of the step that runs it. */
export function childrenIn(nodes: readonly Node[]): readonly { readonly step: string; readonly child: Saga }[] {
  return flatten(nodes).flatMap((node) =>
    node.kind === "Child" ? [{ step: node.name, child: node.saga }, ...childrenIn(node.saga.steps)] : [],
  );
}

/** The permissions that a saga's own machine needs for the services that it calls without a function. */
export function statementsOf(saga: Saga): readonly Statement[] {
  const calls = flatten(saga.steps).flatMap((node) =>
    node.kind === "Step" ? [node, ...(node.undo ? [node.undo] : [])] : [],
  );
  const tasks = new Set(calls.map(({ task }) => task));
  return [...tasks].flatMap((task) => (task.kind === "Service" ? task.allow : []));
}
