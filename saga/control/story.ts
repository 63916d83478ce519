import type { Declaration } from "../asl/declaration";
import type { RawStates } from "../asl/states";
import type { Failure } from "./failure";
import type { HistoryEvent } from "./history";
import { COMPENSATED, type ExecutionOutcome } from "../asl/outcome";
import { type Side, type Spot, spotsOf } from "./spots";

export type { Side, Spot } from "./spots";

/** A try of a call. */
export interface Try {
  /** The events that scheduled and ended it. */
  readonly scheduled: number;
  ended?: number;
  /** Milliseconds since the epoch. */
  readonly from: number;
  to?: number;
  /** "aborted" if the execution was stopped: the result of the call is unknown. */
  outcome: "in progress" | "succeeded" | "failed" | "timed out" | "aborted";
  error?: string;
  cause?: string;
  /** The input of the function or of the service's action. */
  readonly input?: unknown;
  output?: unknown;
  /** The function's name or ARN. */
  readonly function?: string;
  /** Whether the call waits for an answer with its task token. */
  readonly waits: boolean;
  /** The task token, if the history has data. */
  readonly token?: string;
}

/** The tries of a call. A redrive begins a new call, with fresh retries. */
export interface Call {
  readonly tries: readonly Try[];
}

/** A visit of a state. A state has a visit for each item of a list, and for each round of a loop. */
export interface Visit {
  readonly state: string;
  /** The id of the node in a graph. */
  readonly id: string;
  /** The state with the indexes of its item, such as `RentCar[1]`. The undo of an item has the index of that item. */
  readonly instance: string;
  readonly type: string;
  readonly side: Side;
  /** The indexes of the iterations around it, outermost first. */
  readonly items: readonly number[];
  /** The visit of the Parallel or the Map around it. */
  readonly within: Visit | undefined;
  readonly enteredAt: number;
  /** The event that left the state. Undefined if it was never left. */
  readonly leftAt: number | undefined;
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** When it was left, failed finally or was stopped. */
  readonly ended: number | undefined;
  readonly calls: readonly Call[];
  /** The number of retries, without redrives. */
  readonly retries: number;
  /** The final failure: the state's Catch caught it, or the execution is stuck here. */
  readonly error: Failure | undefined;
  readonly input?: unknown;
  readonly output?: unknown;
  /** The step in the call's identity, with indexes (S11): the action's own name, or for an undo the name of its action. */
  readonly step: string | undefined;
  /** The events at which a try failed or was stopped, in order. */
  readonly failures: readonly { readonly at: number; readonly aborted: boolean }[];
  /** The event at which its call, its branches or its items succeeded. */
  readonly succeededAt: number | undefined;
  /** The number of items of a Map. */
  readonly length: number | undefined;
}

/** The status of a visit at an event of the history. */
export type VisitStatus = "in progress" | "waiting" | "done" | "failed" | "undone" | "stuck" | "aborted";

/** What an execution did, according to its history. */
export interface Story {
  readonly outcome: ExecutionOutcome;
  readonly path: readonly Visit[];
  readonly events: readonly HistoryEvent[];
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number | undefined;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** The events at which it started, ended or was redriven, in order, with the outcome from there on. */
  readonly turns: readonly { readonly at: number; readonly outcome: ExecutionOutcome }[];
  /** The execution whose undos it runs, if it recovers one (S12). */
  readonly recovers: string | undefined;
  readonly assigned: readonly Assigned[];
  /** The states of the definition, by name. */
  readonly spots: ReadonlyMap<string, Spot>;
}

/** An assignment of a variable. */
export interface Assigned {
  readonly at: number;
  readonly name: string;
  readonly value: unknown;
  readonly by: Visit;
}

/** The input of `storyOf`. */
export interface StoryOf {
  readonly events: readonly HistoryEvent[];
  /** The execution's own definition. It may be older than the deployed one. */
  readonly definition: RawStates;
  readonly declaration?: Declaration | undefined;
}

/** The history does not belong to the definition. */
export class StoryError extends Error {
  override readonly name = "StoryError";
}

