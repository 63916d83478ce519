import { type Beside, inTurn, pairsOf } from "./beside";
import { Heights, LANE } from "./heights";
import { type Lanes, lanesFor, type Stretch } from "./lanes";
import { type Block, moved, POINTED, type PlacedEdge, type Point, straightened } from "./placed";
import { type End, NEARLY, spread, spreadFacing } from "./ports";
import { type GraphEdge, type GraphNode, type Side, wayOf } from "./model";
import { type Row, rowsOf } from "./rows";
import { type Link, placeSide, type PlacedSide } from "./side";

/** A node of a level, with its content. */
export interface Item {
  readonly node: GraphNode;
  readonly block: Block;
}

/** The width of the channel without its lanes. */
const CHANNEL = 56;
/** The space beside a line in a gap. */
const APART = 8;
/** How far an edge from a node to itself reaches out. */
const LOOP = 12;

/** The place and the size of a node. */
interface Spot {
  readonly row: number;
  readonly x: number;
  readonly width: number;
  readonly height: number;
  readonly side: Side;
  /** The distance of its border from the side of its bounding box, at a height above or below the middle. */
  readonly inset: (off: number) => number;
  /** The length of the straight part of its top and bottom. */
  readonly flat: number;
  /** Whether no node is between it and the channel. */
  readonly facing: boolean;
}

/** The border of a node at which an edge begins or ends. */
type Border = "top" | "bottom" | "channel";

/**
 * The route of an edge before heights are known: along gaps, through rows and through the channel.
 */
interface Route {
  readonly edge: GraphEdge;
  /** Edges of one net may run together. */
  readonly net: string;
  readonly from: Border;
  readonly to: Border;
  /** Where it passes the rows between its ends, each with the gap before that row. */
  readonly passes: readonly { readonly gap: number; readonly x: number }[];
  /** The gap before its end. */
  readonly last: number;
}

/**
 * Places the nodes and edges of one level. Steps lead down on the left, and undos lead up on the right. Edges between the
 * sides use the channel between them.
 *
 * Rows span both sides. So the gaps between rows have no nodes, and neither has the channel. Edges turn only there.
 */
export function placeLevel(
  items: readonly Item[],
  edges: readonly GraphEdge[],
  undoneBy: (node: GraphNode) => readonly string[],
): Block {
  const sideOf = new Map(items.map(({ node }) => [node.id, node.side]));
  const crosses = ({ from, to }: GraphEdge): boolean => sideOf.get(from) !== sideOf.get(to);
  const nodes = items.map(({ node }) => node);
  const pairs = pairsOf(nodes, edges.filter(crosses), undoneBy);
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
/** Undo ranks are drawn from the bottom up. */
const fromTop = ({ ranks }: PlacedSide, rank: number): number => ranks.length - 1 - rank;

/** Places the nodes of one side in ranks. */
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
  const nodes = items.map(({ node }) => node);
  const order = side === "undo" ? inTurn(nodes, pairs, links) : [];
  return placeSide(
    own.map(({ node, block: { width, height } }) => ({ id: node.id, width, height })),
    [...links, ...order],
  );
}

/** A level whose rows are known. */
class Level {
  private readonly spots = new Map<string, Spot>();
  private readonly routes: readonly Route[];
  private readonly looping: readonly GraphEdge[];
  /** The distance of each end of an edge from the middle of its border. */
  private readonly ports = new Map<string, number>();
  private readonly channel: Lanes;
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
    const both = sides.forward.width > 0 && sides.undo.width > 0;
    this.undoLeft = sides.forward.width + (both ? CHANNEL + this.channel.count * LANE : 0);
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
    // An edge enters a row from the gap before it.
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

  /** The gap next to the border at which an edge leaves a node. */
  private exitGap(id: string, border: Border): number {
    const { row } = this.spot(id);
    return border === "bottom" ? row + 1 : row;
  }

  private crosses({ edge }: Route): boolean {
    return this.spot(edge.from).side !== this.spot(edge.to).side;
  }

  /** Whether an edge between the sides changes its row. */
  private turns(route: Route): boolean {
    const { edge, from, to } = route;
    if (!this.crosses(route)) return false;
    return from !== "channel" || to !== "channel" || this.spot(edge.from).row !== this.spot(edge.to).row;
  }

  /** Spreads the edges along each border, in the order of their directions. */
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

  /** The direction of an edge, as its distance from the middle of the border. */
  private aim(spot: Spot, border: Border, x: number | undefined, other: Spot): number {
    if (border === "channel") return other.row - spot.row;
    if (x === undefined) return spot.side === "forward" ? Infinity : -Infinity;
    return x - spot.x;
  }

