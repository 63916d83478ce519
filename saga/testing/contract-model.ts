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
  refused: "an action that fails leaves only what its undo takes back, and nothing if its error is definite",
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
  /** The sagas whose action has failed, but may have left something. Their undo takes it back (S2). */
  readonly left: ReadonlySet<string>;
}

export const START: Model = { live: new Map(), undone: new Set(), inDoubt: new Set(), left: new Set() };

export interface Broken {
  readonly what: string;
  /** Default: the law by which the call is judged. */
  readonly law?: Law;
}

/** What is wrong with the visible effects. */
export interface Difference {
  readonly what: string;
  /** Whether something is missing. Otherwise, there is only something more. */
  readonly lacks: boolean;
}

/** By what calls are judged, besides the model. */
export interface Judging {
  /**
   * Returns what is wrong with the visible effects, if exactly these sagas' actions are in effect; "unknown" if it is the
   * first time that they are, so that nothing can be compared.
   */
  readonly effects: (standing: string) => Difference | "unknown" | undefined;
  /** The errors after which an action has left nothing (S2). */
  readonly definite: readonly string[];
}

/** The law by which a call is judged. */
export function expectation({ live, undone, inDoubt, left }: Model, { kind, saga, interruption }: Call): Law {
  const others = live.size > (live.has(saga) ? 1 : 0);
  if (interruption !== undefined) return "interrupted";
  if (kind === "undo" && left.has(saga)) return "refused";
  if (inDoubt.size > 0) return "interrupted";
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
 */
export function judge(
  model: Model,
  calls: readonly Call[],
  outcomes: readonly Outcome[],
  judging: Judging,
): Broken | { readonly model: Model; readonly standing: string | undefined } {
  const order = calls.map((call, index) => [call, outcomes[index] as Outcome] as const);
  const judgements = (order.length > 1 ? [order, [...order].reverse()] : [order]).map((each) => {
    let next = model;
    const refused: (readonly [saga: string, error: string])[] = [];
    for (const [call, outcome] of each) {
      if (isRefused(next, call, outcome)) refused.push([call.saga, outcome.error]);
      const after = follow(next, call, outcome);
      if ("what" in after) return after;
      next = after;
    }
    const doubtful = {
      model: { ...next, left: new Set([...next.left, ...refused.map(([saga]) => saga)]) },
      standing: undefined,
    };
    // While a call is in doubt, the expected effects are not known.
    if (next.inDoubt.size + next.left.size > 0) return doubtful;
    const standing = [...next.live.keys()].sort().join();
    const difference = judging.effects(standing);
    if (refused.length === 0 || difference === undefined) {
      return typeof difference === "object" ? { what: difference.what } : { model: next, standing };
    }
    if (difference !== "unknown") {
      if (difference.lacks) return { what: difference.what };
      const [, error] = refused.find(([, each]) => judging.definite.includes(each)) ?? [];
      const what = `the action fails: ${error}, which is a definite error, but ${difference.what}`;
      if (error !== undefined) return { what, law: "refused" as const };
    }
    return doubtful;
  });
  const [first] = judgements;
  return judgements.find((each) => "model" in each) ?? (first as Broken);
}

/** Whether an action fails that was neither interrupted, nor repeated, nor undone. It may have taken effect (S2). */
export const isRefused = (
  { live, undone }: Model,
  { kind, saga }: Call,
  outcome: Outcome,
): outcome is Extract<Outcome, { readonly error: string }> =>
  kind === "action" && "error" in outcome && !outcome.inDoubt && !live.has(saga) && !undone.has(saga);

/** The world after a call, or what is wrong with the call's outcome. */
function follow({ live, undone, inDoubt, left }: Model, { kind, saga }: Call, outcome: Outcome): Model | Broken {
  const byOthers = (sagas: ReadonlySet<string>) => new Set([...sagas].filter((other) => other !== saga));
  const [without, leftByOthers] = [byOthers(inDoubt), byOthers(left)];
  const doubtful = { live, undone, inDoubt: new Set([...inDoubt, saga]), left };
  const failed = "error" in outcome;

  if (kind === "undo") {
    if (failed) return outcome.inDoubt ? doubtful : { what: `the undo fails: ${outcome.error}` };
    const rest = new Map([...live].filter(([other]) => other !== saga));
    return { live: rest, undone: new Set([...undone, saga]), inDoubt: without, left: leftByOthers };
  }
  if (undone.has(saga)) {
    return failed
      ? { live, undone, inDoubt, left }
      : { what: "the action succeeds, but it has been undone, so it should be refused" };
  }
  if (failed && outcome.inDoubt) return doubtful;
  const own = live.get(saga);
  if (failed) {
    if (own) return { what: `the action fails: ${outcome.error}, but it should return its earlier answer` };
    // If another saga's action is in effect, this one may be refused; and again, if it has left something.
    if (live.size + without.size + left.size === 0) return { what: `the action fails: ${outcome.error}` };
    return { live, undone, inDoubt: without, left };
  }
  if (own && "answer" in own && !isDeepStrictEqual(own.answer, outcome.answer)) {
    return {
      what: `the action returns ${JSON.stringify(outcome.answer)}, but it returned ${JSON.stringify(own.answer)} before`,
    };
  }
  return {
    live: new Map([...live, [saga, { answer: outcome.answer }]]),
    undone,
    inDoubt: without,
    left: leftByOthers,
  };
}