/**
 * Reads what an execution did from its events. They may end early: then the story ends there.
 * @throws StoryError if the history enters a state that the definition does not have
 */
export const storyOf = ({ events, definition, declaration }: StoryOf): Story =>
  new Reader(spotsOf(definition, declaration)).read(events);

/** The variables that are in scope at an event. Variables of items have an index, such as `RentCar[1]`. */
export function variablesAt({ assigned }: Story, eventId: number): Readonly<Record<string, unknown>> {
  const inScope = ({ within }: Visit): boolean =>
    within === undefined || (!isBy(within.leftAt, eventId) && inScope(within));
  return Object.fromEntries(
    assigned
      .filter(({ at, by }) => at <= eventId && inScope(by))
      .map(({ name, value, by }) => [name + indexes(by.items), value]),
  );
}

/** The outcome of an execution as of an event. */
export const outcomeAt = ({ turns }: Story, eventId: number): ExecutionOutcome =>
  turns.findLast(({ at }) => at <= eventId)?.outcome ?? "running";

/** The status of a visit as of an event. Undefined before the visit. */
export function statusAt(story: Story, visit: Visit, eventId: number): VisitStatus | undefined {
  if (visit.enteredAt > eventId) return undefined;
  const failure = visit.failures.findLast(({ at }) => at <= eventId);
  if (isBy(visit.leftAt, eventId)) {
    if (failure && failure.at > (visit.succeededAt ?? 0)) return "failed";
    return visit.side === "undo" && visit.type === "Task" ? "undone" : "done";
  }
  const outcome = outcomeAt(story, eventId);
  // No event leaves a Fail state. It is done once the execution has ended.
  if (visit.type === "Fail") return outcome === "running" ? "in progress" : "done";
  const last = triesOf(visit).findLast(({ scheduled }) => scheduled <= eventId);
  const since = story.turns.findLast(({ at, outcome: turn }) => at <= eventId && turn === "running")?.at ?? 0;
  const stands = failure && failure.at > Math.max(since, last?.scheduled ?? 0) ? failure : undefined;
  if (outcome !== "running") return stands?.aborted === false && outcome === "stuck" ? "stuck" : "aborted";
  if (stands?.aborted === true) return "aborted";
  const waits = last?.waits === true && !isBy(last.ended, eventId);
  return visit.type === "Wait" || waits ? "waiting" : "in progress";
}

/** Whether an event has happened at or before `eventId`. Infinity is the end of the history. */
const isBy = (event: number | undefined, eventId: number): boolean => event !== undefined && event <= eventId;

export const triesOf = ({ calls }: Pick<Visit, "calls">): readonly Try[] => calls.flatMap(({ tries }) => tries);

const indexes = (items: readonly number[]): string => items.map((index) => `[${index}]`).join("");

/** A visit that the reader still changes. */
type Open = {
  -readonly [Field in Exclude<keyof Visit, "calls" | "failures" | "within" | "input" | "output">]: Visit[Field];
} & {
  readonly input?: unknown;
  output?: unknown;
  readonly calls: { readonly tries: Try[] }[];
  readonly failures: { at: number; aborted: boolean }[];
  readonly within: Open | undefined;
  /** The number of redrives before its last call. */
  round: number;
};

interface Item {
  readonly map: string;
  readonly index: number;
}

/** The place of an event in the machine. */
interface Place {
  /** The state that the event's thread is in or has just left. */
  readonly visit: Open | undefined;
  readonly items: readonly Item[];
}

const TOP: Place = { visit: undefined, items: [] };
const TURNS: Readonly<Record<string, ExecutionOutcome>> = {
  ExecutionStarted: "running",
  ExecutionRedriven: "running",
  ExecutionSucceeded: "completed",
  ExecutionFailed: "stuck",
  ExecutionAborted: "aborted",
  ExecutionTimedOut: "timed out",
};
const CALL =
  /^(?:Task|LambdaFunction|Activity)(Scheduled|Started|Submitted|Succeeded|Failed|TimedOut|StartFailed|SubmitFailed|ScheduleFailed)$/;

