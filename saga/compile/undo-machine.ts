import type { State, States } from "../asl/types";
import type { Node, Saga } from "../language/nodes";
import { type Env, sagaFields, undoEntryOf, variablesOf } from "./env";
import type { ArnOf, Frame } from "./frame";
import { spellOutputs } from "./outputs";
import { reachable } from "../asl/reachable";
import { sequence } from "./sequence";

/** The end of an undo machine whose last state can't end by itself. */
const UNDONE = "SagaUndone";

const GIVEN = "$states.context.Execution.Input";

/** Which execution is undone: an undo machine is given its machine and its name, for its parent knows no more. */
const EXECUTION = {
  // The ARN of an execution tells its machine, not the machine's version.
  undo: `($replace(${GIVEN}.machine, /:stateMachine:([^:]+).*/, ':execution:$1') & ':' & ${GIVEN}.name)`,
  recovery: `${GIVEN}.execution`,
} as const;

/**
 * The undo side alone, from its beginning, in the name of an execution that has ended. What never began is undone as
 * well (S3): its tombstone refuses an action that is still under way, and all that a redrive would do.
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

/** Where the undo of a whole saga begins, if it has one; with its pivot, of which nobody knows whether it succeeded. */
export function lastUndoOf({ steps }: Saga): string | undefined {
  return pivotOf(steps)?.undo?.name ?? steps.map(undoEntryOf).findLast((found) => found !== undefined);
}

/** A pivot stands at the top. */
export const pivotOf = (steps: readonly Node[]) =>
  steps.find((node) => node.kind === "Step" && node.role === "pivot") as Extract<Node, { kind: "Step" }> | undefined;
