import type { Declaration } from "../asl/declaration";
import { isUnknownResource, transientErrors } from "../asl/transient";
import { type Retries, retriesBy } from "./budget";
import { callFlaws } from "./calls";
import { givesUp } from "./fallback";
import { fieldFindings } from "./fields";
import { type Flaw, foldEntries } from "./flaw";
import { isRetried } from "./search/faults";
import { lint, type LintRule } from "./lint";
import { type Level, levelsOf, type Node, transitionsOf } from "./machine";
import type { Rule } from "./rules";
import type { RawStates } from "../asl/states";
import { structureFlaws } from "./structure";

const RULE_OF: Readonly<Record<LintRule, Rule>> = {
  unparsable: "definition",
  "unknown-function": "definition",
  "undefined-variable": "assignment",
  "unassigned-variable": "assignment",
  "misplaced-states-field": "definition",
  "outer-assignment": "definition",
  "unreachable-state": "definition",
  "duplicate-state": "definition",
  "long-name": "definition",
  "partial-expression": "S7",
  "deep-expression": "S7",
  "context-read": "definition",
  "machine-timeout": "S7",
  "no-timeout": "S7",
  "misplaced-states-all": "definition",
};

/** The flaws that need no search: the lints, and the properties that every call must have. */
export function flawsOf(definition: RawStates, machine: Level, declaration: Declaration): readonly Flaw[] {
  const nodes = levelsOf(machine).flatMap((level) => [...level.nodes.values()]);
  const linted = foldEntries(lint(definition)).map(({ rule, state, field, message, hint }): Flaw => ({
    rule: RULE_OF[rule],
    kind: rule,
    state,
    message: field === "" || state === undefined ? message : `${state}, ${field}: ${message}`,
    hint: rule === "unreachable-state" ? leadingTo(state as string, nodes, hint) : hint,
  }));
  return [
    ...linted,
    ...structureFlaws(definition),
    ...refusedFields(definition),
    ...callFlaws(nodes),
    ...levelsOf(machine).flatMap(leadsNowhere),
    ...missing(nodes, declaration),
    ...levelsOf(machine).flatMap((level) => [...level.nodes.values()].flatMap((node) => retryFlaws(node, level))),
    ...nodes.flatMap((node) => shorterRetries(node, nodes)),
  ];
}

/** The hint for a state that no state leads to. An undo is to be reached from its action. */
function leadingTo(state: string, nodes: readonly Node[], otherwise: string): string {
  const part = nodes.find(({ name }) => name === state)?.part;
  const [action] = part?.kind === "undo" ? part.of : [];
  return action === undefined ? otherwise : `Lead ${action}'s Catch to ${state}`;
}

function refusedFields(definition: RawStates): readonly Flaw[] {
  return fieldFindings(definition)
    .filter(({ unproved }) => unproved === undefined)
    .map(({ state, field, message }) => ({
      rule: "definition",
      kind: "field",
      state,
      message: `${state === undefined ? "" : `${state}, `}${field}: ${message}`,
      hint: `Leave ${field} out${state === undefined ? "" : ` of ${state}`}`,
    }));
}

/** The flaws of transitions to a state that does not exist, or that is in another level. */
function leadsNowhere({ startAt, nodes }: Level): readonly Flaw[] {
  const flaw = (state: string | undefined, to: string): Flaw => ({
    rule: "definition",
    kind: "leads-nowhere",
    state,
    message: `${state ?? "StartAt"} leads to '${to}', which does not exist in its level`,
    hint: "Lead to a state of the same level",
  });
  return [
    ...(nodes.has(startAt) ? [] : [flaw(undefined, startAt)]),
    ...[...nodes.values()].flatMap((node) =>
      transitionsOf(node).flatMap(({ to }) => (to === undefined || nodes.has(to) ? [] : [flaw(node.name, to)])),
    ),
  ];
}

function missing(nodes: readonly Node[], { calls }: Declaration): readonly Flaw[] {
  const tasks = new Set(nodes.flatMap(({ name, raw }) => (raw.Type === "Task" ? [name] : [])));
  const declared = Object.entries(calls).flatMap(([name, { undo }]) => (undo === undefined ? [name] : [name, undo]));
  return declared
    .filter((name) => !tasks.has(name))
    .map((name) => ({
      rule: "definition" as const,
      kind: "missing-task",
      state: undefined,
      message: `the declaration names ${name}, but no Task has this name`,
      hint: "Correct the name, or leave it out of the declaration",
    }));
}

/** Whether a Catch leads back to its own state, directly or after a Wait. That retries the call too. */
function comesBack({ name, catchers }: Node, { nodes }: Level, error: string): boolean {
  const seen = new Set<string>();
  let to = catchers.find(({ errors }) => errors.includes(error) || errors.includes("States.ALL"))?.transition.to;
  while (to !== undefined && to !== name && !seen.has(to)) {
    seen.add(to);
    const node = nodes.get(to);
    to = node?.raw.Type === "Wait" || node?.raw.Type === "Pass" ? node.next.to : undefined;
  }
  return to === name;
}

