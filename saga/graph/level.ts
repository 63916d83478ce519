import { type Lanes, lanesFor, type Stretch } from "./lanes";
import { type Block, moved, POINTED, type PlacedEdge, type Point } from "./placed";
import { type GraphEdge, type GraphNode, type Side, wayOf } from "./model";
import { type Row, rowsOf } from "./rows";
import { type Link, placeSide, type PlacedSide } from "./side";

/** A node of a level, with all that stands in it. */
export interface Item {
  readonly node: GraphNode;
  readonly block: Block;
}

/** A gap between rows, and the lanes in it. */
const GAP = 34;
const LANE = 12;
/** What is left free beside a line in a gap. */
const APART = 8;
/** An edge that is to go aside by less goes straight on. */
const NEARLY = 10;
/** How far an edge goes out that leads back to its own node. */
const LOOP = 12;

/** Where a node stands: in which row, how far to the right, and how large it is. */
interface Spot {
  readonly row: number;
  readonly x: number;
  readonly width: number;
  readonly height: number;
  readonly side: Side;
  /** How far its left and right borders are from those of its box, so far above or below its middle. */
  readonly inset: (off: number) => number;
  /** How much of its top and of its bottom is straight. */
  readonly flat: number;
  /** Nothing of its row stands between it and the channel to the other side. */
  readonly facing: boolean;
}

/** At which border of a node an edge begins or ends. */
type Border = "top" | "bottom" | "channel";

/**
 * An edge before anything has its height: it leaves a node, goes along gaps, through rows and through the channel, and ends
 * at a node. Gap `n` is the one above row `n`.
 */
interface Route {
  readonly edge: GraphEdge;
  /** Edges of one net may run together. */
  readonly net: string;
  readonly from: Border;
  readonly to: Border;
  /** Where it passes rows that lie between its ends, and in which gap it comes there. */
  readonly passes: readonly { readonly gap: number; readonly x: number }[];
  /** In which gap it comes to its end. */
  readonly last: number;
}

/**
 * Gives the nodes of one level their places, and the edges between them: the way forward down on the left, that of the undos
 * up on the right, and between them a channel for what leads from one to the other.
 *
 * Rows go through both sides. So the gaps between them are free of nodes from left to right, and so is the channel: there
 * edges turn.
 */
export function placeLevel(
  items: readonly Item[],
  edges: readonly GraphEdge[],
  undoneBy: (node: GraphNode) => readonly string[],
): Block {
  const sideOf = new Map(items.map(({ node }) => [node.id, node.side]));
  const crosses = ({ from, to }: GraphEdge): boolean => sideOf.get(from) !== sideOf.get(to);
  const pairs = pairsOf(items, edges.filter(crosses), undoneBy);
  const sides = {
    forward: placeOneSide("forward", items, edges, pairs),
    undo: placeOneSide("undo", items, edges, pairs),
  };
  const rows = rowsOf(
    { forward: sides.forward.ranks.length, undo: sides.undo.ranks.length },
    pairs.map(([forward, undo, weight]) => ({
      forward: rankIn(sides.forward, forward),
      undo: fromTop(sides.undo, rankIn(sides.undo, undo)),
      weight,
    })),
  );
  return new Level(items, edges, sides, rows).block();
}

const rankIn = ({ ranks }: PlacedSide, id: string): number => ranks.findIndex((rank) => rank.includes(id));
/** The undos' ranks are drawn from the bottom up. */
const fromTop = ({ ranks }: PlacedSide, rank: number): number => ranks.length - 1 - rank;

/** Nodes of the way forward with what belongs beside them: their undos, and else what their failure leads to. */
type Beside = readonly [forward: string, undo: string, weight: number];

function pairsOf(
  items: readonly Item[],
  crossing: readonly GraphEdge[],
  undoneBy: (node: GraphNode) => readonly string[],
): readonly Beside[] {
  const forward = items.filter(({ node }) => node.side === "forward").map(({ node }) => node.id);
  const undone = items.flatMap(({ node }): readonly Beside[] => {
    if (node.side === "forward") return [];
    const calls = undoneBy(node);
    // A call in a branch is undone in what undoes the branches.
    const holders = forward.filter((id) => calls.some((call) => call === id || call.startsWith(`${id}/`)));
    return holders.map((id) => [id, node.id, UNDOES]);
  });
  const known = new Set(undone.flatMap(([from, to]) => [from, to]));
  const fails = crossing.flatMap(({ from, to, caught }): readonly Beside[] =>
    caught && forward.includes(from) && !known.has(from) && !known.has(to) ? [[from, to, 1]] : [],
  );
  return [...undone, ...fails];
}

