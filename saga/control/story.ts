import type { Declaration } from "../asl/declaration";
import type { RawStates } from "../asl/states";
import type { HistoryEvent } from "./history";
import { COMPENSATED, type Outcome } from "./outcome";
import { type Side, type Spot, spotsOf } from "./spots";

export type { Outcome } from "./outcome";
export type { Side, Spot } from "./spots";

/** One try of a call. */
export interface Try {
  /** The event with which it was scheduled, and the one with which it ended. */
  readonly scheduled: number;
  ended?: number;
  /** Milliseconds since the epoch. */
  readonly from: number;
  to?: number;
  /** "aborted" where it was stopped: what became of the call is not known. */
  outcome: "in progress" | "succeeded" | "failed" | "timed out" | "aborted";
  error?: string;
  cause?: string;
  /** What a function was called with, or an action of a service. */
  readonly input?: unknown;
  output?: unknown;
  /** The function's name or ARN. */
  readonly function?: string;
  /** Whether somebody has to answer it. */
  readonly waits: boolean;
  /** By which somebody answers, where the history tells data. */
  readonly token?: string;
}

/** The tries of one call. A redrive begins another one, whose retries are counted afresh. */
export interface Call {
  readonly tries: readonly Try[];
}

export interface Failure {
  readonly error: string;
  readonly cause?: string;
}

/** That an execution entered a state: once for each item of a list, and again each time round a loop. */
export interface Visit {
  readonly state: string;
  /** Of the node in a graph. */
  readonly id: string;
  /** The state with the index of the item, such as `RentCar[1]`, in whose name it runs: its undo's as the item's own. */
  readonly instance: string;
  readonly type: string;
  readonly side: Side;
  /** The indexes of the iterations that it is in, outermost first. */
  readonly items: readonly number[];
  /** The Parallel or the Map that it is in. */
  readonly within: Visit | undefined;
  readonly enteredAt: number;
  /** The event with which it was left; undefined where it never was. */
  readonly leftAt: number | undefined;
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** When it was left, failed for good or was stopped. */
  readonly ended: number | undefined;
  readonly calls: readonly Call[];
  /** Tries after the first one, redrives left out. */
  readonly retries: number;
  /** Why it failed at last: it was caught, or the execution is stuck here. */
  readonly error: Failure | undefined;
  readonly input?: unknown;
  readonly output?: unknown;
  /** By which the call is known (S11): its own name, or that of the step that it undoes, with indexes. */
  readonly step: string | undefined;
  /** Events at which it failed, also where it was tried again, or was stopped, in order. */
  readonly failures: readonly { readonly at: number; readonly aborted: boolean }[];
  /** The event with which its call, its branches or its items succeeded. */
  readonly succeededAt: number | undefined;
  /** Of a Map: how many items it has. */
  readonly length: number | undefined;
}

/** What became of a visit, as far as a moment of the history tells. */
export type VisitStatus = "in progress" | "waiting" | "done" | "failed" | "undone" | "stuck" | "aborted";

/** What an execution did, from its history. */
export interface Story {
  readonly outcome: Outcome;
  readonly path: readonly Visit[];
  readonly events: readonly HistoryEvent[];
  /** Milliseconds since the epoch; `ended` where it has ended. */
  readonly started: number;
  readonly ended: number | undefined;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** The events at which it ended, and at which it was redriven, in order. */
  readonly turns: readonly { readonly at: number; readonly outcome: Outcome }[];
  /** The execution that it recovers, where it runs the undos of another one (S12). */
  readonly recovers: string | undefined;
  readonly assigned: readonly Assigned[];
  /** Where each state of the definition stands. */
  readonly spots: ReadonlyMap<string, Spot>;
}

/** That a variable was assigned. */
export interface Assigned {
  readonly at: number;
  readonly name: string;
  readonly value: unknown;
  readonly by: Visit;
}

/** What a history is read with. */
export interface StoryOf {
  readonly events: readonly HistoryEvent[];
  /** The one that the execution runs on, which may be older than what is deployed. */
  readonly definition: RawStates;
  readonly declaration?: Declaration | undefined;
}

