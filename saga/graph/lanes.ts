/** A stretch of a line along a corridor. */
export interface Stretch {
  /** Stretches of the same net may overlap. */
  readonly net: string;
  readonly from: number;
  readonly to: number;
}

export interface Lanes {
  /** The number of lanes. */
  readonly count: number;
  readonly of: ReadonlyMap<string, number>;
}

/** Assigns a lane of the corridor to each net, so that no two nets overlap. The shortest nets get the first lanes. */
export function lanesFor(stretches: readonly Stretch[], apart: number): Lanes {
  const nets = new Map<string, { readonly from: number; readonly to: number }>();
  for (const { net, from, to } of stretches) {
    const known = nets.get(net);
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    nets.set(net, { from: Math.min(known?.from ?? low, low), to: Math.max(known?.to ?? high, high) });
  }
  const lanes: (readonly { readonly from: number; readonly to: number }[])[] = [];
  const of = new Map<string, number>();
  const byLength = [...nets].sort(([, one], [, other]) => one.to - one.from - (other.to - other.from));
  for (const [net, stretch] of byLength) {
    const free = lanes.findIndex((taken) =>
      taken.every(({ from, to }) => stretch.to + apart <= from || to + apart <= stretch.from),
    );
    const lane = free < 0 ? lanes.length : free;
    lanes[lane] = [...(lanes[lane] ?? []), stretch];
    of.set(net, lane);
  }
  return { count: lanes.length, of };
}
