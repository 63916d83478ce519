import type { State, States } from "../asl/types";
import { UNDONE } from "../language/names";
import type { Node, Saga } from "../language/nodes";
import { type Env, sagaFields, undoEntryOf, variablesOf } from "./env";
import type { ArnOf, Frame } from "./frame";
import { spellOutputs } from "./outputs";
import { reachable } from "../asl/reachable";
import { sequence } from "./sequence";

const GIVEN = "$states.context.Execution.Input";

/** The execution to undo. An undo machine gets the machine and the name of it, because the parent knows no more. */
const EXECUTION = {
  // The ARN of an execution contains its machine, and not the machine's version.
  undo: `($replace(${GIVEN}.machine, /:stateMachine:([^:]+).*/, ':execution:$1') & ':' & ${GIVEN}.name)`,
  recovery: `${GIVEN}.execution`,
} as const;

/**
 * The undo side alone, from its first state, in the name of an execution that has ended. It also undoes steps that never
 * began (S3): their tombstones refuse actions that are still running, and everything that a redrive would do.
 */
export function undoStates<Arn>(saga: Saga, arnOf: ArnOf<Arn>, purpose: "undo" | "recovery"): States<Arn> {
  const whose = { execution: EXECUTION[purpose], startedAt: `${GIVEN}.startedAt` };
  const env: Env = new Map<string | object, string>([
    ...spellOutputs(saga),
    ["input", `${GIVEN}.input`],
    ...sagaFields(whose),
    ...variablesOf(saga.steps).map(({ name }) => [name, `${GIVEN}.results.${name}`] as const),
  ]);
  const states = new Map<string, State<Arn>>();
  const undone = (): string => {
    states.set(UNDONE, { Type: "Succeed" });
    return UNDONE;
  };
  const frame: Frame<Arn> = {
    program: { saga: saga.name, arnOf, ...whose },
    forward: env,
    undo: env,
    indexes: [],
    ...(purpose === "recovery" && { historyResults: GIVEN }),
    forwardStates: new Map(),
    undoStates: states,
    assigns: () => true,
    fail: ({ target }) => ({ Next: target ?? UNDONE }),
    handsOn: {},
    undone: { Output: {}, End: true },
    undoneState: undone,
  };
  sequence(frame, saga.steps, { exit: { kind: "state", name: UNDONE }, rest: undefined, assigned: [] });
  const entry = lastUndoOf(saga);
  if (entry === undefined) throw new Error(`the saga '${saga.name}' has nothing to undo`);
  return reachable(entry, new Map([...states].reverse()));
}

/** The first undo state of a whole saga, if it has one. It includes the pivot's undo: whether the pivot succeeded is unknown. */
export function lastUndoOf({ steps }: Saga): string | undefined {
  return pivotOf(steps)?.undo?.name ?? steps.map(undoEntryOf).findLast((found) => found !== undefined);
}

/** A pivot stands at the top. */
export const pivotOf = (steps: readonly Node[]) =>
  steps.find((node) => node.kind === "Step" && node.role === "pivot") as Extract<Node, { kind: "Step" }> | undefined;
