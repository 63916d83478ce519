/** The format of numbers, times and durations. */

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
] as const;

/** `412 ms`, `3.2 s`, `2 min 5 s`, `2 d 3 h`: two units at most. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000) * 1000;
  const at = UNITS.findIndex((unit) => whole >= unit.ms);
  const unit = UNITS[at] ?? UNITS[2];
  const below = UNITS[at + 1] ?? { name: "s", ms: 1000 };
  const rest = Math.floor((whole % unit.ms) / below.ms);
  return `${Math.floor(whole / unit.ms)} ${unit.name}${rest > 0 ? ` ${rest} ${below.name}` : ""}`;
}

const DATE = new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "short", day: "numeric" });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const dateTime = (at: Date): string => `${DATE.format(at)}, ${TIME.format(at)}`;
/** A time with milliseconds, since the events of an execution are close together. */
export const precise = (at: Date): string => `${TIME.format(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;

/** The console's server has times as text, and version 1 of the AWS CLI as seconds. */
export const dateOf = (value: string | number): Date => new Date(typeof value === "number" ? value * 1000 : value);

const COUNT = new Intl.NumberFormat("en-GB");
export const count = (n: number): string => COUNT.format(n);
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** The last part of an ARN: the name of an execution. */
export const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);
