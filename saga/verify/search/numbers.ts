/**
 * Numbers for texts: equal texts have equal numbers. The key of a composed value is made of the numbers of its parts, so it
 * does not grow with their size.
 */
const numbers = new Map<string, number>();

export function numberOf(text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  const number = numbers.size;
  numbers.set(text, number);
  return number;
}

/** Forgets all numbers, so that the table does not grow from one search to the next. */
export function forgetNumbers(): void {
  numbers.clear();
}
