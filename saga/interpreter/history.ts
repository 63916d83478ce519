import type { Clock } from "./clock";
import { ExecutionEnded } from "./errors";
import type { Json, JsonObject } from "./json";
import type { Mark } from "./marks";

/**
 * One event of GetExecutionHistory. Types, order and ids are the service's; what it nests under
 * `stateEnteredEventDetails` and the like stands flat here, and JSON is not wrapped in strings.
 */
export interface HistoryEvent extends EventDetails {
  readonly id: number;
  readonly previousEventId: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly type: string;
}

export interface EventDetails {
  /** The state that it belongs to. */
  readonly state?: string;
  /** The item's index, for what happens inside a Map. */
  readonly iteration?: number;
  /** The indices of all the items, outermost first, for what happens inside a Map within a Map. */
  readonly items?: readonly number[];
  /** The item's index, in MapIteration… events. */
  readonly index?: number;
  /** How many items a Map has. */
  readonly length?: number;
  readonly input?: Json;
  readonly output?: Json;
  readonly assignedVariables?: JsonObject;
  /** The evaluated Arguments of a Task. */
  readonly parameters?: Json;
  readonly resource?: string;
  readonly resourceType?: string;
  readonly timeoutInSeconds?: number;
  readonly heartbeatInSeconds?: number;
  readonly error?: string;
  readonly cause?: string;
  /** The field whose expression failed. */
  readonly location?: string;
  readonly redriveCount?: number;
}

/** All that a restore reads, in the order in which it happened. */
export type JournalEntry = HistoryEvent | Mark;

/** Events of one branch or iteration follow each other; `previous` is the last one's id. */
export interface Thread {
  previous: number;
}

/** Service quota: an execution with more events fails. */
export const MAX_EVENTS = 25_000;

/** The events of one execution, in the order in which they happened. */
export class History {
  private closed = false;

  /**
   * @param onEntry Gets each event, and each mark.
   * @param events Those that there are already.
   */
  constructor(
    private readonly clock: Clock,
    private readonly onEntry: ((entry: JournalEntry) => void) | undefined,
    readonly events: HistoryEvent[] = [],
  ) {}

  /** Adds an event and gives its id. The last one that fits is kept for the end of the execution. */
  add(thread: Thread, type: string, details: EventDetails = {}): number {
    if (this.closed) return 0;
    if (this.events.length >= MAX_EVENTS - 1) {
      throw new ExecutionEnded(
        "States.Runtime",
        `The execution reached the maximum number of history events (${MAX_EVENTS}).`,
      );
    }
    return this.append(thread, type, details);
  }

  /** Adds what a restore must know and the events do not tell. */
  mark(mark: Mark): void {
    if (!this.closed) this.onEntry?.(mark);
  }

  /** Lets in nothing more but the event with which the execution ends: states that are stopped leave no trace. */
  close(): void {
    this.closed = true;
  }

  /** Adds the event with which the execution ends. */
  end(thread: Thread, type: string, details: EventDetails): void {
    this.append(thread, type, details);
    this.closed = true;
  }

  /** Opens it again: a redriven execution goes on with the same history. */
  reopen(): void {
    this.closed = false;
  }

  private append(thread: Thread, type: string, details: EventDetails): number {
    const id = this.events.length + 1;
    const event: HistoryEvent = {
      id,
      previousEventId: thread.previous,
      timestamp: this.clock.now(),
      type,
      ...details,
    };
    this.events.push(event);
    thread.previous = id;
    this.onEntry?.(event);
    return id;
  }
}
