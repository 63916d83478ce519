import { isDeepStrictEqual } from "node:util";

/** What the contract of a task says (S3), a law a sentence. */
export const LAWS = {
  takesEffect: "an action takes effect",
  repeated: "a repeated action answers the same, and changes nothing",
  late: "an action that comes after its undo is refused, and changes nothing",
  secondTry: "an action takes effect where other sagas have undone theirs",
  actionOfAnother: "an action leaves what another saga did as it is",
  undone: "an undo takes back what its action did",
  undoneTwice: "a repeated undo succeeds, and changes nothing",
  undoneFirst: "an undo whose action never happened succeeds, and changes nothing",
  undoOfAnother: "an undo leaves what another saga did as it is",
  interrupted: "a call that was interrupted can be repeated, and can be undone",
  atOnce: "calls at once come to what they come to one after the other",
} as const;

export type Law = keyof typeof LAWS;

export interface Call {
  readonly kind: "action" | "undo";
  readonly saga: string;
  /** What goes wrong with it midway. */
  readonly interruption?: string;
}

/** What came of a call. In doubt, it was interrupted: it may have taken effect or not. */
export type Outcome =
  { readonly answer: unknown } | { readonly error: string; readonly cause?: string; readonly inDoubt: boolean };

/** What the contract knows of the world: whose actions stand, and whose have been undone. */
export interface Model {
  /** By the saga: what its action answered, where that was heard. */
  readonly live: ReadonlyMap<string, { readonly answer?: unknown }>;
  readonly undone: ReadonlySet<string>;
  /** Sagas of whose last call nobody knows what came. */
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
 * Judges what came of a call, or of calls at once: these must have come to what they come to in one order or the other.
 * @param effects What is wrong with the effects that are there, if just these sagas' actions stand, by their names.
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
    // Of what is in doubt nobody can say what should be seen.
    if (next.inDoubt.size > 0) return { model: next, standing: undefined };
    const standing = [...next.live.keys()].sort().join();
    const what = effects(standing);
    return what === undefined ? { model: next, standing } : { what };
  });
  const [first] = judgements;
  return judgements.find((each) => "model" in each) ?? (first as Broken);
}

/** The world after a call, or what is wrong with what came of it. */
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
      : { what: "the action succeeds, and should be refused: it has been undone" };
  }
  if (failed && outcome.inDoubt) return doubtful;
  const own = live.get(saga);
  if (failed) {
    if (own) return { what: `the action fails: ${outcome.error}; and should answer as before` };
    const others = live.size > 0 || without.size > 0;
    // Where another saga's stands it may be refused.
    if (!others) return { what: `the action fails: ${outcome.error}` };
    return { live, undone, inDoubt: without };
  }
  if (own && "answer" in own && !isDeepStrictEqual(own.answer, outcome.answer)) {
    return { what: `the action answers ${JSON.stringify(outcome.answer)}, and ${JSON.stringify(own.answer)} before` };
  }
  return { live: new Map([...live, [saga, { answer: outcome.answer }]]), undone, inDoubt: without };
}
