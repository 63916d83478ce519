import type { Lanes } from "./lanes";

/** How high a gap between rows is, and what each lane beside the first adds to that. */
const GAP = 34;
export const LANE = 12;

/** How far down everything in a level is: its rows, and the lanes of the gaps between them. Gap `n` is above row `n`. */
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

  /** Above the first row and below the last there is a gap only where an edge runs in it. */
  private heightOf(gap: number): number {
    const count = this.gaps[gap]?.count ?? 0;
    const outer = gap === 0 || gap === this.rows.length;
    return outer && count === 0 ? 0 : GAP + Math.max(0, count - 1) * LANE;
  }
}
