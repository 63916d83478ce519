import type { Declaration, DeclaredCall } from "../../saga/asl/declaration";
import type { Json } from "./jsonata";

/** Where a call stands: in which sequence of states, at which of its steps, from the top of the machine inwards. */
export type Position = readonly (readonly [sequence: number, step: number])[];

/** Whether one comes before the other in every run that does the same; what different branches do is in no order. */
export function isBefore(one: Position, other: Position): boolean {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const [a, b] = [one[at], other[at]];
    if (!a || !b || a[0] !== b[0]) return false;
    if (a[1] !== b[1]) return a[1] < b[1];
  }
  return false;
}

export type Rule = "S1" | "S2" | "S4" | "S5" | "S6" | "S7" | "S9" | "S10" | "S11" | "endless";

/** What a run did that the contract forbids. */
export interface Offence {
  readonly rule: Rule;
  readonly what: string;
}

/** What a call is to the saga. */
export type Call =
  | { readonly kind: "action"; readonly state: string; readonly declared: DeclaredCall }
  /** The actions that it undoes. */
  | { readonly kind: "undo"; readonly state: string; readonly undoes: readonly string[] }
  | { readonly kind: "other"; readonly state: string };

export function callOf(declaration: Declaration, state: string): Call {
  const declared = Object.hasOwn(declaration.calls, state) ? declaration.calls[state] : undefined;
  if (declared) return { kind: "action", state, declared };
  const undoes = Object.entries(declaration.calls).flatMap(([name, { undo }]) => (undo === state ? [name] : []));
  return undoes.length > 0 ? { kind: "undo", state, undoes } : { kind: "other", state };
}

/** One thing that an action did or may yet do, by the identity that it was told and the state that told it. */
interface Effect {
  readonly identity: string;
  readonly state: string;
  readonly role: DeclaredCall["role"];
  /** Which call of which branch or item: two of these never share an identity. */
  readonly place: string;
  readonly begun: Position;
  /** Whether it is there; or on its way, and arrives once nobody waits for it any more. */
  status: "none" | "live" | "late" | "undone";
  /** Whether there has ever been something to undo. */
  happened: boolean;
  /** What the state machine was told last: whether something may have to be undone, as far as it knows. */
  known: "perhaps" | "refused" | "undone";
  /** The undos of it that have succeeded. */
  readonly undos: Position[];
}

/** Where and by whom a call is made. */
export interface Caller {
  readonly position: Position;
  readonly place: string;
}

/** An action that its undo has come before. */
export class AlreadyUndone extends Error {
  override readonly name = "AlreadyUndone";
}

/**
 * What the saga acts on, and what it is held against: effects by identity, with tombstones (S3). It notes what the
 * contract forbids as it sees it.
 */
export class World {
  readonly offences: Offence[] = [];
  /** Whether the state machine has heard that the pivot succeeded, and when. */
  committed: Position | undefined;
  /** The actions of which the state machine never heard how they went, so that it undoes more than it has to. */
  private readonly unheard = new Set<string>();
  private readonly effects = new Map<string, Effect>();
  private readonly tombstones = new Set<string>();
  private undosCalled = 0;

  constructor(
    private readonly declaration: Declaration,
    private readonly execution: string,
  ) {}

  offend(rule: Rule, what: string): void {
    if (!this.offences.some((known) => known.rule === rule)) this.offences.push({ rule, what });
  }

  /** What has become of actions is lost with the results of the branches that they are in. */
  loseRecordsOf(actions: readonly string[]): void {
    for (const action of actions) this.unheard.add(action);
  }

  /** The identity in a call's payload; undefined, and an offence, where there is none. */
  identityIn(payload: Json, state: string): string | undefined {
    const saga = (payload as { saga?: { id?: unknown; step?: unknown } } | null)?.saga;
    if (saga?.id === this.execution && typeof saga.step === "string" && saga.step !== "") return saga.step;
    this.offend("S11", `${state} is called with the identity ${JSON.stringify(saga)}`);
    return undefined;
  }

  /** An action begins. */
  begin(call: Call & { kind: "action" }, identity: string, { position, place }: Caller): void {
    const { role } = call.declared;
    if (role === "query") return;
    if (role === "compensable" && this.committed && isBefore(this.committed, position)) {
      this.offend("S9", `${call.state} may be undone, and starts after the pivot`);
    }
    const pivots = Object.values(this.declaration.calls).some((other) => other.role === "pivot");
    if (role === "retriable" && pivots && !this.committed) {
      this.offend("S9", `${call.state} is never undone, and starts before the pivot has succeeded`);
    }
    const other = [...this.effects.values()].find((each) => each.identity === identity && each.place !== place);
    if (other) this.offend("S11", `${call.state} and ${other.state} share the identity ${identity}`);
    const key = keyOf(identity, call.state);
    const begun = this.effects.get(key);
    if (begun) {
      begun.known = "perhaps";
      return;
    }
    const effect = { identity, state: call.state, role, place, begun: position, happened: false, undos: [] };
    const status = this.tombstones.has(key) ? "undone" : "none";
    this.effects.set(key, { ...effect, status, known: "perhaps" });
  }