const retriesAnyError = ({ raw }: Node): boolean => isRetried(raw) && isRetried(raw, "States.Timeout");

function retryFlaws(node: Node, level: Level): readonly Flaw[] {
  const { name, raw, part } = node;
  const flaw = (rule: Rule, kind: string, message: string, hint: string): readonly Flaw[] => [
    { rule, kind, state: name, message, hint },
  ];
  if (part?.kind === "undo") {
    if (retriesAnyError(node)) return [];
    const message = `${name} is not retried on every error: after one failure its effect stays, and the later undos do not run`;
    return flaw("S4", "undone-once", message, `Let ${name} retry States.ALL, for hours`);
  }
  if (part?.kind !== "action") return [];
  if (part.call.role === "query") {
    const errors = unretriedIn(node, level).filter((error) => givesUp(node, level, error) === true);
    return errors.length === 0 ? [] : flaw("S4", "not-retried", ...notRetried(node, errors));
  }
  if (part.call.role === "retriable") {
    return retriesAnyError(node)
      ? []
      : flaw("S9", "done-once", `${name} is not retried on any error`, `Let ${name} retry States.ALL, for hours`);
  }
  const refusals = (part.call.definite ?? []).filter((error) => isRetried(raw, error));
  if (isRetried(raw) || refusals.length > 0) {
    const what = refusals.length > 0 ? refusals.join(", ") : "any error, refusals among them";
    return flaw(
      "S4",
      "retries-refusals",
      `${name} retries ${what}`,
      `Let ${name} retry only transient errors, by their names`,
    );
  }
  const resource = String(raw["Resource"]);
  if (isUnknownResource(resource)) {
    if ((raw.Retry ?? []).length > 0) return [];
    const message = `${name} is not retried on any fault, and ${resource} is unknown here`;
    const hint = `Let ${name} retry the transient errors of its service`;
    return flaw("S4", "unknown-call", message, hint);
  }
  const unretried = unretriedIn(node, level);
  return unretried.length === 0 ? [] : flaw("S4", "not-retried", ...notRetried(node, unretried));
}

/** An undo that gives up on an error no later than the action that it undoes. */
function shorterRetries(undo: Node, nodes: readonly Node[]): readonly Flaw[] {
  const { name, raw, part } = undo;
  if (part?.kind !== "undo" || !retriesAnyError(undo)) return [];
  const own = (raw.Retry ?? []).map(retriesBy);
  const actions = nodes.filter((node) => part.of.includes(node.name));
  return actions.flatMap((action): readonly Flaw[] => {
    const theirs = (action.raw.Retry ?? []).map(retriesBy).filter(({ retries }) => retries > 0);
    const pairs = own.flatMap((mine) => theirs.map((other) => [mine, other] as const));
    const [mine, other] = pairs.find(([less, more]) => less.retries <= more.retries && less.delay <= more.delay) ?? [];
    if (!mine || !other) return [];
    const message = `${name} is not retried more than ${action.name}, which it undoes: ${inWords(mine)}, as against ${inWords(other)}`;
    return [
      { rule: "S4", kind: "shorter-retries", state: name, message, hint: `Let ${name} retry States.ALL, for hours` },
    ];
  });
}

const inWords = ({ retries, delay }: Retries): string =>
  `${retries.toLocaleString("en")} ${retries === 1 ? "retry" : "retries"} in ${Math.round(delay).toLocaleString("en")} s`;

/** The message and the hint for a step that gives up on transient faults. */
function notRetried({ name, raw }: Node, unretried: readonly string[]): readonly [message: string, hint: string] {
  const errors = unretried.join(", ");
  const message = `${name} is not retried on a transient fault: ${errors}`;
  const entries = (raw.Retry ?? []).map((entry) => entry["ErrorEquals"] as readonly string[]);
  const named = entries.findIndex((entry) => unretried.every((error) => entry.includes(error)));
  if (named === -1) return [message, `Let ${name} retry ${errors}`];
  // The first retrier that matches decides. A later one that names the error has no effect.
  const wide = entries.findIndex((entry) => entry.includes("States.ALL") || entry.includes("States.TaskFailed"));
  if (wide === -1 || wide >= named) {
    return [
      `${message}. Retry[${named}] lists them, but has MaxAttempts 0`,
      `Give Retry[${named}] of ${name} MaxAttempts above 0`,
    ];
  }
  return [
    `${message}. Retry[${named}] lists them, but Retry[${wide}] takes them first, and has MaxAttempts 0`,
    `Put Retry[${named}] of ${name} before Retry[${wide}]`,
  ];
}

/** The transient faults that a call does not retry. None if the called service is unknown. */
export function unretriedIn(node: Node, level: Level): readonly string[] {
  const resource = String(node.raw["Resource"]);
  // Step Functions refuses to start an execution under the name of an ended one, so a retry would fail.
  if (resource.includes(":states:startExecution") || isUnknownResource(resource)) return [];
  return transientErrors(resource).filter((error) => !isRetried(node.raw, error) && !comesBack(node, level, error));
}
