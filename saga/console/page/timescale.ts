/** A stretch of time: an active one, or a long pause. */
export interface Stretch {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Where it is drawn, from 0 to 1. */
  readonly start: number;
  readonly end: number;
  /** Whether it is a long pause, which is drawn short. */
  readonly idle: boolean;
}

export interface Timescale {
  readonly stretches: readonly Stretch[];
  /** Where a time is drawn, from 0 to 1. */
  readonly place: (time: number) => number;
}

/** The width of a long pause. */
const BREAK = 0.05;
/** Pauses up to this many milliseconds are never long. */
const NOTICED = 1000;

export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * A scale that draws long pauses short. So an execution that waits two days for an approval still shows its milliseconds.
 * A pause is a time without calls. It is long if it takes more than a second, and more than a tenth of all time outside of
 * longer pauses.
 * @param times The times of all events, in order.
 * @param calls The times of all calls.
 */
export function timescaleOf(times: readonly number[], calls: readonly Span[]): Timescale {
  const first = times[0] ?? 0;
  const last = Math.max(times.at(-1) ?? 0, first + 1);
  const long = longPauses(times, calls);
  const idleTime = long.reduce((sum, { from, to }) => sum + to - from, 0);
  // Pauses take up to half of the scale, however many they are.
  const width = Math.min(BREAK, 0.5 / Math.max(1, long.length));
  const active = Math.max(1, last - first - idleTime);
  const scale = (1 - width * long.length) / active;
  const stretches: Stretch[] = [];
  let [time, start] = [first, 0];
  const add = (to: number, length: number, idle: boolean): void => {
    if (to > time) stretches.push({ from: time, to, start, end: start + length, idle });
    [time, start] = [to, start + length];
  };
  for (const { from, to } of long) {
    add(from, (from - time) * scale, false);
    add(to, width, true);
  }
  add(last, (last - time) * scale, false);
  return { stretches, place: (at) => placeIn(stretches, at) };
}

function longPauses(times: readonly number[], calls: readonly Span[]): readonly Span[] {
  const busy = merged(calls);
  let at = 0;
  const pauses = times.slice(1).flatMap((to, index): readonly Span[] => {
    const from = times[index] as number;
    while (at < busy.length && (busy[at] as Span).to <= from) at += 1;
    const call = busy[at];
    return to > from && (call === undefined || call.from >= to) ? [{ from, to }] : [];
  });
  const whole = Math.max(0, (times.at(-1) ?? 0) - (times[0] ?? 0));
  let shorter = whole - pauses.reduce((sum, { from, to }) => sum + to - from, 0);
  const long = new Set<Span>();
  for (const pause of [...pauses].sort((one, other) => one.to - one.from - (other.to - other.from))) {
    const length = pause.to - pause.from;
    if (length > NOTICED && length > shorter / 10) long.add(pause);
    else shorter += length;
  }
  return pauses.filter((pause) => long.has(pause));
}

/** The union of the spans, as spans in order that do not overlap. */
function merged(spans: readonly Span[]): readonly Span[] {
  const found: { from: number; to: number }[] = [];
  for (const { from, to } of [...spans].sort((one, other) => one.from - other.from)) {
    const before = found.at(-1);
    if (before && from <= before.to) before.to = Math.max(before.to, to);
    else found.push({ from, to });
  }
  return found;
}

function placeIn(stretches: readonly Stretch[], at: number): number {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((stretches[middle] as Stretch).from <= at) low = middle;
    else high = middle - 1;
  }
  const stretch = stretches[low];
  if (!stretch) return 0;
  const { from, to, start, end } = stretch;
  const part = to === from ? 0 : (at - from) / (to - from);
  return Math.min(1, Math.max(0, start + Math.min(1, Math.max(0, part)) * (end - start)));
}