/** A history that is not of this definition. */
export class StoryError extends Error {
  override readonly name = "StoryError";
}

/**
 * Reads what an execution did.
 * @param events All of its events, or the first ones: what it had done by then.
 * @throws StoryError where the definition does not have a state that the history enters
 */
export const storyOf = ({ events, definition, declaration }: StoryOf): Story =>
  new Reader(spotsOf(definition, declaration)).read(events);

/** The variables that there are at a moment: within lists each by its item, such as `RentCar[1]`. */
export function variablesAt({ assigned }: Story, eventId: number): Readonly<Record<string, unknown>> {
  const inScope = ({ within }: Visit): boolean =>
    within === undefined || (!isBy(within.leftAt, eventId) && inScope(within));
  return Object.fromEntries(
    assigned
      .filter(({ at, by }) => at <= eventId && inScope(by))
      .map(({ name, value, by }) => [name + indexes(by.items), value]),
  );
}

/** How an execution stands at a moment. */
export const outcomeAt = ({ turns }: Story, eventId: number): Outcome =>
  turns.findLast(({ at }) => at <= eventId)?.outcome ?? "running";

/** How a visit stands at a moment; undefined before it. */
export function statusAt(story: Story, visit: Visit, eventId: number): VisitStatus | undefined {
  if (visit.enteredAt > eventId) return undefined;
  const failure = visit.failures.findLast(({ at }) => at <= eventId);
  if (isBy(visit.leftAt, eventId)) {
    if (failure && failure.at > (visit.succeededAt ?? 0)) return "failed";
    return visit.side === "undo" && visit.type === "Task" ? "undone" : "done";
  }
  const outcome = outcomeAt(story, eventId);
  // A Fail is never left: it is done once the execution has ended with it.
  if (visit.type === "Fail") return outcome === "running" ? "in progress" : "done";
  const last = triesOf(visit).findLast(({ scheduled }) => scheduled <= eventId);
  const since = story.turns.findLast(({ at, outcome: turn }) => at <= eventId && turn === "running")?.at ?? 0;
  const stands = failure && failure.at > Math.max(since, last?.scheduled ?? 0) ? failure : undefined;
  if (outcome !== "running") return stands?.aborted === false && outcome === "stuck" ? "stuck" : "aborted";
  if (stands?.aborted === true) return "aborted";
  const waits = last?.waits === true && !isBy(last.ended, eventId);
  return visit.type === "Wait" || waits ? "waiting" : "in progress";
}

/** Whether an event has happened by another one, which may be Infinity: the end of the history. */
const isBy = (event: number | undefined, eventId: number): boolean => event !== undefined && event <= eventId;

export const triesOf = ({ calls }: Pick<Visit, "calls">): readonly Try[] => calls.flatMap(({ tries }) => tries);

const indexes = (items: readonly number[]): string => items.map((index) => `[${index}]`).join("");

/** A visit while it is read. */
type Open = {
  -readonly [Field in Exclude<keyof Visit, "calls" | "failures" | "within" | "input" | "output">]: Visit[Field];
} & {
  readonly input?: unknown;
  output?: unknown;
  readonly calls: { readonly tries: Try[] }[];
  readonly failures: { at: number; aborted: boolean }[];
  readonly within: Open | undefined;
  /** How often the execution had been redriven at its last call. */
  round: number;
};

interface Item {
  readonly map: string;
  readonly index: number;
}

/** Where in the machine an event happened. */
interface Place {
  /** The state that its thread is in, or has just left. */
  readonly visit: Open | undefined;
  readonly items: readonly Item[];
}

const TOP: Place = { visit: undefined, items: [] };
const TURNS: Readonly<Record<string, Outcome>> = {
  ExecutionStarted: "running",
  ExecutionRedriven: "running",
  ExecutionSucceeded: "completed",
  ExecutionFailed: "stuck",
  ExecutionAborted: "aborted",
  ExecutionTimedOut: "timed out",
};
const CALL =
  /^(?:Task|LambdaFunction|Activity)(Scheduled|Started|Submitted|Succeeded|Failed|TimedOut|StartFailed|SubmitFailed|ScheduleFailed)$/;

