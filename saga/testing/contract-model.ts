import { isDeepStrictEqual } from "node:util";

/** The contract of a task (S3), one sentence for each law. */
export const LAWS = {
  takesEffect: "an action takes effect",
  repeated: "a repeated action returns the same answer, and changes nothing",
  late: "an action that comes after its undo is refused, and changes nothing",
  secondTry: "an action takes effect after other sagas have undone theirs",
  actionOfAnother: "an action changes nothing that another saga did",
  undone: "an undo undoes what its action did",
  undoneTwice: "a repeated undo succeeds, and changes nothing",
  undoneFirst: "an undo whose action never happened succeeds, and changes nothing",
  undoOfAnother: "an undo changes nothing that another saga did",
  interrupted: "an interrupted call can be repeated, and can be undone",
  atOnce: "concurrent calls have the same result as calls in sequence",
} as const;

/** The name of a law of the contract. */
export type Law = keyof typeof LAWS;

export interface Call {
  readonly kind: "action" | "undo";
  readonly saga: string;
  /** The name of the interruption that strikes it. */
  readonly interruption?: string;
}

/** The outcome of a call. If it is in doubt, the call was interrupted: it may or may not have taken effect. */
export type Outcome =
  { readonly answer: unknown } | { readonly error: string; readonly cause?: string; readonly inDoubt: boolean };

/** The state of the world by the contract: which sagas' actions are in effect, and which have been undone. */
export interface Model {
  /** By saga: the answer of its action, if it arrived. */
  readonly live: ReadonlyMap<string, { readonly answer?: unknown }>;
  readonly undone: ReadonlySet<string>;
  /** The sagas whose last call is in doubt. */
  readonly inDoubt: ReadonlySet<string>;
}

export const START: Model = { live: new Map(), undone: new Set(), inDoubt: new Set() };

export interface Broken {
  readonly what: string;
}

/** The law by which a call is judged. */
export function expectation({ live, undone, inDoubt }: Model, { kind, saga, interruption }: Call): Law {
  const others = live.size > (live.has(saga) ? 1 : 0);
  if (interruption !== undefined || inDoubt.size > 0) return "interrupted";
  if (kind === "undo") {
    if (live.has(saga)) return others ? "undoOfAnother" : "undone";
    return others ? "undoOfAnother" : undone.has(saga) ? "undoneTwice" : "undoneFirst";
  }
  if (undone.has(saga)) return "late";
  if (live.has(saga)) return "repeated";
  return others ? "actionOfAnother" : undone.size > 0 ? "secondTry" : "takesEffect";
}

/**
 * Judges the outcome of a call, or of concurrent calls. Concurrent calls must have the same result as in one order or
 * the other.
 * @param effects Returns what is wrong with the visible effects, if exactly these sagas' actions are in effect.
 */
export function judge(
  model: Model,
  calls: readonly Call[],
  outcomes: readonly Outcome[],
  effects: (standing: string) => string | undefined,
): Broken | { readonly model: Model; readonly standing: string | undefined } {
  const order = calls.map((call, index) => [call, outcomes[index] as Outcome] as const);
  const judgements = (order.length > 1 ? [order, [...order].reverse()] : [order]).map((each) => {
    let next = model;
    for (const [call, outcome] of each) {
      const after = follow(next, call, outcome);
      if ("what" in after) return after;
      next = after;
    }
    // While a call is in doubt, the expected effects are not known.
    if (next.inDoubt.size > 0) return { model: next, standing: undefined };
    const standing = [...next.live.keys()].sort().join();
    const what = effects(standing);
    return what === undefined ? { model: next, standing } : { what };
  });
  const [first] = judgements;
  return judgements.find((each) => "model" in each) ?? (first as Broken);
}

/** The world after a call, or what is wrong with the call's outcome. */
function follow({ live, undone, inDoubt }: Model, { kind, saga }: Call, outcome: Outcome): Model | Broken {
  const without = new Set([...inDoubt].filter((other) => other !== saga));
  const doubtful = { live, undone, inDoubt: new Set([...inDoubt, saga]) };
  const failed = "error" in outcome;

  if (kind === "undo") {
    if (failed) return outcome.inDoubt ? doubtful : { what: `the undo fails: ${outcome.error}` };
    const rest = new Map([...live].filter(([other]) => other !== saga));
    return { live: rest, undone: new Set([...undone, saga]), inDoubt: without };
  }
  if (undone.has(saga)) {
    return failed
      ? { live, undone, inDoubt }
      : { what: "the action succeeds, but it has been undone, so it should be refused" };
  }
  if (failed && outcome.inDoubt) return doubtful;
  const own = live.get(saga);
  if (failed) {
    if (own) return { what: `the action fails: ${outcome.error}, but it should return its earlier answer` };
    const others = live.size > 0 || without.size > 0;
    // If another saga's action is in effect, this one may be refused.
    if (!others) return { what: `the action fails: ${outcome.error}` };
    return { live, undone, inDoubt: without };
  }
  if (own && "answer" in own && !isDeepStrictEqual(own.answer, outcome.answer)) {
    return {
      what: `the action returns ${JSON.stringify(outcome.answer)}, but it returned ${JSON.stringify(own.answer)} before`,
    };
  }
  return { live: new Map([...live, [saga, { answer: outcome.answer }]]), undone, inDoubt: without };
}
