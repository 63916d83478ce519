import type { Symbolic, Where } from "./symbolic";

/** One run of a user's function: the symbolic values and the tests that it used. */
export interface Run {
  /** The values, in the order in which the function read them, or got them from another function. */
  readonly symbols: readonly Symbolic[];
  /** The values of which the function read a part. */
  readonly parents: ReadonlySet<Symbolic>;
  /** Tests that were made and not used. JavaScript's own `&&`, `||` and `?:` drop a test silently. */
  readonly tests: ReadonlySet<object>;
}

/** The symbolic values that are absent in a run, by their position in the order, and their replacement. */
export interface Absence {
  readonly at: readonly number[];
  /** NaN is falsy like undefined, and its fields are undefined. */
  readonly as: undefined | typeof NaN;
}

export const NOTHING_ABSENT: Absence = { at: [], as: undefined };

interface Recording extends Run {
  readonly where: Where;
  readonly symbols: Symbolic[];
  readonly parents: Set<Symbolic>;
  readonly tests: Set<object>;
  readonly absence: Absence;
}

/** The run of the current function. It is set only while the function runs, which is synchronous. */
let current: Recording | undefined;

/** Runs a function, and returns what it used. */
export function record<T>(where: Where, absence: Absence, run: () => T): { readonly returned: T; readonly run: Run } {
  const around = current;
  const recording: Recording = { where, symbols: [], parents: new Set(), tests: new Set(), absence };
  current = recording;
  try {
    return { returned: run(), run: recording };
  } finally {
    current = around;
  }
}

/** The place in the saga of the current function. */
export const place = (): Where => current?.where ?? {};

/** Records a symbolic value, and returns its replacement in this run. */
export function stand(symbolic: Symbolic, present: () => object): unknown {
  if (!current) return present();
  const { symbols, parents, absence } = current;
  if (symbolic.parent) parents.add(symbolic.parent);
  symbols.push(symbolic);
  return absence.at.includes(symbols.length - 1) ? absence.as : present();
}

/** Records a new test, and the tests that are now part of it. */
export function noteTest(made: object, operands: readonly unknown[]): void {
  noteUse(operands);
  current?.tests.add(made);
}

/** Records tests that have been used. */
export function noteUse(operands: readonly unknown[]): void {
  for (const operand of operands) current?.tests.delete(operand as object);
}
