import { effect, signal } from "@preact/signals";
import type { ExecutionOutcome } from "../../../asl/outcome";
import { messageOf, read } from "../api";
import type { ExecutionEntry, ExecutionsPage } from "../wire";

/** The list of executions: its filter, and the part of it that has been read. */

export interface Filter {
  readonly saga: string;
  readonly outcome: ExecutionOutcome | "";
  /** A part of the name. */
  readonly text: string;
}

export const filter = signal<Filter>({ saga: "", outcome: "", text: "" });
export const entries = signal<readonly ExecutionEntry[]>([]);
/** Whether the server has more to read. */
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
    // A newer request replaced this one.
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

/** Reads the next page, if there is one and no request is running. */
export function loadMore(): void {
  if (next === undefined || loading.peek()) return;
  void load(next, (page) => {
    const there = new Set(entries.peek().map(({ arn }) => arn));
    entries.value = [...entries.peek(), ...page.executions.filter(({ arn }) => !there.has(arn))];
    next = page.next;
    more.value = next !== undefined;
  });
}

/** Reads the list whenever the filter changes. */
export function followFilter(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let before: Filter | undefined;
  effect(() => {
    const now = filter.value;
    clearTimeout(timer);
    // The executions of another saga are removed at once.
    if (before !== undefined && now.saga !== before.saga) entries.value = [];
    // While somebody types, the request waits for a pause.
    timer = setTimeout(() => void restart(), before === undefined || now.text === before.text ? 0 : 200);
    before = now;
  });
}

let refresh: ReturnType<typeof setTimeout> | undefined;
/** Executions that have changed, and have not been read again. The live event lacks the error, and so the outcome. */
const changedArns = new Set<string>();
/** The most executions beyond the first page that are requested one by one. */
const MOST_ASKED = 20;

/** Reads changed and new executions. */
export function noteChanged(changed: readonly { readonly arn: string }[]): void {
  for (const { arn } of changed) changedArns.add(arn);
  clearTimeout(refresh);
  refresh = setTimeout(() => void readNewest(), 250);
}

/** Reads the first page again, and keeps the pages behind it. */
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