/** Follows each thread of a history, by the event that each names as the one before it. */
class Reader {
  private readonly places = new Map<number, Place>();
  private readonly path: Open[] = [];
  /** What has been entered and not left, by its state and the items that it is in. */
  private readonly open = new Map<string, Open>();
  private readonly assigned: Assigned[] = [];
  private readonly turns: { at: number; outcome: Outcome }[] = [];
  private redrives = 0;

  constructor(private readonly spots: ReadonlyMap<string, Spot>) {}

  read(events: readonly HistoryEvent[]): Story {
    for (const event of events) this.places.set(event.id, this.follow(event));
    const last = this.turns.at(-1);
    const end = last && last.outcome !== "running" ? events.find(({ id }) => id === last.at) : undefined;
    const started = events.find(({ type }) => type === "ExecutionStarted");
    for (const visit of this.open.values()) {
      if (visit.ended === undefined && end) visit.ended = end.timestamp;
    }
    const recovers =
      isFields(started?.input) && this.path.every(({ side }) => side === "undo")
        ? recoveredBy(started.input)
        : undefined;
    return {
      outcome: last?.outcome ?? "running",
      path: this.path,
      events,
      started: events[0]?.timestamp ?? 0,
      ended: end?.timestamp,
      ...(started?.input !== undefined && { input: started.input }),
      ...(end?.output !== undefined && { output: end.output }),
      error: end?.error,
      cause: end?.cause,
      turns: this.turns,
      recovers,
      assigned: this.assigned,
      spots: this.spots,
    };
  }

  private follow(event: HistoryEvent): Place {
    const { type, timestamp } = event;
    const place = this.places.get(event.previousEventId) ?? TOP;
    const turn = TURNS[type];
    if (turn !== undefined) return this.turn(event, turn, place);
    const [, entered] = /^(.+)StateEntered$/.exec(type) ?? [];
    if (entered !== undefined) return this.enter(event, entered, place);
    if (type.endsWith("StateExited")) return this.leave(event, place);
    const [, did] = CALL.exec(type) ?? [];
    if (did !== undefined) return this.call(event, did, place);
    const [, within, ended] = /^(Parallel|Map)State(Succeeded|Failed|Aborted)$/.exec(type) ?? [];
    if (within !== undefined) return this.settle(event, { within, ended: ended as string }, place);
    if (type === "MapIterationStarted")
      return { visit: this.find(event.state as string, place), items: this.into(event, place) };
    if (type === "MapStateStarted" && place.visit && event.length !== undefined) place.visit.length = event.length;
    // The service ends the failed task of a branch once more, as it ends those of the siblings.
    if (/^(?:Task|Wait)StateAborted$/.test(type) && place.visit) abort(place.visit, event);
    if (type === "EvaluationFailed") {
      const visit = event.state === undefined ? place.visit : this.find(event.state, place);
      if (visit) fail(visit, event);
    }
    if (place.visit && place.visit.leftAt === undefined && /Failed$|TimedOut$/.test(type))
      place.visit.ended = timestamp;
    return place;
  }

  private turn({ id, type, error }: HistoryEvent, turn: Outcome, place: Place): Place {
    this.turns.push({ at: id, outcome: turn === "stuck" && error === COMPENSATED ? "compensated" : turn });
    if (type === "ExecutionRedriven") this.redrives++;
    else if (turn !== "running" && turn !== "completed") for (const visit of this.open.values()) cutOff(visit, id);
    return place;
  }

