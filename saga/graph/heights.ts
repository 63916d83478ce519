import type { Lanes } from "./lanes";

/** The height of a gap between rows, and the height that each further lane adds. */
const GAP = 34;
export const LANE = 12;

/** The vertical positions in a level: of its rows, and of the lanes in the gaps. Gap `n` is above row `n`. */
export class Heights {
  readonly total: number;
  private readonly tops: readonly number[];

  constructor(
    private readonly rows: readonly number[],
    private readonly gaps: readonly Lanes[],
  ) {
    const tops: number[] = [];
    let y = this.heightOf(0);
    for (const [row, height] of rows.entries()) {
      tops.push(y);
      y += height + this.heightOf(row + 1);
    }
    this.tops = tops;
    this.total = y;
  }

  middleOf(row: number): number {
    return Math.round((this.tops[row] ?? 0) + (this.rows[row] ?? 0) / 2);
  }

  laneIn(gap: number, net: string): number {
    const top = gap === 0 ? 0 : (this.tops[gap - 1] ?? 0) + (this.rows[gap - 1] ?? 0);
    return top + GAP / 2 + (this.gaps[gap]?.of.get(net) ?? 0) * LANE;
  }

  /** The outer gaps, above the first row and below the last, exist only if an edge runs in them. */
  private heightOf(gap: number): number {
    const count = this.gaps[gap]?.count ?? 0;
    const outer = gap === 0 || gap === this.rows.length;
    return outer && count === 0 ? 0 : GAP + Math.max(0, count - 1) * LANE;
  }
}