  /** The action's effect comes to be, or will. */
  act({ state }: Call, identity: string, when: "now" | "late"): void {
    const effect = this.effects.get(keyOf(identity, state));
    if (!effect || effect.status === "live") return;
    if (this.tombstones.has(keyOf(identity, state))) throw new AlreadyUndone(identity);
    effect.status = when === "now" ? "live" : "late";
    effect.happened = true;
  }

  /** Whether the service can still say that nothing has happened. */
  mayRefuse({ state }: Call, identity: string): boolean {
    return this.effects.get(keyOf(identity, state))?.status !== "live";
  }

  /** The service says that nothing has happened, on this try or an earlier one, and nothing will. */
  refuse({ state }: Call, identity: string): void {
    const effect = this.effects.get(keyOf(identity, state));
    if (!effect) return;
    effect.known = "refused";
    if (effect.status !== "late") return;
    effect.status = "none";
    effect.happened = false;
  }

  /** An undo begins: what began after its action, and may be there, has been undone before (S1). */
  beginUndo({ state, undoes }: Call & { kind: "undo" }, identity: string, position: Position): void {
    this.undosCalled++;
    if (this.committed && isBefore(this.committed, position)) {
      this.offend("S9", `${state} is called after the pivot has succeeded`);
    }
    const [known] = undoes.map((action) => this.effects.get(keyOf(identity, action))?.known).filter((each) => each);
    // An undo withstands it (S3); but there are to be none but those of what may have happened (S2, S10).
    const heard = !undoes.some((action) => this.unheard.has(action));
    if (known === "refused" && heard) this.offend("S2", `${state} is called though ${identity} was refused`);
    if (known === undefined && heard) this.offend("S1", `${state} is called though ${identity} never began`);
    const again = undoes.some((action) => {
      const before = this.effects.get(keyOf(identity, action))?.undos.at(-1);
      return before && before.at(-1)?.[0] !== position.at(-1)?.[0] && before.length === position.length;
    });
    // A Retry around undos, or a redrive, does all of them again.
    if (known === "undone" && !again) this.offend("S1", `${state} is called though ${identity} is undone already`);
    for (const action of undoes) {
      const own = this.effects.get(keyOf(identity, action));
      if (!own) continue;
      const later = [...this.effects.values()].find(
        (other) =>
          other.happened &&
          other.role !== "retriable" &&
          isBefore(own.begun, other.begun) &&
          !other.undos.some((undone) => isBefore(undone, position)),
      );
      if (later) this.offend("S1", `${state} starts while the effect of ${later.identity}, begun later, is there`);
    }
  }

  /** The undo's own effect; whether the state machine hears of it is another thing. */
  undo({ undoes }: Call & { kind: "undo" }, identity: string, position: Position, heard: boolean): void {
    for (const action of undoes) {
      const key = keyOf(identity, action);
      this.tombstones.add(key);
      const effect = this.effects.get(key);
      if (!effect) continue;
      effect.status = "undone";
      if (heard) effect.known = "undone";
      effect.undos.push(position);
    }
  }

  /** What there is once all that was on its way has arrived. */
  left(): readonly string[] {
    return [...this.effects.values()]
      .filter(({ status }) => status === "live" || status === "late")
      .map(({ identity, state }) => (identity === state ? state : `${state} as ${identity}`));
  }

  /** What a completed saga lacks, and what it should not have done (S6). */
  judgeCompleted(): void {
    for (const { identity, state, status } of this.effects.values()) {
      if (status === "none") this.offend("S6", `it ends SUCCEEDED without the effect of ${state} (${identity})`);
      if (status === "undone") this.offend("S6", `it ends SUCCEEDED, and ${state} (${identity}) was undone`);
    }
    if (this.undosCalled > 0) this.offend("S6", "it ends SUCCEEDED after an undo");
  }

  /** A compensated saga leaves nothing, and says why in JSON (S6). */
  judgeCompensated(cause: string | undefined): void {
    const left = this.left();
    if (left.length > 0) this.offend("S6", `it ends SagaCompensated with the effects of ${left.join(", ")}`);
    if (this.committed) this.offend("S9", "it ends SagaCompensated after the pivot has succeeded");
    let told: Readonly<Record<string, unknown>> = {};
    try {
      told = Object(JSON.parse(cause ?? "")) as Record<string, unknown>;
    } catch {
      this.offend("S6", `its Cause is no JSON: ${cause ?? "nothing"}`);
    }
    const { saga, step, error, cause: why } = told;
    if (saga !== this.declaration.saga || ![step, error, why].every((field) => typeof field === "string")) {
      this.offend("S6", `its Cause says not which saga, step, error and cause: ${cause ?? "nothing"}`);
    }
  }
}

const keyOf = (identity: string, state: string): string => `${identity}\0${state}`;
