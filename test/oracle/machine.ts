import type { Declaration } from "../../saga/asl/declaration";
import { isExpression, type Json, type JsonObject, parsedOf } from "./jsonata";

/** A definition as JSON, as far as it is run here. */
export interface Sequence {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, StateJson>>;
  readonly TimeoutSeconds?: number;
}

export interface Leaving {
  readonly Assign?: JsonObject;
  readonly Output?: Json;
  readonly Next?: string;
}

export interface Rule extends Leaving {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts?: number;
}

export interface StateJson extends Leaving {
  readonly Type: string;
  readonly End?: boolean;
  readonly Resource?: string;
  readonly Arguments?: Json;
  readonly TimeoutSeconds?: Json;
  readonly Retry?: readonly Rule[];
  readonly Catch?: readonly Rule[];
  readonly Choices?: readonly (Leaving & { readonly Condition: Json })[];
  readonly Default?: string;
  readonly Branches?: readonly Sequence[];
  readonly Items?: Json;
  readonly ItemSelector?: Json;
  readonly ItemProcessor?: Sequence;
  readonly Error?: Json;
  readonly Cause?: Json;
}

const ANY = ["Type", "Comment", "QueryLanguage"];
const OUT = ["Assign", "Output", "Next", "End"];
const FALLIBLE = [...OUT, "Retry", "Catch"];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pass: OUT,
  Wait: [...OUT, "Seconds", "Timestamp"],
  Succeed: ["Output"],
  Fail: ["Error", "Cause"],
  Choice: ["Choices", "Default", "Assign", "Output"],
  Task: [...FALLIBLE, "Resource", "Arguments", "TimeoutSeconds", "HeartbeatSeconds"],
  Parallel: [...FALLIBLE, "Branches", "Arguments"],
  Map: [...FALLIBLE, "Items", "ItemSelector", "ItemProcessor", "MaxConcurrency"],
};
const FUNCTION = /^arn:aws:(states:::lambda:invoke$|lambda:)/;

/**
 * Why a definition is not run here: CreateStateMachine would refuse it, or it has what is not understood. Undefined where
 * it is run.
 */
export function refusal(definition: unknown, declaration: Declaration): string | undefined {
  const other = Object.entries(declaration.calls).find(
    ([, { confirms, release, bulk }]) => confirms ?? release ?? bulk,
  );
  if (other) return `what is declared of ${other[0]} is not understood`;
  const seen = new Set<string>();
  const sequence = (value: Sequence, outer: ReadonlySet<string>): string | undefined => {
    const states = Object.entries(value.States);
    if (!Object.hasOwn(value.States, value.StartAt)) return `StartAt is ${value.StartAt}, which is no state here`;
    const assigned = new Map(states.map(([name, state]) => [name, assignedBy(state)]));
    for (const [name, state] of states) {
      if (seen.has(name)) return `two states are called ${name}`;
      seen.add(name);
      const unknown = Object.keys(state).find((field) => !ANY.includes(field) && !FIELDS[state.Type]?.includes(field));
      if (unknown !== undefined) return `${name}.${unknown} is not understood`;
      if (state.Type === "Task" && !FUNCTION.test(state.Resource ?? ""))
        return `${name} calls ${state.Resource ?? "nothing"}`;
      const ends = state.End === true || state.Type === "Succeed" || state.Type === "Fail" || state.Type === "Choice";
      if (ends === (state.Next !== undefined)) return `${name} wants one of Next and End`;
      const [target] = targetsOf(state).filter((to) => !Object.hasOwn(value.States, to));
      if (target !== undefined) return `${name} leads to ${target}, which is no state here`;
      const onward = [...(state.Choices ?? []), ...(state.Catch ?? [])];
      if (onward.some(({ Next }) => Next === undefined)) return `${name} has a rule that leads nowhere`;
      for (const rules of [state.Retry, state.Catch]) {
        for (const [at, { ErrorEquals }] of (rules ?? []).entries()) {
          if (ErrorEquals.length === 0) return `${name} has a rule for no error`;
          if (!ErrorEquals.includes("States.ALL")) continue;
          if (ErrorEquals.length > 1 || at < (rules ?? []).length - 1)
            return `${name}: States.ALL stands alone and last`;
        }
      }
      const shadowed = [...(assigned.get(name) ?? [])].find((variable) => outer.has(variable));
      if (shadowed !== undefined) return `${name} assigns ${shadowed}, which belongs to what is around it`;
      const within = new Set([...outer, ...[...assigned].flatMap(([, variables]) => [...variables])]);
      for (const inner of innerOf(state)) {
        const why = sequence(inner, within);
        if (why !== undefined) return why;
      }
    }
    const reached = new Set([value.StartAt]);
    for (const name of reached) for (const to of targetsOf(value.States[name] as StateJson)) reached.add(to);
    const lost = states.find(([name]) => !reached.has(name));
    return lost && `nothing leads to ${lost[0]}`;
  };
  try {
    eachString(definition, (text) => {
      if (isExpression(text)) parsedOf(text.slice(2, -2).trim());
      else if (text.startsWith("{%")) throw new Error(`'${text}' does not end with %}`);
    });
    return sequence(definition as Sequence, new Set());
  } catch (error) {
    return String((error as { message?: unknown }).message);
  }
}

export const innerOf = (state: StateJson): readonly Sequence[] => [
  ...(state.Branches ?? []),
  ...(state.ItemProcessor ? [state.ItemProcessor] : []),
];

function targetsOf(state: StateJson): readonly string[] {
  const rules = [...(state.Choices ?? []), ...(state.Catch ?? [])];
  return [state.Next, state.Default, ...rules.map(({ Next }) => Next)].filter((name) => name !== undefined);
}

const assignedBy = (state: StateJson): ReadonlySet<string> =>
  new Set([state, ...(state.Choices ?? [])].flatMap(({ Assign }) => Object.keys(Assign ?? {})));

function eachString(value: unknown, see: (text: string) => unknown): void {
  if (typeof value === "string") see(value);
  else if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) eachString(inner, see);
}
