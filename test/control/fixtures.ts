import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Declaration } from "../../saga/asl/declaration";
import type { RawStates } from "../../saga/asl/states";
import { declarationOf } from "../../saga/compile/declaration";
import { type HistoryEvent, readHistory } from "../../saga/control/history";
import { type Entry, ledgerAt } from "../../saga/control/ledger";
import { type Story, storyOf } from "../../saga/control/story";
import { tripBooking } from "../../examples/trip/saga";
import { orderFulfilment } from "../../orderFulfilment";
import { definitionFileOf, HISTORIES } from "./record";

export const read = (file: string): unknown => JSON.parse(readFileSync(join(HISTORIES, file), "utf8"));

export interface Recorded {
  readonly events: readonly HistoryEvent[];
  readonly definition: RawStates;
  readonly declaration: Declaration;
  readonly story: Story;
}

/** Reads a recorded execution, such as `order-stuck`. */
export function recorded(name: string): Recorded {
  const events = readHistory(read(`${name}.json`));
  const definition = read(definitionFileOf(name)) as RawStates;
  const declaration = declarationOf(name.startsWith("order") ? orderFulfilment : tripBooking);
  return { events, definition, declaration, story: storyOf({ events, definition, declaration }) };
}

/** The status of each effect of a ledger, by instance. */
export const inShort = (entries: readonly Entry[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    entries.map(({ instance, status, undo }) => [
      instance,
      undo && undo.status !== "done" ? `${status}, ${undo.state} ${undo.status}` : status,
    ]),
  );

/** The ledger of a recorded execution: at its end, or at the first event of a type and a state. */
export function ledgerOf(name: string, at = Infinity): Readonly<Record<string, string>> {
  const { story, declaration } = recorded(name);
  return inShort(ledgerAt(story, declaration, at));
}

/** A history in a short notation. Each line is a thread: `STATE: enter, schedule, fail Error, retry, succeed, exit`. */
export interface Line {
  readonly type: string;
  readonly after?: number;
  readonly [field: string]: unknown;
}

/** Events in the service's form. Each follows the one before it, unless it has a `previousEventId`. */
export const eventsOf = (lines: readonly Line[]): readonly HistoryEvent[] =>
  lines.map(({ after, ...event }, at) => ({
    id: at + 1,
    previousEventId: after ?? at,
    timestamp: 1_000_000 + at * 1000,
    ...event,
  }));
