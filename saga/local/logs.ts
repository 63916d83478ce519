import { randomUUID } from "node:crypto";

/** One line of a log. */
export interface LogEvent {
  /** Rises with time, over all logs. */
  readonly sequence: number;
  readonly stream: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

export interface LogGroup {
  readonly name: string;
  readonly creationTime: number;
  readonly events: readonly LogEvent[];
}

/** Where Lambda keeps what a function logs. */
export const logGroupOf = (functionName: string): string => `/aws/lambda/${functionName}`;

const MAX_EVENTS = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;

/** What the functions log, by their log groups. Of each the latest lines are kept. */
export class Logs {
  private readonly groups = new Map<string, { creationTime: number; bytes: number; events: LogEvent[] }>();
  private readonly streams = new Map<string, string>();
  private sequence = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** Makes a group, though nothing is in it yet. */
  open(name: string): void {
    if (!this.groups.has(name)) this.groups.set(name, { creationTime: this.now(), bytes: 0, events: [] });
  }

  /** @param source What writes it: what one environment of a function logs is one stream. */
  add(name: string, source: string, message: string): void {
    this.open(name);
    const group = this.groups.get(name) as NonNullable<ReturnType<typeof this.groups.get>>;
    const event = { sequence: ++this.sequence, stream: this.streamOf(source), timestamp: this.now(), message };
    group.events.push(event);
    group.bytes += message.length;
    while (group.events.length > MAX_EVENTS || (group.bytes > MAX_BYTES && group.events.length > 1)) {
      group.bytes -= group.events.shift()?.message.length ?? 0;
    }
  }

  /** The last line's place in a log. */
  last(name: string): number {
    return this.groups.get(name)?.events.at(-1)?.sequence ?? 0;
  }

  /** The lines that have come since. */
  after(name: string, sequence: number): readonly string[] {
    const events = this.groups.get(name)?.events ?? [];
    return events.filter((event) => event.sequence > sequence).map(({ message }) => message);
  }

  get(name: string): LogGroup | undefined {
    const group = this.groups.get(name);
    return group && { name, ...group };
  }

  values(): readonly LogGroup[] {
    return [...this.groups.keys()].sort().map((name) => this.get(name) as LogGroup);
  }

  /** `2026/11/26/[$LATEST]0f3c…`, as Lambda names it. */
  private streamOf(source: string): string {
    const known = this.streams.get(source);
    if (known !== undefined) return known;
    const day = new Date(this.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    const stream = `${day}/[$LATEST]${randomUUID().replaceAll("-", "")}`;
    this.streams.set(source, stream);
    return stream;
  }
}
