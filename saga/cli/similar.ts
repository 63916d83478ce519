/** The word that somebody may have meant: the most similar one, if few letters of it differ. */
export function similarTo(written: string, words: readonly string[]): string | undefined {
  const [nearest] = words
    .map((word) => ({ word, edits: editsBetween(written, word) }))
    .filter(({ word, edits }) => edits <= Math.max(1, Math.floor(Math.min(word.length, written.length) / 3)))
    .sort((one, other) => one.edits - other.edits);
  return nearest?.word;
}

/** How many letters must be added, left out, replaced, or swapped with their neighbour. */
function editsBetween(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= one.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= other.length; j++) {
      const swapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      const replaced = at(i - 1, j - 1) + (one[i - 1] === other[j - 1] ? 0 : 1);
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(one.length, other.length);
}
