import type { Symbolic, Where } from "./symbolic";

/** One run of a user's function: which symbolic values and tests it came upon. */
export interface Run {
  /** In the order in which they were read of the scope or of each other, or given by a function. */
  readonly symbols: readonly Symbolic[];
  /** Those of which a part was read. */
  readonly parents: ReadonlySet<Symbolic>;
  /** Tests that were made and are part of nothing: JavaScript's own `&&`, `||` and `?:` drop them without a word. */
  readonly tests: ReadonlySet<object>;
}

/** Which symbolic values are absent in a run, by their place in the order, and what stands for them. */
export interface Absence {
  readonly at: readonly number[];
  /** NaN is as false as undefined is, and gives undefined for any of its fields. */
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

/** Of the function that runs now, and only while it does: it is synchronous. */
let current: Recording | undefined;

/** Runs a function, and tells what it came upon. */
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

/** Where the function stands that runs now. */
export const place = (): Where => current?.where ?? {};

/** Notes a symbolic value, and gives what stands for it in this run. */
export function stand(symbolic: Symbolic, present: () => object): unknown {
  if (!current) return present();
  const { symbols, parents, absence } = current;
  if (symbolic.parent) parents.add(symbolic.parent);
  symbols.push(symbolic);
  return absence.at.includes(symbols.length - 1) ? absence.as : present();
}

/** Notes a test that is made, and those that are now part of it. */
export function noteTest(made: object, operands: readonly unknown[]): void {
  noteUse(operands);
  current?.tests.add(made);
}

/** Notes tests that have become part of something. */
export function noteUse(operands: readonly unknown[]): void {
  for (const operand of operands) current?.tests.delete(operand as object);
}
