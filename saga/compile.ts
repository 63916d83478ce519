import type { Catcher, FailState, State, StateMachine, TaskState } from "./asl";
import { SagaDefinitionError } from "./errors";
import { expression, object, renderObject, renderValue, type Spelling, text } from "./jsonata";
import { rootsOf } from "./mapping";
import type { Saga, StepNode, UndoNode } from "./nodes";
import type { AnyTask } from "./task";

/** The end of every compensated execution (S6). */
const COMPENSATED = "SagaCompensated";

/**
 * Compiles a saga to a Step Functions state machine: one state a step, one an undo, and the end of a compensated run.
 * The result is plain, frozen data, and the same for the same saga, byte by byte.
 *
 * @param arnOf The ARN of the function that runs a task; of any type, so that a program can give an output.
 * @throws SagaDefinitionError `definition-too-large`
 */
export function compile<Arn>(saga: Saga, arnOf: (task: AnyTask) => Arn): StateMachine<Arn> {
  const states: [string, State<Arn>][] = [];
  const undos: [string, State<Arn>][] = [];
  const read = new Set(
    saga.steps.flatMap((step) => [...rootsOf(step.input), ...rootsOf(step.undo.input)]).concat(rootsOf(saga.output)),
  );
  saga.steps.forEach((step, index) => {
    const rest = saga.steps[index - 1]?.undo.name ?? COMPENSATED;
    const next = saga.steps[index + 1];
    states.push([
      step.name,
      {
        ...call(step, step.name, arnOf),
        Catch: catchers(saga, step, rest),
        ...(next
          ? { ...(read.has(step.name) && { Assign: { [step.name]: expression(RESULT) } }), Next: next.name }
          : {
              Output: expression(renderValue(saga.output, (root) => (root === step.name ? RESULT : spell(root)))),
              End: true,
            }),
      },
    ]);
    undos.unshift([step.undo.name, { ...call(step.undo, step.name, arnOf), Next: rest }]);
  });
  const machine: StateMachine<Arn> = {
    Comment: `Saga ${saga.name}`,
    QueryLanguage: "JSONata",
    StartAt: (saga.steps[0] as StepNode).name,
    States: Object.fromEntries([...states, ...undos, [COMPENSATED, compensated()]]),
  };
  checkSize(saga, machine);
  return freeze(machine);
}

const INPUT = "$states.context.Execution.Input";
const RESULT = "$states.result.Payload";

const spell: Spelling = (root) => (root === "input" ? INPUT : `$${root}`);

/** The identity is the step's for its undo too, and the execution's ARN over redrive: the idempotency key (S11). */
function call<Arn>(
  node: StepNode | UndoNode,
  step: string,
  arnOf: (task: AnyTask) => Arn,
): Omit<TaskState<Arn>, "Next" | "End"> {
  const identity = object([
    ["id", "$states.context.Execution.Id"],
    ["step", text(step)],
  ]);
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Arguments: {
      FunctionName: arnOf(node.task),
      Payload: expression(renderObject(node.input, spell, [["saga", identity]])),
    },
    TimeoutSeconds: node.timeoutSeconds,
    Retry: node.retry,
  };
}

/** A failed action may have taken effect, so its own undo comes first; after a definite error it is left out (S2). */
function catchers(saga: Saga, step: StepNode, rest: string): readonly Catcher[] {
  const failure = object([
    ["saga", text(saga.name)],
    ["step", text(step.name)],
    ["error", "$states.errorOutput.Error"],
    ["cause", "$states.errorOutput.Cause"],
  ]);
  const remember = { failure: expression(failure) };
  // No path to an undo may leave a variable that it reads unassigned.
  const noResult = rootsOf(step.undo.input).includes(step.name) ? { [step.name]: null } : {};
  const ambiguous = { Assign: { ...remember, ...noResult }, Next: step.undo.name };
  return [
    ...(step.definite.length > 0 ? [{ ErrorEquals: step.definite, Assign: remember, Next: rest }] : []),
    // Says the developer guide, States.ALL does not catch this one; and it may stand beside no other (S7).
    { ErrorEquals: ["States.DataLimitExceeded"], ...ambiguous },
    { ErrorEquals: ["States.ALL"], ...ambiguous },
  ];
}

/**
 * The Cause is JSON and has 32,768 characters at most, so that a longer one would fail the state: in the worst case
 * each character of the original cause takes six, escaped.
 */
function compensated(): FailState {
  const whole = "$string($failure)";
  const short = "$string($merge([$failure, {'cause': $substring($failure.cause, 0, 5000)}]))";
  return { Type: "Fail", Error: COMPENSATED, Cause: expression(`$length(${whole}) <= 32768 ? ${whole} : ${short}`) };
}

const LIMIT = 1024 * 1024;
// A function's name has 64 characters at most, its ARN with partition, region, account and version below this.
const LONGEST_ARN = "x".repeat(170);

function checkSize<Arn>(saga: Saga, machine: StateMachine<Arn>): void {
  const json = JSON.stringify(machine, (key, value: unknown) =>
    key === "FunctionName" && typeof value !== "string" ? LONGEST_ARN : value,
  );
  const size = Buffer.byteLength(json);
  if (size <= LIMIT) return;
  throw new SagaDefinitionError(
    "definition-too-large",
    { saga: saga.name },
    `the definition has ${size.toLocaleString("en")} bytes, and Step Functions takes ${LIMIT.toLocaleString("en")}`,
    "Split the saga in two, or move literals from the mappings into the tasks",
  );
}

/** Freezes the machine's own data, and not what stands for an ARN. */
function freeze<T>(value: T): T {
  const plain =
    Array.isArray(value) ||
    (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype);
  if (plain) Object.values(Object.freeze(value) as object).forEach(freeze);
  return value;
}