const UNDOES = 100;

/** One side, in ranks from where it begins. */
function placeOneSide(
  side: Side,
  items: readonly Item[],
  edges: readonly GraphEdge[],
  pairs: readonly Beside[],
): PlacedSide {
  const own = items.filter(({ node }) => node.side === side);
  const ids = new Set(own.map(({ node }) => node.id));
  const links = edges.flatMap(({ from, to, caught }, at): readonly Link[] =>
    ids.has(from) && ids.has(to) ? [{ from, to, name: String(at), weight: caught ? 1 : 3 }] : [],
  );
  const order = side === "undo" ? inTurn(items, pairs, links) : [];
  return placeSide(
    own.map(({ node, block: { width, height } }) => ({ id: node.id, width, height })),
    [...links, ...order],
  );
}

/**
 * What belongs beside a later node comes before what belongs beside an earlier one, though no edge may lead from one to the
 * other: so that each can stand beside its own.
 */
function inTurn(items: readonly Item[], pairs: readonly Beside[], links: readonly Link[]): readonly Link[] {
  const order = new Map(items.map(({ node }, at) => [node.id, at]));
  const leads = new Map<string, Set<string>>();
  const lead = (from: string, to: string): void => {
    leads.set(from, (leads.get(from) ?? new Set()).add(to));
  };
  for (const { from, to } of links) lead(from, to);
  const reaches = (from: string, to: string): boolean => {
    const seen = new Set([from]);
    for (const each of seen) for (const next of leads.get(each) ?? []) seen.add(next);
    return seen.has(to);
  };
  const sorted = pairs.toSorted(([one], [other]) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
  return sorted.flatMap(([earlier, to], at): readonly Link[] => {
    const [later, from] = sorted[at + 1] ?? [];
    if (from === undefined || later === earlier || from === to || reaches(to, from) || reaches(from, to)) return [];
    lead(from, to);
    return [{ from, to, name: undefined, weight: 0 }];
  });
}

/** A level of which it is known in which rows its nodes stand. */
class Level {
  private readonly spots = new Map<string, Spot>();
  private readonly routes: readonly Route[];
  private readonly looping: readonly GraphEdge[];
  /** By an edge and its end, how far from the middle of the border it leaves a node, or comes to it. */
  private readonly ports = new Map<string, number>();
  private readonly channel: Lanes;
  private readonly channelLeft: number;
  private readonly channelWidth: number;
  private readonly undoLeft: number;

  constructor(
    private readonly items: readonly Item[],
    edges: readonly GraphEdge[],
    private readonly sides: Readonly<Record<Side, PlacedSide>>,
    private readonly rows: readonly Row[],
  ) {
    for (const { node, block } of items) this.spots.set(node.id, this.spotOf(node, block));
    this.routes = edges.flatMap((edge, at) => (edge.from === edge.to ? [] : [this.routeOf(edge, String(at))]));
    this.looping = edges.filter(({ from, to }) => from === to);
    this.assignPorts();
    const turning = this.routes.filter((route) => this.turns(route));
    this.channel = lanesFor(
      turning.map(({ net, edge, from, to, last }) => ({
        net,
        from: from === "channel" ? this.spot(edge.from).row * 2 + 1 : this.exitGap(edge.from, from) * 2,
        to: to === "channel" ? this.spot(edge.to).row * 2 + 1 : last * 2,
      })),
      1,
    );
    this.channelLeft = sides.forward.width;
    const both = sides.forward.width > 0 && sides.undo.width > 0;
    this.channelWidth = both ? 56 + this.channel.count * LANE : 0;
    this.undoLeft = this.channelLeft + this.channelWidth;
  }

  private spotOf({ id, side, kind }: GraphNode, { width, height }: Block): Spot {
    const slanted = kind === "choice" ? POINTED / (height / 2) : 0;
    const placed = this.sides[side];
    const rank = rankIn(placed, id);
    const inRank = placed.ranks[rank] ?? [];
    return {
      row: this.rowOf(side, rank),
      x: placed.x.get(id) ?? 0,
      width,
      height,
      side,
      inset: (off) => slanted * Math.abs(off),
      flat: Math.max(
        0,
        width - 2 * (kind === "choice" ? POINTED : kind === "completed" || kind === "failed" ? height / 2 : 10),
      ),
      facing: (side === "forward" ? inRank.at(-1) : inRank[0]) === id,
    };
  }

  private rowOf(side: Side, rank: number): number {
    return side === "forward"
      ? this.rows.findIndex(({ forward }) => forward === rank)
      : this.rows.findIndex(({ undo }) => undo === fromTop(this.sides.undo, rank));
  }

  private spot(id: string): Spot {
    return this.spots.get(id) as Spot;
  }

  private routeOf(edge: GraphEdge, name: string): Route {
    const [from, to] = [this.spot(edge.from), this.spot(edge.to)];
    const net = `${edge.to} ${wayOf(edge)}`;
    if (from.side !== to.side) {
      const entry = to.facing ? "channel" : to.side === "forward" ? "top" : "bottom";
      return {
        edge,
        net,
        from: from.facing ? "channel" : from.side === "forward" ? "bottom" : "top",
        to: entry,
        passes: [],
        last: entry === "bottom" ? to.row + 1 : to.row,
      };
    }
    const down = to.row > from.row;
    const passed = (this.sides[from.side].passes.get(name) ?? []).map(({ rank, x }) => ({
      row: this.rowOf(from.side, rank),
      x,
    }));
    // It comes to a row in the gap before that.
    const gapBefore = (row: number): number => (down ? row : row + 1);
    return {
      edge,
      net,
      from: down ? "bottom" : "top",
      to: down ? "top" : "bottom",
      passes: passed.map(({ row, x }) => ({ gap: gapBefore(row), x })),
      last: gapBefore(to.row),
    };
  }

  /** The gap in which an edge is as it leaves a node. */
  private exitGap(id: string, border: Border): number {
    const { row } = this.spot(id);
    return border === "bottom" ? row + 1 : row;
  }

  private crosses({ edge }: Route): boolean {
    return this.spot(edge.from).side !== this.spot(edge.to).side;
  }

  /** Whether an edge from one side to the other changes its row on the way. */
  private turns(route: Route): boolean {
    const { edge, from, to } = route;
    if (!this.crosses(route)) return false;
    return from !== "channel" || to !== "channel" || this.spot(edge.from).row !== this.spot(edge.to).row;
  }

  /** Spreads the edges of each border, in the order of where they lead. */
  private assignPorts(): void {
    const borders = new Map<string, End[]>();
    this.routes.forEach((route, at) => {
      const { edge, net, from, to } = route;
      const [start, end] = [this.spot(edge.from), this.spot(edge.to)];
      const first = this.crosses(route) ? undefined : (route.passes[0]?.x ?? end.x);
      const last = this.crosses(route) ? undefined : (route.passes.at(-1)?.x ?? start.x);
      const add = (id: string, border: Border, end: End): void => {
        const key = `${border} ${id}`;
        borders.set(key, [...(borders.get(key) ?? []), end]);
      };
      add(edge.from, from, {
        port: `${at} from`,
        unit: `${at} from`,
        arrives: false,
        aim: this.aim(start, from, first, end),
      });
      add(edge.to, to, {
        port: `${at} to`,
        unit: `to ${net} ${Math.sign(to === "channel" ? end.row - start.row : 0)}`,
        arrives: true,
        aim: this.aim(end, to, last, start),
      });
    });
    for (const [key, ends] of borders) {
      const [border, id] = [key.slice(0, key.indexOf(" ")) as Border, key.slice(key.indexOf(" ") + 1)];
      const { flat, height } = this.spot(id);
      for (const [port, offset] of border === "channel" ? spreadFacing(ends, height) : spread(ends, flat)) {
        this.ports.set(port, offset);
      }
    }
  }

  /** How far off the middle of a border an edge leads, and in which direction. */
  private aim(spot: Spot, border: Border, x: number | undefined, other: Spot): number {
    if (border === "channel") return other.row - spot.row;
    if (x === undefined) return spot.side === "forward" ? Infinity : -Infinity;
    return x - spot.x;
  }

  /** How far to the right the middle of a node is. */
  private xOf(side: Side, x: number): number {
    return side === "undo" ? this.undoLeft + x : x;
  }

  private portX(id: string, port: string): number {
    const { side, x } = this.spot(id);
    return this.xOf(side, x) + (this.ports.get(port) ?? 0);
  }

  private laneX(net: string): number {
    return this.undoLeft - 28 - (this.channel.of.get(net) ?? 0) * LANE;
  }

  /** The stretches of an edge along gaps: in which gap, from where to where. */
  private turnsIn(route: Route, at: number): readonly (Stretch & { readonly gap: number })[] {
    const { edge, net, from, to, passes, last } = route;
    const start = this.portX(edge.from, `${at} from`);
    const end = this.portX(edge.to, `${at} to`);
    if (this.crosses(route)) {
      const lane = this.laneX(net);
      return [
        ...(from === "channel"
          ? []
          : [{ gap: this.exitGap(edge.from, from), net: `${at} out`, from: start, to: lane }]),
        ...(to === "channel" ? [] : [{ gap: last, net, from: lane, to: end }]),
      ];
    }
    const { side } = this.spot(edge.from);
    let before = start;
    const passed = passes.map(({ gap, x }) => {
      const there = this.xOf(side, x);
      // There is room for that beside whatever it passes.
      if (Math.abs(there - before) > NEARLY) before = there;
      return { gap, x: before };
    });
    const stops = [...passed, { gap: last, x: end }];
    return stops.flatMap(({ gap, x }, stop) => {
      const before = stops[stop - 1]?.x ?? start;
      return before === x ? [] : [{ gap, net: stop === stops.length - 1 ? net : `${at} ${stop}`, from: before, to: x }];
    });
  }

  block(): Block {
    const stretches = this.routes.flatMap((route, at) => this.turnsIn(route, at));
    const gaps = Array.from({ length: this.rows.length + 1 }, (_, gap) =>
      lanesFor(
        stretches.filter((each) => each.gap === gap),
        APART,
      ),
    );
    // Above the first row and below the last there is a gap only where an edge runs in it.
    const heightOf = (gap: number): number => {
      const { count } = gaps[gap] as Lanes;
      const outer = gap === 0 || gap === this.rows.length;
      return outer && count === 0 ? 0 : GAP + Math.max(0, count - 1) * LANE;
    };
    const tops: number[] = [];
    const heights: number[] = [];
    let y = heightOf(0);
    for (const row of this.rows.keys()) {
      const inRow = this.items.flatMap(({ node, block }) => (this.spot(node.id).row === row ? [block.height] : []));
      tops.push(y);
      heights.push(Math.max(...inRow));
      y += Math.max(...inRow) + heightOf(row + 1);
    }
    const middle = (row: number): number => Math.round((tops[row] ?? 0) + (heights[row] ?? 0) / 2);
    const laneY = (gap: number, net: string): number => {
      const top = gap === 0 ? 0 : (tops[gap - 1] ?? 0) + (heights[gap - 1] ?? 0);
      return top + GAP / 2 + ((gaps[gap] as Lanes).of.get(net) ?? 0) * LANE;
    };
    const placed = this.items.map(({ node, block }) => {
      const { row, side, x } = this.spot(node.id);
      return moved(block, this.xOf(side, x) - block.width / 2, middle(row) - block.height / 2);
    });
    const loops = this.looping.map((edge) => this.loop(edge, middle));
    const drawn = this.routes.map((route, at) => ({
      ...route.edge,
      points: straightened(this.pointsOf(route, at, middle, laneY)),
    }));
    return {
      width: this.undoLeft + this.sides.undo.width,
      height: y,
      nodes: placed.flatMap(({ nodes }) => nodes),
      edges: [...placed.flatMap(({ edges }) => edges), ...drawn, ...loops],
    };
  }

  private pointsOf(
    route: Route,
    at: number,
    middle: (row: number) => number,
    laneY: (gap: number, net: string) => number,
  ): readonly Point[] {
    const { edge, net, from, to } = route;
    const start = this.endPoint(edge.from, from, `${at} from`, middle);
    const end = this.endPoint(edge.to, to, `${at} to`, middle);
    if (this.crosses(route)) {
      if (!this.turns(route)) return [start, { x: end.x, y: start.y }];
      const lane = this.laneX(net);
      const out = from === "channel" ? start.y : laneY(this.exitGap(edge.from, from), `${at} out`);
      const back = to === "channel" ? end.y : laneY(route.last, net);
      return [start, { x: start.x, y: out }, { x: lane, y: out }, { x: lane, y: back }, { x: end.x, y: back }, end];
    }
    const points = this.turnsIn(route, at).flatMap(({ gap, net: of, from: before, to: after }) => {
      const y = laneY(gap, of);
      return [
        { x: before, y },
        { x: after, y },
      ];
    });
    return [start, ...points, end];
  }

  private endPoint(id: string, border: Border, port: string, middle: (row: number) => number): Point {
    const { row, width, height, side, x, inset } = this.spot(id);
    const offset = this.ports.get(port) ?? 0;
    if (border === "channel") {
      const edge = this.xOf(side, x) + (side === "forward" ? 1 : -1) * (width / 2 - inset(offset));
      return { x: edge, y: middle(row) + offset };
    }
    return { x: this.xOf(side, x) + offset, y: middle(row) + (border === "top" ? -height / 2 : height / 2) };
  }

  /** An edge from a node to itself, at its outer side. */
  private loop(edge: GraphEdge, middle: (row: number) => number): PlacedEdge {
    const { row, side, x, width, height, inset } = this.spot(edge.from);
    const out = side === "forward" ? -1 : 1;
    const by = Math.min(10, height / 4);
    const border = this.xOf(side, x) + out * (width / 2 - inset(by));
    const turn = this.xOf(side, x) + out * (width / 2 + LOOP);
    const [up, down] = [middle(row) - by, middle(row) + by];
    const points = [
      { x: border, y: down },
      { x: turn, y: down },
      { x: turn, y: up },
      { x: border, y: up },
    ];
    return { ...edge, points };
  }
}

/** An end of an edge at the border of a node. */
interface End {
  readonly port: string;
  /** Ends of one unit are at one place. */
  readonly unit: string;
  readonly arrives: boolean;
  readonly aim: number;
}

/** Ends of one place, with where they lead, from the left or from the top. */
function unitsOf(ends: readonly End[]): readonly End[] {
  const units = new Map(ends.toReversed().map((end) => [end.unit, end]));
  return [...units.values()].reverse().sort((one, other) => one.aim - other.aim || 0);
}

const portsOf = (ends: readonly End[], offsets: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map(ends.map(({ port, unit }) => [port, offsets.get(unit) ?? 0]));

/** How far to the right of the middle of a top or a bottom each end is: what leads straight on keeps the middle. */
function spread(ends: readonly End[], flat: number): ReadonlyMap<string, number> {
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
 * How far below the middle of the border to the channel each end is. What leaves and what arrives there never have one
 * place: they would meet in the channel.
 */
function spreadFacing(ends: readonly End[], height: number): ReadonlyMap<string, number> {
  const units = unitsOf(ends);
  const straight = units.find(({ aim }) => aim === 0);
  const others = units.filter((unit) => unit !== straight);
  const [above, below] = [others.filter(({ aim }) => aim < 0), others.filter(({ aim }) => aim >= 0)];
  const step = Math.min(14, (height / 2 - 4) / Math.max(above.length, below.length, 1));
  const off = (unit: End, nth: number): number => Math.round(step * (unit.arrives ? nth + 0.5 : nth + 1));
  const offsets = new Map([
    // What leads furthest stands furthest out.
    ...above.toReversed().map((unit, nth) => [unit.unit, -off(unit, nth)] as const),
    ...below.map((unit, nth) => [unit.unit, off(unit, nth)] as const),
    ...(straight ? [[straight.unit, 0] as const] : []),
  ]);
  return portsOf(ends, offsets);
}

/** Without points at which it does not turn. */
function straightened(points: readonly Point[]): readonly Point[] {
  const distinct = points.filter(({ x, y }, at) => {
    const before = points[at - 1];
    return before?.x !== x || before.y !== y;
  });
  return distinct.filter(({ x, y }, at) => {
    const [before, after] = [distinct[at - 1], distinct[at + 1]];
    if (!before || !after) return true;
    return !((before.x === x && x === after.x) || (before.y === y && y === after.y));
  });
}
