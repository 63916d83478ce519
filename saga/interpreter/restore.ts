import type { Machine, Sequence } from "./definition";
import { StateFailure } from "./errors";
import type { ExecutionResult } from "./execution-result";
import { Frame, type Progress } from "./frame";
import type { HistoryEvent, JournalEntry } from "./history";
import type { Json } from "./json";
import type { FailureDetails, Mark, Place, TokenAnswer } from "./marks";

/** The state of an execution after the last entry of its journal. */
export interface Restored {
  readonly input: Json;
  readonly events: HistoryEvent[];
  readonly frame: Frame;
  readonly answers: ReadonlyMap<string, TokenAnswer>;
  readonly heartbeats: ReadonlyMap<string, number>;
  readonly redriveCount: number;
  /** When it was last redriven. */
  readonly redriveTime: number | undefined;
  /** When it was started or last redriven: the machine's timeout counts from then on. */
  readonly since: number;
  /** Its result, if it has ended. */
  readonly ended: ExecutionResult | undefined;
  /** It was stopped, or timed out, but its end is not recorded. */
  readonly stopping: ExecutionResult | undefined;
}

/** A journal that no execution of the machine can have written. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/** Reads the journal of an execution of the machine. */
export function readJournal(machine: Machine, journal: readonly JournalEntry[]): Restored {
  const [first] = journal;
  if (!first || !isEvent(first) || first.type !== "ExecutionStarted") {
    throw new JournalError("the journal of an execution must begin with ExecutionStarted");
  }
  return new Reader(machine, first).read(journal.slice(1));
}

const isEvent = (entry: JournalEntry): entry is HistoryEvent => !("mark" in entry);

/** The events of a Task. Those of a function's own ARN have another prefix. */
const TASK = /^(?:Task|LambdaFunction)(Scheduled|Started|Submitted|Succeeded|Failed|TimedOut)$/;
const ENDS: Readonly<Record<string, ExecutionResult["status"]>> = {
  ExecutionSucceeded: "SUCCEEDED",
  ExecutionFailed: "FAILED",
  ExecutionAborted: "ABORTED",
  ExecutionTimedOut: "TIMED_OUT",
};

/** Replays a journal, and so rebuilds the frames of the execution. */
class Reader {
  private readonly events: HistoryEvent[];
  private readonly root: Frame;
  private readonly way: ReadonlyMap<string, readonly Step[]>;
  private readonly answers = new Map<string, TokenAnswer>();
  private readonly heartbeats = new Map<string, number>();
  private redriveCount = 0;
  private redriveTime: number | undefined;
  private since: number;
  private ended: ExecutionResult | undefined;
  private stopping: ExecutionResult | undefined;
  private failedPath: readonly string[] = [];
  private heartbeatMissed = false;
  private nextState: string | undefined;

  constructor(
    machine: Machine,
    private readonly first: HistoryEvent,
  ) {
    this.events = [first];
    this.since = first.timestamp;
    this.root = new Frame(machine, first.input ?? null);
    this.way = waysTo(machine);
  }

  read(entries: readonly JournalEntry[]): Restored {
    for (const entry of entries) {
      if (isEvent(entry)) this.event(entry);
      else this.mark(entry);
    }
    if (this.root.enteredId > 0) this.root.resuming = true;
    const { input = null } = this.first;
    const { events, root: frame, answers, heartbeats, redriveCount, redriveTime, since, ended, stopping } = this;
    return { input, events, frame, answers, heartbeats, redriveCount, redriveTime, since, ended, stopping };
  }

  private event(event: HistoryEvent): void {
    if (event.id !== this.events.length + 1) {
      throw new JournalError(`event ${this.events.length + 1} is missing before event ${event.id}, ${event.type}`);
    }
    this.events.push(event);
    if (event.state !== undefined) {
      this.stateEvent(event, event.state);
      return;
    }
    const status = ENDS[event.type];
    if (status) this.end(status, event);
    else if (event.type === "ExecutionRedriven") this.redriven(event);
    else throw new JournalError(`event ${event.id} has an unknown type, ${event.type}`);
  }

