/** A row of a level: a rank of the way forward, one of the way back beside it, or either alone. */
export interface Row {
  readonly forward: number | undefined;
  readonly undo: number | undefined;
}

/** That a rank of the way forward and one of the way back, counted from the top, belong side by side. */
export interface Pair {
  readonly forward: number;
  readonly undo: number;
  /** How much it matters. */
  readonly weight: number;
}

/**
 * Rows in which as much of what belongs together as can be stands side by side: the way forward from the top down, the way
 * back from the bottom up.
 * @param ranks How many each side has.
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
    // The way back comes from below, and so stands as low as it can; but below all pairs as high as it can.
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

/** Of pairs, some that are in the same order on both sides, so that they weigh most together. */
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
