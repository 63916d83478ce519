import { edgesOf, innerOf, type RawState, type RawStates } from "../../asl/states";
import { tasksIn } from "../../asl/tasks";

/** The role that a Task seems to have, and why. The user must check it, since a name proves nothing. */
export interface Guess {
  /** `?` if the role is not known. A declaration with a `?` is refused until the user has decided. */
  readonly role: "compensable" | "query" | "?";
  readonly undo?: string;
  readonly confirms?: string;
  readonly definite?: readonly string[];
  readonly why: string;
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));

/** Words in the names of undos. */
const UNDOING = words(
  "refund refunds cancel cancels cancellation release delete undo rollback revert reversal reverse compensate " +
    "compensation compensating remove void restore restock unreserve unbook unlock deregister withdraw rescind",
);
const ASKING = words(
  "get fetch find lookup look check validate verify detect list describe load read query calculate compute estimate is has search",
);
const TELLING = words("notify send email alert publish log report emit fail handle");
const CONFIRMING = words("confirm confirmation finalize finalise commit complete settle capture");
/** The actions that a verb undoes, for an undo whose name is the verb alone. */
const OPPOSITES: Readonly<Record<string, ReadonlySet<string>>> = {
  refund: words("pay payment charge debit capture purchase"),
  release: words("reserve hold lock allocate block"),
  cancel: words("book reserve schedule order place ship"),
  delete: words("create add insert put write"),
  remove: words("add insert put"),
};

/** `ProcessPayment`, `process_payment` and `Process payment` are the same words. */
function wordsOf(name: string): readonly string[] {
  const spaced = name.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2");
  const found = spaced
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");
  // "Roll back" is one word.
  return found.flatMap((word, at) => {
    if (word === "roll" && found[at + 1] === "back") return ["rollback"];
    return word === "back" && found[at - 1] === "roll" ? [] : [word];
  });
}

interface Pair {
  readonly action: string;
  readonly undo: string;
  readonly score: number;
  readonly why: string;
}

/**
 * Guesses the roles of the Tasks of a definition. An undo is found by its name, which is that of its action with
 * another verb, and by a Catch of the action that leads to it.
 */
export function guessCalls(definition: RawStates): ReadonlyMap<string, Guess> {
  const tasks = tasksIn(definition).map(([name]) => name);
  const catches = catchesIn(definition);
  const forward = forwardIn(definition);
  const undoOf = pairUp(pairsOf(tasks, catches, forward));
  const undoes = new Map([...undoOf].map(([action, { undo }]) => [undo, action]));
  const guesses = tasks.flatMap((name): (readonly [string, Guess])[] => {
    const found = undoOf.get(name);
    if (!found && undoes.has(name)) return [];
    if (!found) return [[name, confirming(name, undoOf) ?? alone(name, { tasks, undoes, forward })]];
    const definite = definiteOf(catches.get(name) ?? [], found.undo);
    const refused = definite.length === 0 ? "" : `; ${definite.join(", ")} leads elsewhere, as if nothing had happened`;
    return [
      [
        name,
        {
          role: "compensable",
          undo: found.undo,
          ...(definite.length > 0 && { definite }),
          why: `${found.undo} undoes it: ${found.why}${refused}`,
        },
      ],
    ];
  });
  return new Map(guesses);
}

function pairsOf(tasks: readonly string[], catches: Catches, forward: ReadonlySet<string>): readonly Pair[] {
  const isUndo = (name: string): boolean => wordsOf(name).some((word) => UNDOING.has(word));
  return tasks.flatMap((undo) => {
    const [verb] = wordsOf(undo).filter((word) => UNDOING.has(word));
    const object = wordsOf(undo).filter((word) => !UNDOING.has(word));
    return tasks.flatMap((action): readonly Pair[] => {
      if (action === undo || (isUndo(action) && !forward.has(action))) return [];
      const caught = (catches.get(action) ?? []).some(({ to }) => to === undo);
      const leads = `the Catch of ${action} leads there`;
      // An undo belongs to the call that is confirmed rather than to the confirmation.
      const confirms = wordsOf(action).some((word) => CONFIRMING.has(word)) ? 1 : 0;
      const likeness = verb === undefined ? 0 : likenessOf(object, wordsOf(action)) - confirms;
      if (likeness > 0) {
        const why = `by its name, ${verb as string} with ${object.join(" ")}${caught ? `, and ${leads}` : ""}`;
        return [{ action, undo, score: likeness + (caught ? 0.75 : 0), why }];
      }
      // A Catch alone proves little: it may lead to a notification, or to the undo of the step before.
      const tells = verb === undefined && wordsOf(undo).some((word) => TELLING.has(word));
      if (verb !== undefined && object.every((word) => TELLING.has(word)) && isOpposite(verb, action)) {
        const why = `by its name, ${verb}${caught ? `, and ${leads}` : ""}`;
        return [{ action, undo, score: 2 + (caught ? 0.75 : 0), why }];
      }
      if (!caught || forward.has(undo) || tells) return [];
      return [{ action, undo, score: 0.5, why: leads }];
    });
  });
}

const isOpposite = (verb: string, action: string): boolean =>
  Object.hasOwn(OPPOSITES, verb) && wordsOf(action).some((word) => OPPOSITES[verb]?.has(word));

