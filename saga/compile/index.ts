import type { FailState, State, StateMachine } from "../asl";
import { mappingsOf } from "../condition";
import { SagaDefinitionError } from "../errors";
import { expression, renderValue } from "../jsonata";
import { rootsOf } from "../mapping";
import { flatten, type Node, type Saga } from "../nodes";
import { names } from "../state-names";
import type { LambdaTask } from "../task";
import { INPUT, spellIn, variablesOf } from "./env";
import type { Frame } from "./frame";
import { reachable } from "./reachable";
import { sequence } from "./sequence";

/** The end of every compensated execution (S6). */
const COMPENSATED = "SagaCompensated";
/** The end of a completed execution whose last state can't end by itself. */
const COMPLETED = "SagaCompleted";

/**
 * Compiles a saga to a Step Functions state machine: one state a step, one an undo, and the end of a compensated run.
 * The result is plain, frozen data, and the same for the same saga, byte by byte.
 *
 * @param arnOf The ARN of the function that runs a task; of any type, so that a program can give an output.
 * @throws SagaDefinitionError `definition-too-large`
 */
export function compile<Arn>(saga: Saga, arnOf: (task: LambdaTask) => Arn): StateMachine<Arn> {
  const variables = variablesOf(saga.steps).map(({ name }) => [name, `$${name}`] as const);
  const env = new Map([["input", INPUT], ["saga", "({'id': $states.context.Execution.Id})"], ...variables]);
  const wanted = wantedIn(saga);
  const forwardStates = new Map<string, State<Arn>>();
  const undoStates = new Map<string, State<Arn>>();
  const frame: Frame<Arn> = {
    program: { saga: saga.name, arnOf },
    forward: env,
    undo: env,
    indexes: [],
    forwardStates,
    undoStates,
    assigns: (variable) => wanted.has(variable),
    fail: ({ target, failure, missing }) => ({
      Assign: {
        failure: expression(failure),
        // No path to an undo may leave a variable unassigned that it reads.
        ...Object.fromEntries(missing.filter((name) => wanted.has(name)).map((name) => [name, null])),
      },
      Next: target ?? COMPENSATED,
    }),
    undone: { Next: COMPENSATED },
    undoneState: () => COMPENSATED,
  };
  sequence(frame, saga.steps, {
    exit: {
      kind: "end",
      output: (at) => renderValue(saga.output, spellIn(at)),
      endState: () => {
        forwardStates.set(COMPLETED, { Type: "Succeed" });
        return COMPLETED;
      },
    },
    rest: undefined,
    known: [],
  });
  const states = new Map([...forwardStates, ...[...undoStates].reverse(), [COMPENSATED, compensated()]]);
  const machine: StateMachine<Arn> = {
    Comment: `Saga ${saga.name}`,
    QueryLanguage: "JSONata",
    ...reachable((saga.steps[0] as Node).name, states),
  };
  checkSize(saga, machine);
  return freeze(machine);
}

/** The variables at the top that somebody reads. */
function wantedIn(saga: Saga): ReadonlySet<string> {
  const nodes = flatten(saga.steps);
  const read = nodes.flatMap((node) => {
    switch (node.kind) {
      case "Step":
        return [node.input, ...(node.undo ? [node.undo.input] : [])];
      case "Wait":
        return typeof node.until === "number" ? [] : [node.until];
      case "When":
        return mappingsOf(node.condition);
      case "ForEach":
        return [node.items];
      case "Parallel":
        return [];
    }
  });
  const own = nodes.flatMap(({ name }) => [names.records(name), names.taken(name)]);
  return new Set([...own, ...read.flatMap(rootsOf), ...rootsOf(saga.output)]);
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
