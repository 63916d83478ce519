import {
  type ArnOf,
  compile,
  compileMachine,
  machinesOf,
  type Recovery,
  recoveryOf,
  type SagaMachine,
} from "../compile";
import { type Json, loadMachine, type Machine } from "../interpreter";
import { flatten, type Saga } from "../language/nodes";
import { names } from "../language/state-names";
import type { AnyTask } from "../language/task";

const ACCOUNT = "eu-west-1:000000000000";

/** A state machine of a saga, as it would be deployed, and the tasks that its states call. */
export interface TestMachine {
  readonly saga: Saga;
  readonly name: string;
  readonly arn: string;
  readonly machine: Machine;
  /** By the state's name; a state that starts a child saga has none. */
  readonly tasks: ReadonlyMap<string, AnyTask>;
}

/** All state machines of a saga. */
export interface Machines {
  readonly main: TestMachine;
  /** Of child sagas, and of their undos. */
  readonly children: readonly TestMachine[];
  /** The recovery of a stopped execution, if there is anything to undo. */
  readonly recovery: (Omit<Recovery, "machine"> & { readonly machine: TestMachine }) | undefined;
  readonly at: (arn: string) => TestMachine;
  /** The names of steps for mishaps. A child saga's step has that saga's name as a prefix. */
  readonly steps: ReadonlySet<string>;
}

const machineArn = (name: string): string => `arn:aws:states:${ACCOUNT}:stateMachine:${name}`;
const arnOf: ArnOf<string> = ({ kind, name }) =>
  kind === "Machine" ? machineArn(name) : `arn:aws:lambda:${ACCOUNT}:function:${name}`;

export function machinesFor(saga: Saga): Machines {
  const auxiliary = (made: SagaMachine) => load(made.saga, made.name, compileMachine(made, arnOf));
  const main = load(saga, saga.name, compile(saga, arnOf));
  const children = machinesOf(saga).map(auxiliary);
  const plan = recoveryOf(saga);
  const recovery = plan && { ...plan, machine: auxiliary(plan.machine) };
  const all = new Map([main, ...children, ...(recovery ? [recovery.machine] : [])].map((each) => [each.arn, each]));
  const steps = [main, ...children].flatMap((each) => callersOf(each.saga).map((state) => stepOf(each, main, state)));
  return {
    main,
    children,
    recovery,
    steps: new Set(steps),
    at: (arn) => {
      const found = all.get(arn);
      if (!found) throw new Error(`no state machine has the ARN ${arn}`);
      return found;
    },
  };
}

/** The name of a state in a test. A child saga's state has that saga's name as a prefix. */
export function stepOf({ saga }: TestMachine, main: TestMachine, state: string): string {
  return saga === main.saga ? state : `${saga.name}.${state}`;
}

function load(saga: Saga, name: string, definition: object): TestMachine {
  const tasks = flatten(saga.steps).flatMap((node) =>
    node.kind !== "Step"
      ? []
      : [node, ...(node.undo ? [node.undo] : [])].map((call) => [call.name, call.task] as const),
  );
  const machine = loadMachine(JSON.parse(JSON.stringify(definition)) as Json);
  return { saga, name, arn: machineArn(name), machine, tasks: new Map(tasks) };
}

/** The states that call a task or a child saga. */
function callersOf(saga: Saga): readonly string[] {
  return flatten(saga.steps).flatMap((node) => {
    if (node.kind === "Child") return [node.name, names.undo(node.name)];
    return node.kind !== "Step" ? [] : [node.name, ...(node.undo ? [node.undo.name] : [])];
  });
}
