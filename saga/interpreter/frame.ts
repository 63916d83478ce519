import type { Sequence } from "./definition";
import type { Thread } from "./history";
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
  /** A Map iteration has begun: its input is what ItemSelector made of it. */
  started = false;
  /** A redrive goes on with the current state where it failed, instead of entering it anew. */
  resuming = false;
  readonly scope: Scope;
  readonly thread: Thread;
  readonly mapItem: MapItem | undefined;

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
  }
}
