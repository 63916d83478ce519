import type { Line } from "./labels";
import type { GraphEdge, GraphNode } from "./model";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A node in its place: `x` and `y` are its middle. */
export interface PlacedNode extends GraphNode, Point {
  readonly width: number;
  readonly height: number;
  /** Its text, a line each; that of a box stands at its top. */
  readonly lines: readonly Line[];
}

/** An edge in its place: straight from point to point, along one axis each; the last one is the arrow's tip. */
export interface PlacedEdge extends GraphEdge {
  readonly points: readonly Point[];
}

/** A graph of which everything has its place; the top left corner is 0, 0. */
export interface Placed {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Boxes come before what stands in them. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** What has a size and is moved as one: a node, with all that stands in it. */
export interface Block {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** How far the points of a choice stand out at its sides. */
export const POINTED = 18;

/** The same, so far to the right and down. */
export function moved(block: Block, right: number, down: number): Block {
  const by = <P extends Point>(point: P): P => ({ ...point, x: point.x + right, y: point.y + down });
  return {
    ...block,
    nodes: block.nodes.map(by),
    edges: block.edges.map((edge) => ({ ...edge, points: edge.points.map(by) })),
  };
}

/** Without points at which it does not turn. */
export function straightened(points: readonly Point[]): readonly Point[] {
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

/** What a corner is rounded by. */
const ROUND = 8;

/**
 * The points of an edge as the `d` of an SVG path, its corners rounded. It begins at the arrow's tip (`marker-start`, with
 * `orient="auto-start-reverse"`): so the dashes of edges that come together lie on each other.
 */
export function pathOf(points: readonly Point[]): string {
  const back = points.toReversed();
  const steps = back.map((point, at) => {
    const [before, after] = [back[at - 1], back[at + 1]];
    if (!before) return `M${point.x} ${point.y}`;
    if (!after) return `L${point.x} ${point.y}`;
    const radius = Math.min(ROUND, distance(before, point) / 2, distance(point, after) / 2);
    const [start, end] = [towards(point, before, radius), towards(point, after, radius)];
    return `L${start.x} ${start.y}Q${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  return steps.join("");
}

const distance = (one: Point, other: Point): number => Math.abs(one.x - other.x) + Math.abs(one.y - other.y);

/** So far from a point along an axis. */
const towards = (from: Point, to: Point, by: number): Point => ({
  x: from.x + Math.sign(to.x - from.x) * by,
  y: from.y + Math.sign(to.y - from.y) * by,
});