  private enter(event: HistoryEvent, type: string, place: Place): Place {
    const state = event.state as string;
    const spot = this.spot(state);
    const items = this.itemsAround(spot, place);
    const within =
      spot.container === undefined
        ? undefined
        : this.open.get(keyOf(spot.container, this.itemsAround(this.spot(spot.container), place)));
    const before = place.visit && spot.container === this.spot(place.visit.state).container ? place.visit : undefined;
    const visit: Open = {
      state,
      id: spot.id,
      instance: state + indexes(items.map(({ index }) => index)),
      type,
      side: spot.side ?? before?.side ?? within?.side ?? "forward",
      items: items.map(({ index }) => index),
      within,
      enteredAt: event.id,
      leftAt: undefined,
      started: event.timestamp,
      ended: undefined,
      calls: [],
      retries: 0,
      error: undefined,
      ...(event.input !== undefined && { input: event.input }),
      step: undefined,
      failures: [],
      succeededAt: undefined,
      length: undefined,
      round: -1,
    };
    // Undos never go forward again: what only leads on between them is on their side.
    if (before?.error && spot.side === undefined) visit.side = "undo";
    this.path.push(visit);
    this.open.set(keyOf(state, items), visit);
    return { visit, items };
  }

  private leave(event: HistoryEvent, place: Place): Place {
    const { state = "", output, assignedVariables = {} } = event;
    const items = this.itemsAround(this.spot(state), place);
    const visit = this.open.get(keyOf(state, items));
    if (!visit) return { visit: place.visit, items };
    this.open.delete(keyOf(state, items));
    visit.leftAt = event.id;
    visit.ended = event.timestamp;
    if (output !== undefined) visit.output = output;
    for (const [name, value] of Object.entries(assignedVariables))
      this.assigned.push({ at: event.id, name, value, by: visit });
    return { visit, items };
  }

