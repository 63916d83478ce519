import { COMPENSATED } from "../asl/outcome";
import type { FailState, State, StateMachine, States } from "../asl/types";
import { SagaDefinitionError } from "../language/errors";
import { renderValue } from "./jsonata";
import { expression, object } from "./syntax";
import { rootsOf } from "../language/mapping";
import { flatten, mappingsIn, type Node, type Saga } from "../language/nodes";
import { COMPLETED } from "../language/names";
import { names } from "../language/state-names";
import { type Env, INPUT, sagaFields, spellIn, variablesOf } from "./env";
import type { ArnOf, Frame, SagaMachine } from "./frame";
import { reachable } from "../asl/reachable";
import { recoveryNote, recoveryOf } from "./recovery";
import { sequence } from "./sequence";
import { commentOf } from "./service-calls";
import { undoStates } from "./undo-machine";
import { deferOutputs, spellOutputs } from "./outputs";

/**
 * Compiles a saga to a Step Functions state machine: one state a step, one an undo, and the end of a compensated run.
 * The result is plain, frozen data, and identical, byte by byte, for the same saga. An expression that contains outputs of
 * Pulumi is a `DeferredExpression` and not a string.
 *
 * @param arnOf The ARN of the function that runs a task, and of the machine that runs a child saga.
 * @throws SagaDefinitionError `definition-too-large`
 */
export function compile<Arn>(saga: Saga, arnOf: ArnOf<Arn>): StateMachine<Arn> {
  const read = variablesRead(saga);
  return forwardMachine(saga, arnOf, {
    // To the second: a recovery from outside may not know the time more exactly.
    given: { input: INPUT, startedAt: "($substring($states.context.Execution.StartTime, 0, 19) & 'Z')" },
    assigns: (variable) => read.has(variable),
    output: (at) => renderValue(saga.output, spellIn(at)),
  });
}

/**
 * Compiles a machine that a saga needs beside its own.
 * @throws SagaDefinitionError `definition-too-large`
 */
export function compileMachine<Arn>({ saga, purpose }: SagaMachine, arnOf: ArnOf<Arn>): StateMachine<Arn> {
  if (purpose === "child") return childMachine(saga, arnOf);
  return finish(saga, { Comment: commentOf(saga, purpose), ...undoStates(saga, arnOf, purpose) });
}

/**
 * Beside its output, a child returns everything that its undo machine may read. It gets its parent's start time, which a
 * recovery of the parent knows too.
 */
function childMachine<Arn>(saga: Saga, arnOf: ArnOf<Arn>): StateMachine<Arn> {
  const results = (at: Env): string =>
    object(variablesOf(saga.steps).map(({ name }) => [name, spellIn(at)(name)] as const));
  const output = (at: Env): string =>
    object([
      ["output", renderValue(saga.output, spellIn(at))],
      ["results", results(at)],
    ]);
  const given = { input: `${INPUT}.input`, startedAt: `${INPUT}.startedAt` };
  return forwardMachine(saga, arnOf, { given, assigns: () => true, output });
}

interface Forward {
  /** The saga's input and the time when it began, as JSONata. */
  readonly given: { readonly input: string; readonly startedAt: string };
  readonly assigns: (variable: string) => boolean;
  readonly output: (at: Env) => string;
}

function forwardMachine<Arn>(
  saga: Saga,
  arnOf: ArnOf<Arn>,
  { given: { input, startedAt }, assigns, output }: Forward,
): StateMachine<Arn> {
  const whose = { execution: "$states.context.Execution.Id", startedAt };
  const env: Env = new Map<string | object, string>([
    ...spellOutputs(saga),
    ["input", input],
    ...sagaFields(whose),
    ...variablesOf(saga.steps).map(({ name }) => [name, `$${name}`] as const),
  ]);
  const forwardStates = new Map<string, State<Arn>>();
  const undoStates = new Map<string, State<Arn>>();
  const frame: Frame<Arn> = {
    program: { saga: saga.name, arnOf, ...whose },
    forward: env,
    undo: env,
    indexes: [],
    forwardStates,
    undoStates,
    assigns,
    fail: ({ target, failure, missing }) => ({
      Assign: {
        failure: expression(failure),
        // On every path to an undo, each variable that the undo reads must be assigned.
        ...Object.fromEntries(Object.entries(missing).filter(([name]) => assigns(name))),
      },
      Next: target ?? COMPENSATED,
    }),
    handsOn: {},
    undone: { Output: {}, Next: COMPENSATED },
    undoneState: () => COMPENSATED,
  };
  const endState = (): string => {
    forwardStates.set(COMPLETED, { Type: "Succeed" });
    return COMPLETED;
  };
  sequence(frame, saga.steps, { exit: { kind: "end", output, endState }, rest: undefined, assigned: [] });
  const states = new Map([...forwardStates, ...[...undoStates].reverse(), [COMPENSATED, compensated()]]);
  return finish(saga, { Comment: commentOf(saga, "saga"), ...reachable((saga.steps[0] as Node).name, states) });
}

function finish<Arn>(saga: Saga, { Comment, ...states }: { Comment: string } & States<Arn>): StateMachine<Arn> {
  const machine: StateMachine<Arn> = deferOutputs(saga, { Comment, QueryLanguage: "JSONata", ...states });
  checkSize(saga, machine);
  return freeze(machine);
}

/** The variables at the top that a later state reads. */
function variablesRead(saga: Saga): ReadonlySet<string> {
  const nodes = flatten(saga.steps);
  const read = nodes.flatMap(mappingsIn);
  const own = nodes.flatMap(({ name }) => [names.records(name), names.taken(name)]);
  return new Set([...own, ...read.flatMap(rootsOf), ...rootsOf(saga.output)]);
}

/**
 * The Cause is JSON of at most 32,768 characters; a longer one would fail the state. In the worst case each character of the
 * original cause is escaped and takes six.
 */
function compensated(): FailState {
  const whole = "$string($failure)";
  const kept = ["saga", "step", "error"].map((field) => [field, `$failure.${field}`] as const);
  const short = `$string(${object([...kept, ["cause", "$substring($string($failure.cause), 0, 5000)"]])})`;
  return { Type: "Fail", Error: COMPENSATED, Cause: expression(`$length(${whole}) <= 32768 ? ${whole} : ${short}`) };
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const LIMIT = 1024 * 1024;
// The name of a function or a machine has at most 80 characters. Its ARN, with partition, region, account and version, is shorter than this.
const ARNS: ReadonlySet<string> = new Set(["FunctionName", "StateMachineArn", "machine"]);
const LONGEST_ARN = "x".repeat(170);

function checkSize<Arn>(saga: Saga, machine: StateMachine<Arn>): void {
  const json = JSON.stringify(machine, (key, value: unknown) =>
    ARNS.has(key) && typeof value !== "string" ? LONGEST_ARN : value,
  );
  const recovery = recoveryOf(saga);
  // A deployment replaces this by its Comment.
  const note = recovery === undefined ? "" : recoveryNote(recovery, LONGEST_ARN);
  const size = Buffer.byteLength(json) + Buffer.byteLength(note);
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

export { childMachines, machinesOf } from "./child";
export type { ArnOf, SagaMachine } from "./frame";
export { type Recovery, type RecoveryNote, recoveryNote, recoveryOf } from "./recovery";
export { declarationOf } from "./declaration";
export { literal } from "./syntax";
