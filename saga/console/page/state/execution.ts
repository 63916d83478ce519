import { computed, signal } from "@preact/signals";
import type { Declaration } from "../../../asl/declaration";
import type { RawStates } from "../../../asl/states";
import { type HistoryEvent, readEvents } from "../../../control/history";
import { type Story, storyOf, variablesAt, type Visit } from "../../../control/story";
import { messageOf, read } from "../api";
import type { Description, ExecutionAnswer, HistoryPage, LogLine, Row } from "../wire";

/** The execution that is shown: all of its history, and the moment of it that is looked at. */

export interface Subject {
  /** Its ARN; of a file that was opened, its name. */
  readonly key: string;
  /** Whether the server knows it: then it may be changed, and goes on. */
  readonly live: boolean;
  readonly saga: string;
  /** Undefined where a history was opened and nobody has said what it is a history of. */
  readonly definition: RawStates | undefined;
  readonly declaration: Declaration | undefined;
  readonly description: Description;
  /** Whether the machine's log hides what goes in and comes out, and so does the page. */
  readonly dataHidden?: boolean;
}

export const subject = signal<Subject | undefined>(undefined);
export const events = signal<readonly HistoryEvent[]>([]);
/** Whether the history is still being read. */
export const reading = signal(false);
export const executionProblem = signal<string | undefined>(undefined);
/** The event whose moment is looked at; undefined for the last there is, which goes on as the execution does. */
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
/** The id of the event whose moment is looked at. */
export const at = computed(() => moment.value ?? events.value.at(-1)?.id ?? 0);
export const variables = computed(() => (story.value ? variablesAt(story.value, at.value) : {}));

/** The state that each event is of: most events name none, but follow one that does. */
export const states = computed(() => {
  const found: (string | undefined)[] = [];
  for (const { id, state, previousEventId } of events.value) found[id] = state ?? found[previousEventId];
  return found;
});

/** The visit of the state that the moment is about: in branches the one of the event, not the one that began last. */
export const visit = computed((): Visit | undefined => {
  const state = states.value[at.value];
  const entered = (story.value?.path ?? []).filter(({ enteredAt }) => enteredAt <= at.value);
  const isThere = (each: Visit): boolean => each.state === state && (each.leftAt ?? Infinity) >= at.value;
  return entered.findLast(isThere) ?? entered.at(-1);
});

/** Ids are those of GetExecutionHistory: 1, 2, 3 and so on. */
export const eventAt = (id: number): HistoryEvent | undefined => events.value[id - 1];

/** Looks at the moment of an event; at the last one, it goes on with what comes. */
export function lookAt(id: number): void {
  const last = events.peek().at(-1)?.id ?? 0;
  moment.value = id >= last ? undefined : Math.max(1, id);
}

/** Milliseconds since the epoch: what still runs has lasted until now. */
export const clock = signal(Date.now());

/** Keeps the clock going. */
export function followClock(): void {
  setInterval(() => {
    clock.value = Date.now();
  }, 1000);
}

/** Until when it has lasted: its end, or now. A clock of its own may be ahead of this one's. */
export const until = computed(() => {
  const last = events.value.at(-1)?.timestamp ?? 0;
  if (story.value?.outcome !== "running" || subject.value?.live !== true) return story.value?.ended ?? last;
  return Math.max(last, clock.value);
});

let controller = new AbortController();

export function closeExecution(): void {
  controller.abort();
  controller = new AbortController();
  subject.value = undefined;
  events.value = [];
  moment.value = undefined;
  executionProblem.value = undefined;
  reading.value = false;
  rows.value = undefined;
  logs.value = undefined;
}

/** Opens an execution that the server knows. */
export async function openExecution(arn: string, asked: number | undefined): Promise<void> {
  closeExecution();
  const { signal: aborted } = controller;
  reading.value = true;
  try {
    await readDescription(arn, aborted);
    await readOn(arn, aborted);
    if (asked !== undefined) lookAt(asked);
  } catch (error) {
    if (!aborted.aborted) executionProblem.value = messageOf(error);
  } finally {
    if (!aborted.aborted) reading.value = false;
  }
}

/** Opens a history that was saved: it never leaves the browser. */
export function openSaved(saved: Subject, history: readonly HistoryEvent[]): void {
  closeExecution();
  subject.value = saved;
  events.value = history;
}

async function readDescription(arn: string, aborted: AbortSignal): Promise<void> {
  const answer = await read<ExecutionAnswer>("execution", { arn }, aborted);
  const before = subject.peek();
  // It is the same for as long as it runs, and need not be drawn again.
  const { definition, declaration } = before?.key === arn ? before : answer;
  subject.value = { key: arn, live: true, ...answer, definition, declaration };
}

/** Reads the events that are missing. */
async function readOn(arn: string, aborted: AbortSignal): Promise<void> {
  const found = [...events.peek()];
  for (let from: number | undefined = (found.at(-1)?.id ?? 0) + 1; from !== undefined;) {
    const page: HistoryPage = await read<HistoryPage>("history", { arn, from }, aborted);
    for (const event of readEvents(page.events)) if (event.id === (found.at(-1)?.id ?? 0) + 1) found.push(event);
    from = page.next;
  }
  events.value = found;
}

/** Takes what the server tells of an execution as it goes on. */
export function noteHistory(arn: string, history: readonly unknown[]): void {
  if (subject.peek()?.key !== arn || reading.peek()) return;
  const known = events.peek().at(-1)?.id ?? 0;
  const fresh = readEvents(history).filter(({ id }) => id > known);
  const [first] = fresh;
  if (first === undefined) return;
  if (first.id === known + 1) events.value = [...events.peek(), ...fresh];
  else void readOn(arn, controller.signal).catch(() => undefined);
  if (fresh.some(({ type }) => /^Execution(?!Started)/.test(type))) void noteEnd(arn);
}

/** What DescribeExecution says of it has changed, and so have the rows and the logs. */
export async function noteEnd(arn: string): Promise<void> {
  if (subject.peek()?.key !== arn) return;
  await readDescription(arn, controller.signal).catch(() => undefined);
  if (rows.peek() !== undefined) void readRows();
  if (logs.peek() !== undefined) void readLogs();
}

/** What is read beside the history, once somebody looks at it. */
export type Aside<T> = { readonly found: readonly T[] } | { readonly problem: string };
export const rows = signal<Aside<Row> | undefined>(undefined);
export const logs = signal<Aside<LogLine> | undefined>(undefined);

async function aside<T>(path: string): Promise<Aside<T> | undefined> {
  const arn = subject.peek()?.key;
  const { signal: aborted } = controller;
  try {
    return { found: await read<readonly T[]>(path, { arn }, aborted) };
  } catch (error) {
    return aborted.aborted ? undefined : { problem: messageOf(error) };
  }
}

export async function readRows(): Promise<void> {
  rows.value = await aside<Row>("rows");
}

export async function readLogs(): Promise<void> {
  logs.value = await aside<LogLine>("logs");
}
