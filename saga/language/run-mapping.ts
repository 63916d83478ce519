import { SagaDefinitionError } from "./errors";
import { later } from "./later";
import type { ReadScope } from "./read";
import { makeRef } from "./ref";
import { sayOf, type Symbolic } from "./symbolic";
import { type Absence, NOTHING_ABSENT, record, type Run } from "./trial";

/** The names a mapping may refer to, and whether their values may be absent as a whole. */
export type Names = ReadonlyMap<string, { readonly maybe: boolean }>;

/** A user's function over references: a mapping, a test or the time of a wait. */
export type MappingFunction = (scope: never) => unknown;

/** How to read what the function returned, as data. */
type Read<Result> = (returned: unknown, scope: ReadScope) => Result;

/**
 * Runs a user's function over symbolic references, and reads its result. A reference is always an object, so JavaScript's own
 * tests see it as present. Therefore the function runs again for each reference that it reads or makes, with that reference
 * absent. The result may differ only in that reference. Any other difference is a decision that JavaScript made once, and that
 * each execution must make for itself. Each run has another clock, which reveals a function that reads it.
 *
 * @throws SagaDefinitionError `coerced-reference`, `foreign-reference`, `tested-reference`, `unsteady-mapping`, `bad-mapping`
 */
export function runMapping<Result>(
  map: MappingFunction,
  names: Names,
  { owners, where }: ReadScope,
  read: Read<Result>,
): Result {
  const owner = {};
  const scope: ReadScope = { owners: [owner, ...owners], where };
  const run = (absence: Absence) =>
    record(where, absence, () => (map as (scope: unknown) => unknown)(scopeOf(owner, names, where)));
  const { returned, run: first } = run(NOTHING_ABSENT);
  const result = read(returned, scope);
  checkDropped(first, returned, where);

  const readTrial = (of: unknown, absent: Iterable<Symbolic>): Result =>
    read(of, { ...scope, trial: { absent: new Set(absent) } });
  const rerun = (absence: Absence): Result => later(() => readTrial(run(absence).returned, []));

  /** Whether the function reacts to the absent values of a trial. */
  function notices(absence: Absence, same: Same): boolean {
    const absent = absence.at.map((at) => first.symbols[at] as Symbolic);
    let found: unknown;
    try {
      found = rerun(absence);
    } catch (error) {
      // It reads a part of an absent value. The part is absent too, as when the saga runs.
      const readsPart = error instanceof TypeError && absent.some((each) => first.parents.has(each));
      if (readsPart) return absence.as === undefined && notices({ ...absence, as: NaN }, same);
      return true;
    }
    return !same(found, readTrial(returned, absent));
  }

  const trials = trialsOf(first);
  const find = (same: Same) => trials.find((absence) => notices(absence, same));
  let noticed = find(sameValue);
  if (noticed || trials.length === 0) {
    const again = attempt(() => rerun(NOTHING_ABSENT));
    if (!sameButOutputs(again, result)) throw unsteady(where);
    // Each read of an output's part makes a new output.
    if (noticed && !sameValue(again, result)) noticed = find(sameButOutputs);
  }
  if (noticed) {
    const alone = noticed.at.map((at) => ({ at: [at], as: undefined })).find((one) => notices(one, sameButOutputs));
    throw tested(first.symbols[(alone ?? noticed).at[0] as number] as Symbolic, where);
  }
  return result;
}

function scopeOf(owner: object, names: Names, where: ReadScope["where"]): object {
  return new Proxy(Object.freeze({}), {
    get(_target, key) {
      const inScope = typeof key === "string" ? names.get(key) : undefined;
      if (inScope) {
        const { maybe } = inScope;
        return makeRef({ kind: "Reference", owner, root: key as string, path: [], maybe, parent: undefined, where });
      }
      throw new SagaDefinitionError(
        "foreign-reference",
        where,
        `'${String(key)}' is not in scope here`,
        `In scope are: ${[...names.keys()].join(", ")}`,
      );
    },
  });
}

/** The maximum number of trials of a function. Values that are read one after the other are absent one by one. */
const MOST_TRIALS = 64;

/**
 * The absent values of each trial. A value of which a part is read has a trial of its own, because its part can't be read then.
 * The parts come before the whole, so that the message names the exact reference.
 */
function trialsOf({ symbols, parents }: Run): readonly Absence[] {
  const all = symbols.map((_, at) => at);
  const isParent = (at: number): boolean => parents.has(symbols[at] as Symbolic);
  return [all.filter((at) => !isParent(at)), all.filter(isParent).reverse()].flatMap((some) =>
    Array.from({ length: Math.min(some.length, MOST_TRIALS) }, (_, trial) => ({
      at: some.filter((_at, index) => index % MOST_TRIALS === trial),
      as: undefined,
    })),
  );
}

function checkDropped({ tests }: Run, returned: unknown, where: ReadScope["where"]): void {
  if ([...tests].every((test) => test === returned)) return;
  throw new SagaDefinitionError(
    "bad-mapping",
    where,
    "a test is made and left out",
    "Combine tests with and(…), or(…) and not(…), and not with &&, || and !; choose by one with choose(test, a, b), and not with ?: or if",
  );
}

function tested(symbolic: Symbolic, where: ReadScope["where"]): SagaDefinitionError {
  return new SagaDefinitionError(
    "tested-reference",
    where,
    `JavaScript decides by '${sayOf(symbolic)}', which is always there while the saga is defined`,
    "Use orElse(a, b) in place of ?? and of a default, and choose(test, a, b) in place of ?:, &&, || and if",
  );
}

function unsteady(where: ReadScope["where"]): SagaDefinitionError {
  return new SagaDefinitionError(
    "unsteady-mapping",
    where,
    "the function gives something else each time that it is run, as with new Date() or randomUUID()",
    "What it gives is fixed when the saga is deployed: use saga.startedAt for the time, and saga.id or hash(…) for an identity",
  );
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

type Same = (one: unknown, other: unknown) => boolean;

/** Whether two readings are the same, outputs too. */
const sameValue: Same = (one, other) => same(one, other, (left, right) => left === right);
const sameButOutputs: Same = (one, other) => same(one, other, () => true);

function same(one: unknown, other: unknown, sameOutputs: Same): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other) || one instanceof Error || other instanceof Error) return false;
  const [left, right] = [one, other] as Readonly<Record<string, unknown>>[] as [
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>,
  ];
  if (left["kind"] === "Output" && right["kind"] === "Output") return sameOutputs(left["value"], right["value"]);
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => same(left[key], right[key], sameOutputs));
}
