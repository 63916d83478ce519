import { computed, effect, signal } from "@preact/signals";
import type { Declaration } from "../../../asl/declaration";
import type { RawStates } from "../../../asl/states";
import { type HistoryEvent, readEvents } from "../../../control/history";
import { type Story, storyOf, variablesAt, type Visit } from "../../../control/story";
import { messageOf, read } from "../api";
import type { Description, ExecutionAnswer, HistoryPage } from "../wire";
import { logs, PACES, rows } from "./asides";
import { session } from "./console";

/** The execution that is shown: its history, and the selected moment of it. */

export interface Subject {
  /** The ARN, or the name of a file that was opened. */
  readonly key: string;
  /** Whether the server knows the execution. Otherwise its history is from a file. */
  readonly live: boolean;
  readonly saga: string;
  /** Undefined if the history is from a file and its machine is not known yet. */
  readonly definition: RawStates | undefined;
  readonly declaration: Declaration | undefined;
  readonly description: Description;
  readonly recovery?: ExecutionAnswer["recovery"];
  /** Whether data is hidden, since the machine's log leaves out execution data. */
  readonly dataHidden?: boolean;
}

export const subject = signal<Subject | undefined>(undefined);
export const events = signal<readonly HistoryEvent[]>([]);
/** Whether the history is still being read. */
export const reading = signal(false);
export const executionProblem = signal<string | undefined>(undefined);
/** The selected event. Undefined for the last event, also when new ones arrive. */
export const moment = signal<number | undefined>(undefined);

const told = computed((): { readonly story?: Story; readonly problem?: string } => {
  const shown = subject.value;
  if (shown?.definition === undefined || events.value.length === 0) return {};
  try {
    const { definition, declaration } = shown;
    return { story: storyOf({ events: events.value, definition, declaration }) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
});

export const story = computed(() => told.value.story);
export const storyProblem = computed(() => told.value.problem);
/** The id of the selected event. */
export const at = computed(() => moment.value ?? events.value.at(-1)?.id ?? 0);
export const variables = computed(() => (story.value ? variablesAt(story.value, at.value) : {}));

/** The state of each event. Most events name no state, but one of the events before them in their thread does. */
export const states = computed(() => {
  const found: (string | undefined)[] = [];
  for (const { id, state, previousEventId } of events.value) found[id] = state ?? found[previousEventId];
  return found;
});

/** The visit of the selected event's state. In parallel branches, the last visit may be of another branch. */
export const visit = computed((): Visit | undefined => {
  const state = states.value[at.value];
  const entered = (story.value?.path ?? []).filter(({ enteredAt }) => enteredAt <= at.value);
  const isThere = (each: Visit): boolean => each.state === state && (each.leftAt ?? Infinity) >= at.value;
  return entered.findLast(isThere) ?? entered.at(-1);
});

/** The events of a history are numbered 1, 2, 3 and so on. */
export const eventAt = (id: number): HistoryEvent | undefined => events.value[id - 1];

/** Selects an event. If it is the last one, the selection follows new events. */
export function lookAt(id: number): void {
  const last = events.peek().at(-1)?.id ?? 0;
  moment.value = id >= last ? undefined : Math.max(1, id);
}

/** The present, in milliseconds since the epoch, for the durations of what still runs. */
export const clock = signal(Date.now());

export function followClock(): void {
  setInterval(() => {
    clock.value = Date.now();
  }, 1000);
}

/** The end of the execution, or now. The last event may be later than this clock, since it has the service's time. */
export const until = computed(() => {
  const last = events.value.at(-1)?.timestamp ?? 0;
  if (story.value?.outcome !== "running" || subject.value?.live !== true) return story.value?.ended ?? last;
  return Math.max(last, clock.value);
});

let controller = new AbortController();
/** Events that arrived before an event in front of them. They are shown once the events between have been read. */
const early = new Map<number, HistoryEvent>();

export function closeExecution(): void {
  controller.abort();
  controller = new AbortController();
  early.clear();
  subject.value = undefined;
  events.value = [];
  moment.value = undefined;
  executionProblem.value = undefined;
  reading.value = false;
  for (const aside of [rows, logs]) aside.belongTo(undefined);
}

/** Opens an execution that the server knows. */
export async function openExecution(arn: string, asked: number | undefined): Promise<void> {
  closeExecution();
  const { signal: aborted } = controller;
  reading.value = true;
  try {
    await readOn(arn, aborted);
    // If it ends while its history is read, the description must say so as well.
    await readDescription(arn, aborted);
    for (const aside of [rows, logs]) aside.belongTo(arn);
    if (asked !== undefined) lookAt(asked);
  } catch (error) {
    if (!aborted.aborted) executionProblem.value = messageOf(error);
  } finally {
    if (!aborted.aborted) reading.value = false;
  }
}

/** Opens a saved history. It never leaves the browser. */
export function openSaved(saved: Subject, history: readonly HistoryEvent[]): void {
  closeExecution();
  subject.value = saved;
  events.value = history;
}

async function readDescription(arn: string, aborted: AbortSignal): Promise<void> {
  const answer = await read<ExecutionAnswer>("execution", { arn }, aborted);
  const before = subject.peek();
  // An execution keeps its definition. The same object is kept, so that its drawing is not made again.
  const { definition, declaration } = before?.key === arn ? before : answer;
  subject.value = { key: arn, live: true, ...answer, definition, declaration };
}

/** Follows the recovery of a stopped execution until it has ended. The history of the execution does not tell of it. */
export function followRecovery(): void {
  effect(() => {
    const { key = "", live = false, recovery } = subject.value ?? {};
    if (!live || recovery === undefined || (recovery !== null && recovery.outcome !== "running")) return undefined;
    const timer = setInterval(
      () => void readDescription(key, controller.signal).catch(() => undefined),
      PACES[session.peek()?.target.kind ?? "local"],
    );
    return () => {
      clearInterval(timer);
    };
  });
}

/** Reads the events that are missing. */
async function readOn(arn: string, aborted: AbortSignal): Promise<void> {
  const found: HistoryEvent[] = [];
  for (let from: number | undefined = lastKnown() + 1; from !== undefined;) {
    const page: HistoryPage = await read<HistoryPage>("history", { arn, from }, aborted);
    found.push(...readEvents(page.events));
    from = page.next;
  }
  if (!aborted.aborted) add(found);
}

/** Takes events that the server sends as an execution goes on. */
export function noteHistory(arn: string, history: readonly unknown[]): void {
  if (subject.peek()?.key !== arn) return;
  add(readEvents(history));
  if (early.size > 0 && !reading.peek()) void readOn(arn, controller.signal).catch(() => undefined);
}

/** Adds events to the history. They may arrive twice, and in another order: from the live stream and as pages. */
function add(found: readonly HistoryEvent[]): void {
  const known = lastKnown();
  for (const event of found) if (event.id > known) early.set(event.id, event);
  const added: HistoryEvent[] = [];
  for (let id = known + 1, next = early.get(id); next; next = early.get(++id)) {
    added.push(next);
    early.delete(id);
  }
  if (added.length === 0) return;
  events.value = [...events.peek(), ...added];
  if (reading.peek()) return;
  const ended = added.some(({ type }) => /^Execution(?!Started)/.test(type));
  const arn = subject.peek()?.key;
  if (ended && arn !== undefined) void readDescription(arn, controller.signal).catch(() => undefined);
  rows.note();
  // CloudWatch Logs delivers a line some seconds after it was written.
  logs.note(ended ? 2 : 1);
}

const lastKnown = (): number => events.peek().at(-1)?.id ?? 0;