  private end(status: ExecutionResult["status"], { id, output, error, cause }: HistoryEvent): void {
    if (status !== "ABORTED") this.root.thread.previous = id;
    const failedState = this.failedPath.at(-1);
    this.stopping = undefined;
    this.ended = {
      status,
      ...(output !== undefined && { output }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
      ...(status === "FAILED" && failedState !== undefined && { failedState, failedPath: this.failedPath }),
    };
  }

  private redriven({ id, timestamp }: HistoryEvent): void {
    this.redriveCount++;
    this.redriveTime = timestamp;
    this.since = timestamp;
    this.ended = undefined;
    this.failedPath = [];
    this.root.forgetProgress();
    this.root.thread.previous = id;
    this.root.resuming = true;
  }

  private stateEvent(event: HistoryEvent, state: string): void {
    const { type, id } = event;
    const { iteration, items = iteration === undefined ? [] : [iteration], index } = event;
    if (type.startsWith("MapIteration")) {
      this.iterationEvent(event, this.frameOf({ state, items: event.items ?? [] }), index ?? -1);
      return;
    }
    const frame = this.frameOf({ state, items });
    frame.thread.previous = id;
    frame.underWay = true;
    if (type.endsWith("StateEntered")) enter(frame, state, event);
    else if (type.endsWith("StateExited")) this.exit(frame, event);
    else if (type.endsWith("StateAborted") || /^(Parallel|Map)StateFailed$/.test(type)) frame.recorded.add(type);
    else progressTo(frame, event, this.takeAliases());
  }

  private takeAliases(): readonly string[] {
    const missed = this.heartbeatMissed;
    this.heartbeatMissed = false;
    return missed ? ["States.HeartbeatTimeout"] : [];
  }

  private exit(frame: Frame, { output = null, assignedVariables }: HistoryEvent): void {
    const next = this.nextState ?? frame.sequence.states[frame.current]?.next;
    this.nextState = undefined;
    frame.scope.assign(assignedVariables ?? {});
    delete frame.children;
    delete frame.progress;
    frame.enteredId = 0;
    frame.recorded.clear();
    if (next === undefined) {
      frame.result = { output };
      frame.unended = frame.isIteration;
    } else {
      frame.current = next;
      frame.input = output;
    }
  }

  private iterationEvent({ id, type }: HistoryEvent, map: Frame, index: number): void {
    const child = map.children?.[index];
    if (!child) throw new JournalError(`event ${id} names the item ${index}, which the Map does not have`);
    child.thread.previous = id;
    child.underWay = true;
    child.recorded.add(type);
    if (type === "MapIterationSucceeded") child.unended = false;
  }

  private mark(entry: Mark): void {
    switch (entry.mark) {
      case "answered":
        this.answers.set(entry.token, entry.answer);
        return;
      case "heartbeat":
        this.heartbeats.set(entry.token, entry.at);
        return;
      case "stopping": {
        const { status, error, cause } = entry;
        this.stopping = { status, ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
        return;
      }
      case "failed":
        this.failedPath = entry.path;
        return;
      case "missedHeartbeat":
        this.heartbeatMissed = true;
        return;
      case "next":
        this.nextState = entry.next;
        return;
      default:
        stateMark(this.frameOf(entry), entry);
    }
  }

  /** The frame of the state, inside these items. State names are unique in a machine. */
  private frameOf({ state, items = [] }: Place): Frame {
    const steps = this.way.get(state);
    let frame: Frame | undefined = steps && this.root;
    let depth = 0;
    for (const step of steps ?? []) frame = frame?.children?.[step === ITEM ? (items[depth++] ?? -1) : step];
    if (!frame) throw new JournalError(`the execution cannot have reached the state '${state}'`);
    return frame;
  }
}

function enter(frame: Frame, state: string, { id, timestamp, input = null }: HistoryEvent): void {
  frame.current = state;
  frame.input = input;
  frame.started = true;
  frame.enteredId = id;
  frame.enteredAt = timestamp;
  frame.progress = NONE;
  delete frame.children;
  frame.recorded.clear();
}

const NONE: Progress = { retries: [] };

/** Updates the progress of the current state by an event. */
function progressTo(frame: Frame, event: HistoryEvent, aliases: readonly string[]): void {
  const { type, timestamp: at, error, cause, state = "" } = event;
  const before: { -readonly [Field in keyof Progress]: Progress[Field] } = { ...(frame.progress ?? NONE) };
  // Any event of the state shows that its backoff is over.
  delete before.retryAt;
  const set = (progress: Partial<Progress>): void => {
    frame.progress = { ...before, ...progress };
  };
  const [, ofTask] = TASK.exec(type) ?? [];
  switch (ofTask ?? type) {
    case "Scheduled": {
      const { parameters, input, timeoutInSeconds, heartbeatInSeconds } = event;
      const seconds = {
        ...(timeoutInSeconds !== undefined && { timeoutSeconds: timeoutInSeconds }),
        ...(heartbeatInSeconds !== undefined && { heartbeatSeconds: heartbeatInSeconds }),
      };
      const given = parameters ?? input ?? null;
      set({ scheduled: { arguments: given, ...seconds, at, started: false, submitted: false } });
      return;
    }
    case "Started":
      if (before.scheduled) set({ scheduled: { ...before.scheduled, started: true } });
      return;
    case "Submitted":
      if (before.scheduled) set({ scheduled: { ...before.scheduled, submitted: true } });
      return;
    case "Succeeded":
      set({ result: { output: event.output ?? null } });
      return;
    case "EvaluationFailed": {
      const failure = new StateFailure(error, cause);
      const selecting = frame.children?.find((child) => child.recorded.has("MapIterationStarted") && !child.started);
      if (event.location?.startsWith("ItemSelector") && selecting) selecting.selectorFailure = failure;
      else set({ failure: { error: failure, at } });
      return;
    }
    case "Failed":
    case "TimedOut":
      set({ failure: { error: new StateFailure(error, cause, aliases), at } });
      return;
    case "ParallelStateStarted":
      set({});
      frame.children = branchesOf(frame, state).map((branch) => new Frame(branch, before.given ?? frame.input, frame));
      return;
    case "MapStateStarted":
      set({});
      frame.children = iterationsOf(frame, state);
      return;
    case "ParallelStateSucceeded":
    case "MapStateSucceeded":
      set({ joined: true });
      return;
    default:
      throw new JournalError(`event ${event.id} has an unknown type, ${type}`);
  }
}

/** Updates the progress of the current state by a mark. */
function stateMark(frame: Frame, mark: Mark & Place): void {
  const before = frame.progress ?? NONE;
  switch (mark.mark) {
    case "token":
      frame.progress = { ...before, token: mark.token };
      return;
    case "wait":
      frame.progress = { ...before, waitsUntil: mark.until };
      return;
    case "input":
      frame.progress = { ...before, given: mark.value };
      return;
    case "retry":
      frame.progress = { retries: [...before.retries, mark.retrier], retryAt: mark.until };
      frame.recorded.clear();
      return;
    case "gaveUp": {
      const { failure, catcher } = mark;
      const gaveUp = { error: failureOf(failure), ...(catcher !== undefined && { catcher }) };
      frame.progress = { retries: before.retries, gaveUp };
    }
  }
}

function failureOf({ error, cause, path }: FailureDetails): StateFailure {
  const failure = new StateFailure(error, cause);
  failure.path.push(...path);
  return failure;
}

function branchesOf(frame: Frame, state: string): readonly Sequence[] {
  const parallel = frame.sequence.states[state];
  return parallel?.type === "Parallel" ? parallel.branches : [];
}

function iterationsOf(frame: Frame, state: string): Frame[] {
  const map = frame.sequence.states[state];
  const items = frame.progress?.given ?? frame.input;
  if (map?.type !== "Map" || !Array.isArray(items)) throw new JournalError(`the Map '${state}' has no items`);
  return items.map((Value, Index) => new Frame(map.itemProcessor, Value, frame, { Index, Value }));
}

/** One level down: into a branch of a Parallel, or into the item of a Map. */
type Step = number | typeof ITEM;
const ITEM = "item";

/** The path from the top of a machine to each of its states. */
function waysTo(sequence: Sequence, to: readonly Step[] = []): ReadonlyMap<string, readonly Step[]> {
  return new Map(
    Object.values(sequence.states).flatMap((state) => [
      [state.name, to] as const,
      ...(state.type === "Parallel" ? state.branches : []).flatMap((branch, index) => [
        ...waysTo(branch, [...to, index]),
      ]),
      ...(state.type === "Map" ? [...waysTo(state.itemProcessor, [...to, ITEM])] : []),
    ]),
  );
}
