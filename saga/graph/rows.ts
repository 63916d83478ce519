/** A row of a level: a forward rank, an undo rank, or both side by side. */
export interface Row {
  readonly forward: number | undefined;
  readonly undo: number | undefined;
}

/** A forward rank and an undo rank that belong side by side. Both are counted from the top. */
export interface Pair {
  readonly forward: number;
  readonly undo: number;
  readonly weight: number;
}

/**
 * Combines the ranks of both sides into rows. Pairs are side by side, as many as their order allows.
 * @param ranks The number of ranks of each side.
 */
export function rowsOf(
  ranks: { readonly forward: number; readonly undo: number },
  pairs: readonly Pair[],
): readonly Row[] {
  const kept = inOrder(pairs);
  const rows: Row[] = [];
  let [forward, undo] = [0, 0];
  const fill = (to: { readonly forward: number; readonly undo: number }, last: boolean): void => {
    const [ahead, back] = [to.forward - forward, to.undo - undo];
    const most = Math.max(ahead, back);
    // Undos lead up from below, so they are placed as low as possible. Below the last pair, they are as high as possible.
    const [first, above] = last ? [0, 0] : [most - ahead, most - back];
    for (let row = 0; row < most; row++) {
      const [f, u] = [row - first, row - above];
      rows.push({
        forward: f >= 0 && f < ahead ? forward + f : undefined,
        undo: u >= 0 && u < back ? undo + u : undefined,
      });
    }
    [forward, undo] = [to.forward, to.undo];
  };
  for (const pair of kept) {
    fill(pair, false);
    rows.push({ forward: pair.forward, undo: pair.undo });
    [forward, undo] = [pair.forward + 1, pair.undo + 1];
  }
  fill(ranks, true);
  return rows;
}

/** The pairs with the largest total weight that are in the same order on both sides. */
function inOrder(pairs: readonly Pair[]): readonly Pair[] {
  const sorted = pairs.toSorted((one, other) => one.forward - other.forward || one.undo - other.undo);
  const best: { readonly weight: number; readonly before: number }[] = [];
  for (const [at, pair] of sorted.entries()) {
    let [weight, before] = [0, -1];
    for (let earlier = 0; earlier < at; earlier++) {
      const other = sorted[earlier] as Pair;
      const sum = best[earlier]?.weight ?? 0;
      if (other.forward < pair.forward && other.undo < pair.undo && sum > weight) [weight, before] = [sum, earlier];
    }
    best.push({ weight: weight + pair.weight, before });
  }
  const kept: Pair[] = [];
  const most = Math.max(...best.map(({ weight }) => weight));
  for (let at = best.findIndex(({ weight }) => weight === most); at >= 0; at = best[at]?.before ?? -1) {
    kept.unshift(sorted[at] as Pair);
  }
  return kept;
}
