import { type Level, levelsOf, type Node, type Transition, transitionsOf } from "./machine";
import { topologicalOrder } from "./topological-order";
import { payloadHeadroom, type PayloadBudget } from "./payload-headroom";
import { ITEMS } from "./shape";

/** What a path costs at most. */
interface Cost {
  /** States entered. */
  readonly states: number;
  /** Transitions that a Standard workflow is billed for: states entered, and retries. */
  readonly transitions: number;
  readonly seconds: number;
  /** Events in the history of the execution. */
  readonly events: number;
}

export interface OutcomeBudget extends Cost {
  readonly outcome: "completed" | "compensated" | "stuck";
  /** US dollars for 1,000 executions that cost the most. */
  readonly dollarsPerThousand: number;
  /** Limits of an execution that it may outgrow: it dies there, without its undos, and is left to the recovery (S12). */
  readonly exceeds: readonly ("history" | "year")[];
}

export interface Budgets {
  /** With every retry there is, each waiting as long as it may. */
  readonly outcomes: readonly OutcomeBudget[];
  /** How many items these figures assume in each list; undefined where no list is gone through. */
  readonly items: number | undefined;
  /** How many items every list may have before the history outgrows its limit; undefined where no list is gone through. */
  readonly mostItems: number | undefined;
  /** A Wait for as long as only the data, or the clock, tells is not in the seconds. */
  readonly waitsUntil: readonly string[];
  /** The payload with the least room for data; undefined where none has any, and in JSONPath mode. */
  readonly payload: PayloadBudget | undefined;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const HISTORY_LIMIT = 25_000;
/** A Standard execution has so many seconds. */
const YEAR = 31_536_000;
/** @see https://aws.amazon.com/step-functions/pricing/ */
const DOLLARS_PER_TRANSITION = 0.025 / 1000;
/** An inline Map runs so many iterations at once, at most and where its MaxConcurrency is 0. */
const CONCURRENCY = 40;

const NOTHING: Cost = { states: 0, transitions: 0, seconds: 0, events: 0 };
const plus = (a: Cost, b: Cost): Cost => ({
  states: a.states + b.states,
  transitions: a.transitions + b.transitions,
  seconds: a.seconds + b.seconds,
  events: a.events + b.events,
});
const most = (a: Cost, b: Cost): Cost => ({
  states: Math.max(a.states, b.states),
  transitions: Math.max(a.transitions, b.transitions),
  seconds: Math.max(a.seconds, b.seconds),
  events: Math.max(a.events, b.events),
});
const times = (n: number, { states, transitions, seconds, events }: Cost): Cost => ({
  states: n * states,
  transitions: n * transitions,
  seconds: n * seconds,
  events: n * events,
});

/** What executions of a machine cost at most, for each outcome. Infinite where a machine may go round for ever. */
export function budgetsOf(machine: Level, controlFlowOnly: boolean): Budgets {
  const nodes = levelsOf(machine).flatMap((level) => [...level.nodes.values()]);
  const lists = nodes.some(({ raw }) => raw.Type === "Map");
  const fits = (items: number): boolean => outcomesOf(machine, items).every(({ events }) => events <= HISTORY_LIMIT);
  return {
    outcomes: outcomesOf(machine, ITEMS),
    items: lists ? ITEMS : undefined,
    mostItems: lists ? largest(fits) : undefined,
    waitsUntil: nodes.flatMap(({ name, raw }) =>
      raw.Type === "Wait" && typeof raw["Seconds"] !== "number" ? [name] : [],
    ),
    payload: controlFlowOnly ? undefined : payloadHeadroom(machine),
  };
}

/** The largest number that a test allows, of those that allow all below. */
function largest(test: (n: number) => boolean): number {
  let low = 0;
  let high = 1;
  while (high < HISTORY_LIMIT && test(high)) [low, high] = [high, high * 2];
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2);
    if (test(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function outcomesOf(machine: Level, items: number): readonly OutcomeBudget[] {
  const started = { ...NOTHING, events: 1 };
  const budget = (outcome: OutcomeBudget["outcome"], cost: Cost | undefined): readonly OutcomeBudget[] => {
    if (!cost) return [];
    // One event ends it; where it is stuck, in place of the one that leaves its last state.
    const whole = plus(plus(started, cost), { ...NOTHING, events: outcome === "stuck" ? 0 : 1 });
    const dollarsPerThousand = whole.transitions * 1000 * DOLLARS_PER_TRANSITION;
    return [{ outcome, ...whole, dollarsPerThousand, exceeds: exceededBy(whole) }];
  };
  const succeeded = (node: Node): boolean => node.raw.Type === "Succeed" || node.raw["End"] === true;
  const isStuck = ({ part, raw, inner }: Node): boolean =>
    part?.kind === "undo" ||
    (part?.kind === "action" && part.call.role === "retriable") ||
    (raw.Type !== "Task" && (raw.Catch ?? []).length === 0 && inner.length > 0);
  return [
    ...budget("completed", longest(machine, items, true, succeeded)),
    ...budget(
      "compensated",
      longest(machine, items, false, ({ raw }) => raw.Type === "Fail"),
    ),
    ...budget("stuck", longest(machine, items, false, isStuck)),
  ];
}

const exceededBy = ({ events, seconds }: Cost): OutcomeBudget["exceeds"] => [
  ...(events > HISTORY_LIMIT ? (["history"] as const) : []),
  ...(seconds > YEAR ? (["year"] as const) : []),
];

/** The dearest way from the start of a level to a state of some kind, that state's own cost included. */
function longest(level: Level, items: number, well: boolean, ends: (node: Node) => boolean): Cost | undefined {
  const known = new Map<string, Cost | undefined>();
  const onward = (node: Node): readonly Transition[] =>
    well ? [...node.choices.map(({ transition }) => transition), node.next] : transitionsOf(node);
  const { order, cyclic } = topologicalOrder(level, onward);
  for (const node of order) {
    const own = costOf(node, items, well);
    const after = onward(node).flatMap(({ to }) => (to === undefined ? [] : [known.get(to)]));
    const reach = [...(ends(node) ? [NOTHING] : []), ...after].filter((cost) => cost !== undefined);
    known.set(node.name, reach.length === 0 ? undefined : plus(own, reach.reduce(most)));
  }
  const cost = known.get(level.startAt);
  return cost && cyclic ? times(Infinity, plus(cost, { states: 1, transitions: 1, seconds: 1, events: 1 })) : cost;
}

/** What one state costs, with all its retries. */
function costOf(node: Node, items: number, well: boolean): Cost {
  const { raw, inner } = node;
  const { retries, delay } = retriesOf(node);
  const anyEnd = (): boolean => true;
  // A try that is followed by another one went wrong.
  const within = inner.map((level) => longest(level, items, well && retries === 0, anyEnd) ?? NOTHING);
  const entered: Cost = { states: 1, transitions: 1, seconds: 0, events: 2 };
  const tries = (each: Cost): Cost =>
    plus(plus(entered, times(1 + retries, each)), { states: 0, transitions: retries, seconds: delay, events: 0 });
  switch (raw.Type) {
    case "Task": {
      const events = /\.(waitForTaskToken|sync(:2)?)$/.test(String(raw["Resource"])) ? 4 : 3;
      return tries({ ...NOTHING, seconds: numberOf(raw["TimeoutSeconds"], Infinity), events });
    }
    case "Wait":
      return { ...entered, seconds: numberOf(raw["Seconds"], 0) };
    case "Parallel": {
      const all = within.reduce(plus, { ...NOTHING, events: 2 });
      return tries({ ...all, seconds: Math.max(0, ...within.map(({ seconds }) => seconds)) });
    }
    case "Map": {
      const each = plus(within[0] ?? NOTHING, { ...NOTHING, events: 2 });
      const all = plus(times(items, each), { ...NOTHING, events: 2 });
      return tries({ ...all, seconds: Math.ceil(items / atOnceOf(node)) * each.seconds });
    }
    case "Fail":
      return { ...entered, events: 1 };
    default:
      return entered;
  }
}

/** How many iterations a Map has at once, at least: only one where the data tells. */
function atOnceOf({ raw }: Node): number {
  const most = raw["MaxConcurrencyPath"] === undefined ? (raw["MaxConcurrency"] ?? 0) : undefined;
  return Math.min(numberOf(most, 1) || CONCURRENCY, CONCURRENCY);
}

const numberOf = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

/** How often a state is tried again at most, each retrier used up, and how long it then waits in all. */
function retriesOf({ raw }: Node): { readonly retries: number; readonly delay: number } {
  let retries = 0;
  let delay = 0;
  for (const retrier of raw.Retry ?? []) {
    const attempts = numberOf(retrier["MaxAttempts"], 3);
    const longest = numberOf(retrier["MaxDelaySeconds"], Infinity);
    const rate = numberOf(retrier["BackoffRate"], 2);
    let wait = numberOf(retrier["IntervalSeconds"], 1);
    let left = attempts;
    for (; left > 0 && wait < longest && rate > 1 && Number.isFinite(delay); left--, wait *= rate) delay += wait;
    // From here on every wait is the same.
    delay += left > 0 ? left * Math.min(wait, longest) : 0;
    retries += attempts;
  }
  return { retries, delay };
}
