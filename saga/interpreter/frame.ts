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

/** How far a state had come that goes on after a restore. A retry begins it anew, but for the retries. */
export interface Progress {
  /** Which retrier each retry was by. */
  readonly retries: readonly number[];
  /** The end of the backoff that was under way. */
  readonly retryAt?: number;
  /** An error of which nothing has been made yet, and when it happened. */
  readonly failure?: { readonly error: StateFailure; readonly at: number };
  readonly gaveUp?: { readonly error: StateFailure; readonly catcher?: number };
  readonly token?: string;
  readonly scheduled?: Scheduled;
  /** What the Task answered. */
  readonly result?: { readonly output: Json };
  /** All branches or iterations are done, and the event that says so is there. */
  readonly joined?: boolean;
  /** The end of a Wait. */
  readonly waitsUntil?: number;
  /** What the branches of a Parallel are given, or the items of a Map, where that is not the state's own input. */
  readonly given?: Json;
}

/**
 * One sequence of states under way: which state it is at, with what input. It outlives a failure, so that a redrive
 * goes on from there.
 */
export class Frame {
  current: string;
  /** Set once the sequence has ended well. */
  result?: { readonly output: Json };
  /** The branches or iterations of the Parallel or Map state that it is at. */
  children?: Frame[];
  /** The id of the event with which the current state was entered; 0 before that. */
  enteredId = 0;
  /** When that was. */
  enteredAt = 0;
  /** A Map iteration has begun: its input is what ItemSelector made of it. */
  started = false;
  /** A redrive goes on with the current state where it failed, instead of entering it anew. */
  resuming = false;
  /** Of a restored execution: how far the current state had come. */
  progress?: Progress;
  /** Of a restored execution: the events of its end, or of its state's, that are there and must not come twice. */
  readonly recorded = new Set<string>();
  /** Of a restored execution: it has begun and has not come to rest. */
  underWay = false;
  /** Of a restored execution: a Map iteration that has its result, and no event yet that says so. */
  unended = false;
  /** Of a restored execution: why the ItemSelector of this iteration failed. */
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

  /** What an event tells of the item inside a Map. */
  itemDetails(): { readonly iteration?: number; readonly items?: readonly number[] } {
    const iteration = this.items.at(-1);
    if (iteration === undefined) return {};
    return { iteration, ...(this.items.length > 1 && { items: this.items }) };
  }

  /** A redrive goes on with the states as they stand, and forgets how far each had come. */
  forgetProgress(): void {
    delete this.progress;
    delete this.selectorFailure;
    this.underWay = false;
    this.unended = false;
    this.recorded.clear();
    for (const child of this.children ?? []) child.forgetProgress();
  }
}
