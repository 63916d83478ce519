import { randomUUID } from "node:crypto";

/** One line of a log. */
export interface LogEvent {
  /** Increases with each line, across all logs. */
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

/** The log group that Lambda uses for a function. */
export const logGroupOf = (functionName: string): string => `/aws/lambda/${functionName}`;

const MAX_EVENTS = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;

/** The logs of the functions, by log group. A group keeps only its latest lines, up to `MAX_EVENTS` and `MAX_BYTES`. */
export class Logs {
  private readonly groups = new Map<string, { creationTime: number; bytes: number; events: LogEvent[] }>();
  private readonly streams = new Map<string, string>();
  private sequence = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** Creates an empty group, if it does not exist yet. */
  open(name: string): void {
    if (!this.groups.has(name)) this.groups.set(name, { creationTime: this.now(), bytes: 0, events: [] });
  }

  /** @param source The version of the function, or the function if it has none. All its lines are in one stream. */
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

  /** The sequence number of the last line of a log; 0 if it is empty. */
  last(name: string): number {
    return this.groups.get(name)?.events.at(-1)?.sequence ?? 0;
  }

  /** The lines after a sequence number. */
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

  /** A stream name in Lambda's form: `2026/11/26/[$LATEST]0f3c…`. */
  private streamOf(source: string): string {
    const known = this.streams.get(source);
    if (known !== undefined) return known;
    const day = new Date(this.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    const stream = `${day}/[$LATEST]${randomUUID().replaceAll("-", "")}`;
    this.streams.set(source, stream);
    return stream;
  }
}
