import type { Sequence } from "./definition";
import type { Thread } from "./history";
import type { StateFailure } from "./errors";
import type { Json, JsonObject } from "./json";

/** Variables of a sequence of states. An inner scope reads the outer ones and assigns only its own. */
export class Scope {
  private readonly own: JsonObject = {};

  constructor(private readonly outer?: Scope) {}

  assign(variables: JsonObject): void {
    Object.assign(this.own, variables);
  }

  visible(): JsonObject {
    return this.outer ? { ...this.outer.visible(), ...this.own } : this.own;
  }
}

/** Which item a Map iteration works on: `$states.context.Map.Item`, for the Map's ItemSelector. */
export interface MapItem {
  readonly Index: number;
  readonly Value: Json;
}

/** A Task that has been scheduled. */
export interface Scheduled {
  readonly arguments: Json;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  /** When it was scheduled. */
  readonly at: number;
  started: boolean;
  submitted: boolean;
}

/** How far a state had come before a restore. A retry resets all of it but the retries. */
export interface Progress {
  /** The index of the retrier of each retry so far. */
  readonly retries: readonly number[];
  /** When the current backoff ends. */
  readonly retryAt?: number;
  /** An error that neither Retry nor Catch has handled yet, and when it happened. */
  readonly failure?: { readonly error: StateFailure; readonly at: number };
  readonly gaveUp?: { readonly error: StateFailure; readonly catcher?: number };
  readonly token?: string;
  readonly scheduled?: Scheduled;
  /** The result of the Task. */
  readonly result?: { readonly output: Json };
  /** All branches or iterations are done, and the history has the event that says so. */
  readonly joined?: boolean;
  /** When a Wait ends. */
  readonly waitsUntil?: number;
  /** The input of a Parallel's branches, or the items of a Map, if it is not the state's own input. */
  readonly given?: Json;
}

/**
 * A sequence of states that runs: its current state, and that state's input. It outlives a failure, so that a redrive
 * can continue there.
 */
export class Frame {
  current: string;
  /** Set once the sequence has succeeded. */
  result?: { readonly output: Json };
  /** The branches or iterations, if the current state is a Parallel or a Map. */
  children?: Frame[];
  /** The id of the current state's StateEntered event; 0 before the state is entered. */
  enteredId = 0;
  /** When the current state was entered. */
  enteredAt = 0;
  /** A Map iteration has begun: its ItemSelector is not evaluated again. */
  started = false;
  /** The current state continues where it stopped, instead of being entered again. */
  resuming = false;
  /** Only in a restored execution: how far the current state had come. */
  progress?: Progress;
  /**
   * Only in a restored execution: the final events of the sequence or its state that are recorded, and must not come
   * twice.
   */
  readonly recorded = new Set<string>();
  /** Only in a restored execution: it has begun and has not come to rest. */
  underWay = false;
  /** Only in a restored execution: a Map iteration has its result, but no event says so yet. */
  unended = false;
  /** Only in a restored execution: why the ItemSelector of this iteration failed. */
  selectorFailure?: StateFailure;
  /** The index of the item in each Map around it, outermost first. */
  readonly items: readonly number[];
  readonly scope: Scope;
  readonly thread: Thread;
  readonly mapItem: MapItem | undefined;
  readonly isIteration: boolean;

  constructor(
    readonly sequence: Sequence,
    public input: Json,
    parent?: Frame,
    mapItem?: MapItem,
  ) {
    this.current = sequence.startAt;
    this.scope = new Scope(parent?.scope);
    this.thread = { previous: parent?.thread.previous ?? 0 };
    this.mapItem = mapItem ?? parent?.mapItem;
    this.isIteration = mapItem !== undefined;
    const items = parent?.items ?? [];
    this.items = mapItem ? [...items, mapItem.Index] : items;
  }

  /** The fields with which an event inside a Map names its item. */
  itemDetails(): { readonly iteration?: number; readonly items?: readonly number[] } {
    const iteration = this.items.at(-1);
    if (iteration === undefined) return {};
    return { iteration, ...(this.items.length > 1 && { items: this.items }) };
  }

  /** For a redrive, which keeps the current states, but not how far each of them had come. */
  forgetProgress(): void {
    delete this.progress;
    delete this.selectorFailure;
    this.underWay = false;
    this.unended = false;
    this.recorded.clear();
    for (const child of this.children ?? []) child.forgetProgress();
  }
}