/** The guess for a call that confirms another one: that one has the same object, and an undo. */
function confirming(name: string, undoOf: ReadonlyMap<string, Pair>): Guess | undefined {
  const own = wordsOf(name);
  const verb = own.find((word) => CONFIRMING.has(word));
  const object = own.filter((word) => !CONFIRMING.has(word));
  if (verb === undefined || object.length === 0) return undefined;
  const confirmed = [...undoOf.keys()].find((action) => object.every((word) => wordsOf(action).includes(word)));
  if (confirmed === undefined) return undefined;
  const undo = undoOf.get(confirmed)?.undo as string;
  const why = `it confirms ${confirmed}: by its name, ${verb} with ${object.join(" ")}; ${undo} undoes both`;
  return { role: "compensable", confirms: confirmed, why };
}

/** How much of an action's name is in an undo's name, without the undo's verb. */
function likenessOf(object: readonly string[], action: readonly string[]): number {
  if (object.length === 0) return 0;
  const shared = object.filter((word) => action.includes(word)).length;
  if (shared === object.length) return shared === action.length ? 4 : action.length - shared === 1 ? 3.5 : 3;
  return shared === 0 ? 0 : 1 + shared / object.length;
}

/** Chooses the likeliest pairs first. Each undo has one action, and each action one undo. */
function pairUp(pairs: readonly Pair[]): ReadonlyMap<string, Pair> {
  const found = new Map<string, Pair>();
  const taken = new Set<string>();
  for (const pair of [...pairs].sort((one, other) => other.score - one.score)) {
    if (found.has(pair.action) || taken.has(pair.undo) || taken.has(pair.action) || found.has(pair.undo)) continue;
    found.set(pair.action, pair);
    taken.add(pair.undo);
  }
  return found;
}

function alone(
  name: string,
  {
    tasks,
    undoes,
    forward,
  }: { tasks: readonly string[]; undoes: ReadonlyMap<string, string>; forward: ReadonlySet<string> },
): Guess {
  const [first = ""] = wordsOf(name);
  if (ASKING.has(first)) return { role: "query", why: `by its name, ${first}, it changes nothing` };
  if (!forward.has(name) && wordsOf(name).some((word) => TELLING.has(word))) {
    return { role: "query", why: "it notifies somebody that the saga has failed, and has no undo" };
  }
  const verbs = wordsOf(name).filter((word) => UNDOING.has(word));
  if (verbs.length > 0 && !forward.has(name)) {
    return {
      role: "?",
      why: "it seems to be an undo, but neither its name nor a Catch shows of which call: name it as that call's undo instead",
    };
  }
  const object = wordsOf(name).slice(1);
  const shared = tasks.find((each) => undoes.has(each) && object.some((word) => wordsOf(each).includes(word)));
  const instead =
    shared === undefined
      ? ""
      : `; ${shared} is the undo of ${undoes.get(shared) as string}: if it undoes this call too, name it here`;
  return {
    role: "?",
    why: `nothing seems to undo it: write "compensable" and its undo, "pivot" for the point of no return, "retriable" for what comes after that, "query" if it changes nothing${instead}`,
  };
}

/** Errors of the task itself whose Catch does not lead to its undo, as if nothing had happened. */
function definiteOf(catchers: readonly Catcher[], undo: string): readonly string[] {
  const toUndo = catchers.some(
    ({ errors, to }) => to === undo && errors.some((error) => /^States\.(ALL|TaskFailed)$/.test(error)),
  );
  if (!toUndo) return [];
  return catchers
    .filter(({ to }) => to !== undo)
    .flatMap(({ errors }) => errors.filter((error) => !/^(States|Lambda|Sandbox|Runtime)\./.test(error)));
}

interface Catcher {
  readonly errors: readonly string[];
  /** The first Task to which it leads; undefined if it leads to none. */
  readonly to: string | undefined;
}

type Catches = ReadonlyMap<string, readonly Catcher[]>;

function catchesIn({ States }: RawStates): Catches {
  const first = (name: unknown, seen: ReadonlySet<unknown> = new Set()): string | undefined => {
    const state = typeof name === "string" && Object.hasOwn(States, name) ? States[name] : undefined;
    if (!state || seen.has(name)) return undefined;
    if (state.Type === "Task") return name as string;
    const next = state.Type === "Choice" ? (state.Default ?? state.Choices?.[0]?.["Next"]) : state.Next;
    return innerOf(state).length > 0 ? undefined : first(next, new Set([...seen, name]));
  };
  const own = Object.entries(States).map(([name, { Catch = [] }]) => {
    const catchers = Catch.map((catcher) => ({
      errors: catcher["ErrorEquals"] as readonly string[],
      to: first(catcher["Next"]),
    }));
    return [name, catchers] as const;
  });
  const inner = Object.values(States)
    .flatMap(innerOf)
    .flatMap((level) => [...catchesIn(level)]);
  return new Map([...own, ...inner]);
}

/** The states that can be reached without a failure. */
function forwardIn({ StartAt, States }: RawStates): ReadonlySet<string> {
  const reached = new Set([StartAt]);
  // The iteration over a set includes what is added to the set meanwhile.
  for (const name of reached) {
    const state = Object.hasOwn(States, name) ? (States[name] as RawState) : undefined;
    if (!state) continue;
    for (const { to } of edgesOf({ ...state, Catch: [] })) if (to !== undefined) reached.add(to);
  }
  const inner = [...reached].flatMap((name) => (Object.hasOwn(States, name) ? innerOf(States[name] as RawState) : []));
  return new Set([...reached, ...inner.flatMap((level) => [...forwardIn(level)])]);
}
