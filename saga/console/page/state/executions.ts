import { effect, signal } from "@preact/signals";
import type { Outcome } from "../../../control/outcome";
import { messageOf, read } from "../api";
import type { ExecutionEntry, ExecutionsPage } from "../wire";

/** The list of executions: what is asked for, and as much of it as has been read. */

export interface Filter {
  readonly saga: string;
  readonly outcome: Outcome | "";
  /** What the name has in it. */
  readonly text: string;
}

export const filter = signal<Filter>({ saga: "", outcome: "", text: "" });
export const entries = signal<readonly ExecutionEntry[]>([]);
/** Whether there are more than have been read. */
export const more = signal(false);
export const loading = signal(false);
export const listProblem = signal<string | undefined>(undefined);

let next: string | undefined;
let reading: AbortController | undefined;

async function readPage(from: string | undefined): Promise<ExecutionsPage> {
  reading?.abort();
  const controller = new AbortController();
  reading = controller;
  const { saga, outcome, text } = filter.peek();
  return read<ExecutionsPage>("executions", { saga, outcome, q: text, next: from }, controller.signal);
}

async function load(from: string | undefined, take: (page: ExecutionsPage) => void): Promise<void> {
  loading.value = true;
  try {
    const page = await readPage(from);
    take(page);
    listProblem.value = undefined;
    loading.value = false;
  } catch (error) {
    // Another request has taken this one's place.
    if ((error as Error).name === "AbortError") return;
    listProblem.value = messageOf(error);
    loading.value = false;
  }
}

const restart = (): Promise<void> =>
  load(undefined, (page) => {
    entries.value = page.executions;
    next = page.next;
    more.value = next !== undefined;
  });

/** Reads on, where there is more and nothing is being read. */
export function loadMore(): void {
  if (next === undefined || loading.peek()) return;
  void load(next, (page) => {
    const there = new Set(entries.peek().map(({ arn }) => arn));
    entries.value = [...entries.peek(), ...page.executions.filter(({ arn }) => !there.has(arn))];
    next = page.next;
    more.value = next !== undefined;
  });
}

/** Reads the list whenever something else is asked for. */
export function followFilter(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let before: Filter | undefined;
  effect(() => {
    const now = filter.value;
    clearTimeout(timer);
    // Another saga's are not shown meanwhile.
    if (before !== undefined && now.saga !== before.saga) entries.value = [];
    // Nobody waits for a letter's result while typing the next.
    timer = setTimeout(() => void restart(), before === undefined || now.text === before.text ? 0 : 200);
    before = now;
  });
}

let refresh: ReturnType<typeof setTimeout> | undefined;
/** Executions of which it is told that they stand otherwise, and not yet how: of a failed one, the error tells. */
const changedArns = new Set<string>();
/** So many beyond the first page are asked for one by one. */
const MOST_ASKED = 20;

/** Reads again what has changed, and what is new. */
export function noteChanged(changed: readonly { readonly arn: string }[]): void {
  for (const { arn } of changed) changedArns.add(arn);
  clearTimeout(refresh);
  refresh = setTimeout(() => void readNewest(), 250);
}

/** The first page again, in front of what has been read beyond it. */
async function readNewest(): Promise<void> {
  if (loading.peek()) {
    noteChanged([]);
    return;
  }
  await load(undefined, (page) => {
    const there = new Set(page.executions.map(({ arn }) => arn));
    const beyond =
      next === undefined && page.next === undefined ? [] : entries.peek().filter(({ arn }) => !there.has(arn));
    entries.value = [...page.executions, ...beyond];
    if (beyond.length === 0) next = page.next;
    more.value = next !== undefined;
    for (const arn of there) changedArns.delete(arn);
  });
  const listed = new Set(entries.peek().map(({ arn }) => arn));
  const asked = [...changedArns].filter((arn) => listed.has(arn)).slice(0, MOST_ASKED);
  changedArns.clear();
  await Promise.all(asked.map(readOne)).catch(() => undefined);
}

async function readOne(arn: string): Promise<void> {
  const { executions } = await read<ExecutionsPage>("executions", { q: arn });
  const [found] = executions;
  if (!found) return;
  const { outcome } = filter.peek();
  const now = outcome === "" || found.outcome === outcome ? [found] : [];
  entries.value = entries.peek().flatMap((entry) => (entry.arn === arn ? now : [entry]));
}
