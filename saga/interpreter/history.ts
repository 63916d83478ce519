import type { Clock } from "./clock";
import { ExecutionEnded } from "./errors";
import type { Json, JsonObject } from "./json";
import type { Mark } from "./marks";

/**
 * An event of GetExecutionHistory, with the service's types, order and ids. Fields that the service nests under
 * `stateEnteredEventDetails` and the like are flat here, and JSON is not encoded in strings.
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
  /** The item's index, in an event inside a Map. */
  readonly iteration?: number;
  /** The indices of all items, outermost first, in an event inside a Map within a Map. */
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

/** An entry of the journal that a restore reads. */
export type JournalEntry = HistoryEvent | Mark;

/** The events of one branch or iteration form a chain; `previous` is the id of the last one. */
export interface Thread {
  previous: number;
}

/** Service quota: an execution with more events fails. */
export const MAX_EVENTS = 25_000;

/** The events of one execution, in the order in which they happened. */
export class History {
  private closed = false;

  /**
   * @param onEntry Receives each event, and each mark.
   * @param events The events so far.
   */
  constructor(
    private readonly clock: Clock,
    private readonly onEntry: ((entry: JournalEntry) => void) | undefined,
    readonly events: HistoryEvent[] = [],
  ) {}

  /** Adds an event and returns its id. The last event of the quota is reserved for the end of the execution. */
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

  /** Adds a fact that a restore needs and that no event contains. */
  mark(mark: Mark): void {
    if (!this.closed) this.onEntry?.(mark);
  }

  /** From now on, records only the event that ends the execution: states that are stopped have no further events. */
  close(): void {
    this.closed = true;
  }

  /** Adds the event with which the execution ends. */
  end(thread: Thread, type: string, details: EventDetails): void {
    this.append(thread, type, details);
    this.closed = true;
  }

  /** Opens it again: a redrive continues the same history. */
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
