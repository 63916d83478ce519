/** An edge with a smaller sideways distance is drawn straight. */
export const NEARLY = 10;

/** An end of an edge at the border of a node. */
export interface End {
  readonly port: string;
  /** Ends of the same unit share a place. */
  readonly unit: string;
  readonly arrives: boolean;
  /** How far the edge leads to the right of the middle. At the channel: how many rows it leads down. */
  readonly aim: number;
}

/** An end of each unit, in the order of their directions: from the left, or from the top. */
function unitsOf(ends: readonly End[]): readonly End[] {
  const first = ends.filter(({ unit }, at) => ends.findIndex((end) => end.unit === unit) === at);
  return first.sort((one, other) => (one.aim === other.aim ? 0 : one.aim - other.aim));
}

const portsOf = (ends: readonly End[], offsets: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map(ends.map(({ port, unit }) => [port, offsets.get(unit) ?? 0]));

/** The distance of each end from the middle of a top or bottom border. An edge that leads straight on keeps the middle. */
export function spread(ends: readonly End[], flat: number): ReadonlyMap<string, number> {
  const units = unitsOf(ends);
  const straight = units.findIndex(({ aim }) => Math.abs(aim) <= Math.min(NEARLY, flat / 2));
  const middle = straight >= 0 ? straight : (units.length - 1) / 2;
  const { aim = 0, arrives = true } = units[straight] ?? {};
  const shift = arrives ? 0 : aim;
  const furthest = Math.max(middle, units.length - 1 - middle, 1);
  const step = Math.min(18, flat / 2 / furthest);
  return portsOf(ends, new Map(units.map(({ unit }, at) => [unit, Math.round((at - middle) * step) + shift])));
}

/**
 * The distance of each end below the middle of the border at the channel. Leaving and arriving edges never share a place,
 * since they would meet in the channel.
 */
export function spreadFacing(ends: readonly End[], height: number): ReadonlyMap<string, number> {
  const units = unitsOf(ends);
  const straight = units.find(({ aim }) => aim === 0);
  const others = units.filter((unit) => unit !== straight);
  const [above, below] = [others.filter(({ aim }) => aim < 0), others.filter(({ aim }) => aim >= 0)];
  const step = Math.min(14, (height / 2 - 4) / Math.max(above.length, below.length, 1));
  const off = (unit: End, nth: number): number => Math.round(step * (unit.arrives ? nth + 0.5 : nth + 1));
  const offsets = new Map([
    // The edge that leads furthest is outermost.
    ...above.toReversed().map((unit, nth) => [unit.unit, -off(unit, nth)] as const),
    ...below.map((unit, nth) => [unit.unit, off(unit, nth)] as const),
    ...(straight ? [[straight.unit, 0] as const] : []),
  ]);
  return portsOf(ends, offsets);
}
