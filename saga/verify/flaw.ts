import type { Rule } from "./rules";

/** A violation that the definition shows without a path. */
export interface Flaw {
  readonly rule: Rule;
  /** The same for flaws of one kind. */
  readonly kind: string;
  readonly state: string | undefined;
  readonly message: string;
  readonly hint: string;
}

interface InField {
  readonly state: string | undefined;
  /** The path of the field in the state: `Catch[1]/Assign/failure`. */
  readonly field: string;
  readonly message: string;
  readonly hint: string;
}

/** Catchers are often alike. What is wrong with several entries of one list is one flaw, which names each of them. */
export function foldEntries<T extends InField>(flaws: readonly T[]): readonly T[] {
  const alike = new Map<string, readonly [T, ...T[]]>();
  for (const flaw of flaws) {
    const { state, field, message, hint } = flaw;
    const key = JSON.stringify([state, field.replace(/^(Catch|Retry|Choices)\[\d+\]/, "$1"), message, hint]);
    alike.set(key, [...(alike.get(key) ?? []), flaw] as [T, ...T[]]);
  }
  return [...alike.values()].map(([first, ...others]) =>
    others.length === 0
      ? first
      : { ...first, field: [...new Set([first, ...others].map(({ field }) => field))].join(" and ") },
  );
}