  /** The horizontal position in the level of a position on a side. */
  private xOf(side: Side, x: number): number {
    return side === "undo" ? this.undoLeft + x : x;
  }

  private portX(id: string, port: string): number {
    const { side, x } = this.spot(id);
    return this.xOf(side, x) + (this.ports.get(port) ?? 0);
  }

  private laneX(net: string): number {
    return this.undoLeft - CHANNEL / 2 - (this.channel.of.get(net) ?? 0) * LANE;
  }

  /** The stretches of an edge along gaps. */
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
      // A small deviation is left out. There is room for it beside the nodes of the row.
      if (Math.abs(there - before) > NEARLY) before = there;
      return { gap, x: before };
    });
    const stops = [...passed, { gap: last, x: end }];
    return stops.flatMap(({ gap, x }, stop) => {
      const before = stops[stop - 1]?.x ?? start;
      return before === x ? [] : [{ gap, net: stop === stops.length - 1 ? net : `${at} ${stop}`, from: before, to: x }];
    });
  }

  /** The placed level. */
  block(): Block {
    const stretches = this.routes.flatMap((route, at) => this.turnsIn(route, at));
    const gaps = Array.from({ length: this.rows.length + 1 }, (_, gap) =>
      lanesFor(
        stretches.filter((each) => each.gap === gap),
        APART,
      ),
    );
    const rows = this.rows.map((_, row) => {
      const inRow = this.items.filter(({ node }) => this.spot(node.id).row === row);
      return Math.max(...inRow.map(({ block }) => block.height));
    });
    const heights = new Heights(rows, gaps);
    const placed = this.items.map(({ node, block }) => {
      const { row, side, x } = this.spot(node.id);
      return moved(block, this.xOf(side, x) - block.width / 2, heights.middleOf(row) - block.height / 2);
    });
    const loops = this.looping.map((edge) => this.loop(edge, heights));
    const drawn = this.routes.map((route, at) => ({
      ...route.edge,
      points: straightened(this.pointsOf(route, at, heights)),
    }));
    return {
      width: this.undoLeft + this.sides.undo.width,
      height: heights.total,
      nodes: placed.flatMap(({ nodes }) => nodes),
      edges: [...placed.flatMap(({ edges }) => edges), ...drawn, ...loops],
    };
  }

  private pointsOf(route: Route, at: number, heights: Heights): readonly Point[] {
    const { edge, net, from, to } = route;
    const start = this.endPoint(edge.from, from, `${at} from`, heights);
    const end = this.endPoint(edge.to, to, `${at} to`, heights);
    if (this.crosses(route)) {
      if (!this.turns(route)) return [start, { x: end.x, y: start.y }];
      const lane = this.laneX(net);
      const out = from === "channel" ? start.y : heights.laneIn(this.exitGap(edge.from, from), `${at} out`);
      const back = to === "channel" ? end.y : heights.laneIn(route.last, net);
      return [start, { x: start.x, y: out }, { x: lane, y: out }, { x: lane, y: back }, { x: end.x, y: back }, end];
    }
    const points = this.turnsIn(route, at).flatMap(({ gap, net: of, from: before, to: after }) => {
      const y = heights.laneIn(gap, of);
      return [
        { x: before, y },
        { x: after, y },
      ];
    });
    return [start, ...points, end];
  }

  private endPoint(id: string, border: Border, port: string, heights: Heights): Point {
    const { row, width, height, side, x, inset } = this.spot(id);
    const offset = this.ports.get(port) ?? 0;
    if (border === "channel") {
      const edge = this.xOf(side, x) + (side === "forward" ? 1 : -1) * (width / 2 - inset(offset));
      return { x: edge, y: heights.middleOf(row) + offset };
    }
    return { x: this.xOf(side, x) + offset, y: heights.middleOf(row) + (border === "top" ? -height / 2 : height / 2) };
  }

  /** An edge from a node to itself, at its outer side. */
  private loop(edge: GraphEdge, heights: Heights): PlacedEdge {
    const { row, side, x, width, height, inset } = this.spot(edge.from);
    const out = side === "forward" ? -1 : 1;
    const by = Math.min(10, height / 4);
    const border = this.xOf(side, x) + out * (width / 2 - inset(by));
    const turn = this.xOf(side, x) + out * (width / 2 + LOOP);
    const [up, down] = [heights.middleOf(row) - by, heights.middleOf(row) + by];
    const points = [
      { x: border, y: down },
      { x: turn, y: down },
      { x: turn, y: up },
      { x: border, y: up },
    ];
    return { ...edge, points };
  }
}