  private call(event: HistoryEvent, did: string, place: Place): Place {
    const { id, timestamp, output } = event;
    const asked = did === "Scheduled" ? askedBy(event) : undefined;
    const visit = asked ? this.caller(asked.step, place) : place.visit;
    if (!visit) return place;
    if (asked) {
      if (visit.round !== this.redrives) visit.calls.push({ tries: [] });
      else visit.retries++;
      visit.round = this.redrives;
      const { step, ...rest } = asked;
      visit.calls.at(-1)?.tries.push({ scheduled: id, from: timestamp, outcome: "in progress", ...rest });
      visit.ended = undefined;
      visit.error = undefined;
      if (step !== undefined) {
        visit.step = step;
        // The items that are undone are fewer than those that were begun: their own indexes are in the step's name.
        visit.instance = visit.state + step.replace(/^[^[]*/, "");
      }
    }
    const last = visit.calls.at(-1)?.tries.at(-1);
    if (did === "Succeeded") {
      visit.succeededAt = id;
      if (last)
        Object.assign(last, {
          ended: id,
          to: timestamp,
          outcome: "succeeded",
          ...(output !== undefined && { output: answerIn(event) }),
        });
    } else if (/Failed$|TimedOut$/.test(did)) {
      fail(visit, event);
      if (last)
        Object.assign(last, {
          ended: id,
          to: timestamp,
          outcome: did === "TimedOut" ? "timed out" : "failed",
          ...whyOf(event),
        });
    }
    return { visit, items: place.items };
  }

  /** That all branches or items of a state are done, or that one has failed: the event before it is of the last of them. */
  private settle(event: HistoryEvent, { within, ended }: { within: string; ended: string }, place: Place): Place {
    let visit = place.visit;
    while (visit && !(visit.type === within && visit.leftAt === undefined)) visit = visit.within;
    if (!visit) return place;
    if (ended === "Succeeded") visit.succeededAt = event.id;
    else if (ended === "Aborted") abort(visit, event);
    else fail(visit, event);
    return { visit, items: this.itemsAround(this.spot(visit.state), place) };
  }

  /** Which state makes a call: that of its thread; after a redrive, the one that goes on. */
  private caller(step: string | undefined, place: Place): Open | undefined {
    const { visit } = place;
    if (visit?.leftAt === undefined && visit?.type === "Task") return visit;
    const idle = [...this.open.values()].filter(
      ({ type, round, items }) =>
        type === "Task" &&
        round < this.redrives &&
        place.items.every(({ index }, at) => items[at] === undefined || items[at] === index),
    );
    return idle.find((each) => step !== undefined && each.step === step) ?? idle[0];
  }

  private find(state: string, place: Place): Open | undefined {
    return this.open.get(keyOf(state, this.itemsAround(this.spot(state), place)));
  }

  private into({ state: map = "", index = 0 }: HistoryEvent, place: Place): readonly Item[] {
    return [...this.itemsAround(this.spot(map), place), { map, index }];
  }

  /** The last item of a Map leads on to what follows the Map: of the items of an event, those around a state. */
  private itemsAround({ maps }: Spot, { items }: Place): readonly Item[] {
    return items.filter(({ map }) => maps.includes(map));
  }

  private spot(state: string): Spot {
    const spot = this.spots.get(state);
    if (spot) return spot;
    throw new StoryError(
      `the history enters '${state}', which the definition does not have: give the definition that the execution runs on`,
    );
  }
}

const keyOf = (state: string, items: readonly Item[]): string =>
  `${state} ${items.map(({ index }) => index).join(" ")}`;

const whyOf = ({ error, cause }: HistoryEvent) => ({
  ...(error !== undefined && { error }),
  ...(cause !== undefined && { cause }),
});

function fail(visit: Open, event: HistoryEvent): void {
  const { id, timestamp, type, error, cause } = event;
  visit.failures.push({ at: id, aborted: false });
  visit.ended = timestamp;
  // A timeout may be told without a name.
  const name = error ?? (type.endsWith("TimedOut") ? "States.Timeout" : undefined);
  if (name !== undefined) visit.error = { error: name, ...(cause !== undefined && { cause }) };
}

function abort(visit: Open, { id, timestamp }: HistoryEvent): void {
  const last = triesOf(visit).at(-1);
  if (last?.outcome === "failed" || last?.outcome === "timed out") return;
  visit.failures.push({ at: id, aborted: true });
  visit.ended = timestamp;
  if (last?.outcome === "in progress") Object.assign(last, { ended: id, to: timestamp, outcome: "aborted" });
}

/** The execution has ended, and a call was under way. */
function cutOff(visit: Open, at: number): void {
  const last = triesOf(visit).at(-1);
  if (last?.outcome === "in progress") Object.assign(last, { ended: at, outcome: "aborted" });
}

interface Asked extends Pick<Try, "input" | "function" | "waits" | "token"> {
  readonly step?: string;
}

/** What a call asks for, and in whose name. */
function askedBy({ parameters, input, resource, resourceType }: HistoryEvent): Asked {
  const waits =
    resource?.endsWith(".waitForTaskToken") === true ||
    (resourceType === undefined && resource?.includes(":activity:") === true);
  const fields = isFields(parameters) ? parameters : undefined;
  const { Payload, FunctionName } = fields ?? {};
  const given = Payload ?? parameters ?? input;
  const { saga } = isFields(given) ? given : {};
  const step = isFields(saga) && typeof saga["step"] === "string" ? saga["step"] : undefined;
  const called =
    typeof FunctionName === "string"
      ? FunctionName
      : resource?.startsWith("arn:") && resource.includes(":lambda:")
        ? resource
        : undefined;
  const token = waits ? tokenIn(given) : undefined;
  return {
    waits,
    ...(given !== undefined && { input: given }),
    ...(called !== undefined && { function: called }),
    ...(step !== undefined && { step }),
    ...(token !== undefined && { token }),
  };
}

/** The token under whatever name it is passed on, wherever in what is passed. */
function tokenIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, each] of Object.entries(value)) {
    const found = typeof each === "string" ? (/token$/i.test(name) ? each : undefined) : tokenIn(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a call has answered: of a function its own answer, without what Lambda says beside it. */
function answerIn({ output, resource, resourceType }: HistoryEvent): unknown {
  return resourceType === "lambda" && resource === "invoke" && isFields(output) ? output["Payload"] : output;
}

/** The execution that an undo machine was started for: the recovery's input names it; that of a child's undo, its parts. */
function recoveredBy({ execution, machine, name }: Fields): string | undefined {
  if (typeof execution === "string") return execution;
  if (typeof machine !== "string" || typeof name !== "string") return undefined;
  return `${machine.replace(/:stateMachine:([^:]+).*/, ":execution:$1")}:${name}`;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
