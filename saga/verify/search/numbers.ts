/**
 * Numbers for texts, the same one for the same text: so that the key of what is made of other things is made of their
 * numbers, and does not grow with what is in them.
 */
const numbers = new Map<string, number>();

export function numberOf(text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  const number = numbers.size;
  numbers.set(text, number);
  return number;
}

/** Forgets all numbers: before a search, so that one does not grow by another's. */
export function forgetNumbers(): void {
  numbers.clear();
}