/** Follows the threads of a history. Each event names the event before it in its thread. */
class Reader {
  private readonly places = new Map<number, Place>();
  private readonly path: Open[] = [];
  /** The visits that have not been left, by state and items. */
  private readonly open = new Map<string, Open>();
  private readonly assigned: Assigned[] = [];
  private readonly turns: { at: number; outcome: ExecutionOutcome }[] = [];
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
    // The service aborts all open states of a failed Parallel, the failed task among them.
    if (/^(?:Task|Wait)StateAborted$/.test(type) && place.visit) abort(place.visit, event);
    if (type === "EvaluationFailed") {
      const visit = event.state === undefined ? place.visit : this.find(event.state, place);
      if (visit) fail(visit, event);
    }
    if (place.visit && place.visit.leftAt === undefined && /Failed$|TimedOut$/.test(type))
      place.visit.ended = timestamp;
    return place;
  }

  private turn({ id, type, error }: HistoryEvent, turn: ExecutionOutcome, place: Place): Place {
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
    // After a failure, a state without a side of its own is between undos.
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
        // A list of undos has fewer items than the list of actions. The step's name has the action's index.
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

  /** A Parallel or a Map succeeded, failed or was aborted. The previous event is inside of it. */
  private settle(event: HistoryEvent, { within, ended }: { within: string; ended: string }, place: Place): Place {
    let visit = place.visit;
    while (visit && !(visit.type === within && visit.leftAt === undefined)) visit = visit.within;
    if (!visit) return place;
    if (ended === "Succeeded") visit.succeededAt = event.id;
    else if (ended === "Aborted") abort(visit, event);
    else fail(visit, event);
    return { visit, items: this.itemsAround(this.spot(visit.state), place) };
  }

  /** The visit that makes a call. After a redrive, it is an open visit that has not called since. */
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

  /** The items around a state. The event's own items may be of a Map that it has left. */
  private itemsAround({ maps }: Spot, { items }: Place): readonly Item[] {
    return items.filter(({ map }) => maps.includes(map));
  }

  private spot(state: string): Spot {
    const spot = this.spots.get(state);
    if (spot) return spot;
    throw new StoryError(
      `the history enters '${state}', but the definition has no such state: give the definition of this execution`,
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
  // The event of a timeout may have no error name.
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

/** The execution ended during a call. */
function cutOff(visit: Open, at: number): void {
  const last = triesOf(visit).at(-1);
  if (last?.outcome === "in progress") Object.assign(last, { ended: at, outcome: "aborted" });
}

interface Asked extends Pick<Try, "input" | "function" | "waits" | "token"> {
  readonly step?: string;
}

/** The request of a call, with the step of its identity. */
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

/** The task token: a string under a name that ends in "token", at any depth of the input. */
function tokenIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, each] of Object.entries(value)) {
    const found = typeof each === "string" ? (/token$/i.test(name) ? each : undefined) : tokenIn(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a call asks of the one who answers: its input without the token, and without the saga's identity (S11). */
export function questionOf({ input, token }: Pick<Try, "input" | "token">): unknown {
  if (input === undefined) return undefined;
  const asked = JSON.parse(
    JSON.stringify(input, (_, value: unknown) => (token !== undefined && value === token ? undefined : value)),
  ) as unknown;
  if (!isFields(asked)) return asked;
  return Object.fromEntries(Object.entries(asked).filter(([name]) => name !== "saga"));
}

/** The answer of a call. Lambda's answer is reduced to its payload. */
function answerIn({ output, resource, resourceType }: HistoryEvent): unknown {
  return resourceType === "lambda" && resource === "invoke" && isFields(output) ? output["Payload"] : output;
}

/** The execution that an undo machine undoes. A recovery's input has its ARN, and the input of a child's undo its parts. */
function recoveredBy({ execution, machine, name }: Fields): string | undefined {
  if (typeof execution === "string") return execution;
  if (typeof machine !== "string" || typeof name !== "string") return undefined;
  return `${machine.replace(/:stateMachine:([^:]+).*/, ":execution:$1")}:${name}`;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
