import { type Level, levelsOf, type Node, type Transition, transitionsOf } from "./machine";
import { topologicalOrder } from "./topological-order";
import { payloadHeadroom, type PayloadBudget } from "./payload-headroom";
import { ITEMS } from "./shape";

/** The highest cost of a path. */
interface Cost {
  /** States entered. */
  readonly states: number;
  /** Billed transitions of a Standard workflow: states entered, and retries. */
  readonly transitions: number;
  readonly seconds: number;
  /** Events in the history of the execution. */
  readonly events: number;
}

export interface OutcomeBudget extends Cost {
  readonly outcome: "completed" | "compensated" | "stuck";
  /** US dollars for 1,000 executions of the highest cost. */
  readonly dollarsPerThousand: number;
  /** Limits that the execution may exceed. Step Functions then ends it without its undos, and the recovery takes over (S12). */
  readonly exceeds: readonly ("history" | "year")[];
}

export interface Budgets {
  /** Each with all its retries, and with the longest wait before each retry. */
  readonly outcomes: readonly OutcomeBudget[];
  /** The number of items that these figures assume in each list. Undefined if the machine has no Map. */
  readonly items: number | undefined;
  /** The highest number of items in each list that keeps the history within its limit. Undefined if the machine has no Map. */
  readonly mostItems: number | undefined;
  /** Wait states whose time depends on the data or on the clock. The seconds leave them out. */
  readonly waitsUntil: readonly string[];
  /** The payload with the least room for data. Undefined if no payload holds data, and in JSONPath mode. */
  readonly payload: PayloadBudget | undefined;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const HISTORY_LIMIT = 25_000;
/** The longest time of a Standard execution, in seconds. */
const YEAR = 31_536_000;
/** @see https://aws.amazon.com/step-functions/pricing/ */
const DOLLARS_PER_TRANSITION = 0.025 / 1000;
/** The most iterations that an inline Map runs at once. A MaxConcurrency of 0 means the same. */
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

/** The highest cost of an execution, for each outcome. Infinite if the machine may loop for ever. */
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

/** The largest number that passes a test. The test passes for all numbers below it. */
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
    // One event ends the execution. If it is stuck, that event replaces the one that exits its last state.
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

/** The path of the highest cost from the start of a level to a state of some kind, with the cost of that state. */
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

/** The cost of one state, with all its retries. */
function costOf(node: Node, items: number, well: boolean): Cost {
  const { raw, inner } = node;
  const { retries, delay } = retriesOf(node);
  const anyEnd = (): boolean => true;
  // An attempt that another one follows has failed.
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

/** The number of iterations that certainly run at once: one if the data decides it. */
function atOnceOf({ raw }: Node): number {
  const most = raw["MaxConcurrencyPath"] === undefined ? (raw["MaxConcurrency"] ?? 0) : undefined;
  return Math.min(numberOf(most, 1) || CONCURRENCY, CONCURRENCY);
}

const numberOf = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

/** Retries, and the sum of the waits before them, in seconds. */
export interface Retries {
  readonly retries: number;
  readonly delay: number;
}

/** The cost of a state is calculated for several lengths of a list. Its retries do not depend on these. */
const counted = new WeakMap<Node, Retries>();

/** The most retries of a state, with every retrier exhausted, and the sum of their waits. */
function retriesOf(node: Node): Retries {
  const known = counted.get(node);
  if (known) return known;
  const all = (node.raw.Retry ?? []).map(retriesBy);
  const retries = all.reduce((sum, each) => sum + each.retries, 0);
  const made = { retries, delay: all.reduce((sum, { delay }) => sum + delay, 0) };
  counted.set(node, made);
  return made;
}

/** The most retries of one retrier. */
export function retriesBy(retrier: Readonly<Record<string, unknown>>): Retries {
  const retries = numberOf(retrier["MaxAttempts"], 3);
  const longest = numberOf(retrier["MaxDelaySeconds"], Infinity);
  const rate = numberOf(retrier["BackoffRate"], 2);
  let wait = numberOf(retrier["IntervalSeconds"], 1);
  let delay = 0;
  let left = retries;
  for (; left > 0 && wait < longest && rate > 1 && Number.isFinite(delay); left--, wait *= rate) delay += wait;
  // From here on all waits are equal.
  return { retries, delay: delay + (left > 0 ? left * Math.min(wait, longest) : 0) };
}
