import type { Line } from "./labels";
import type { GraphEdge, GraphNode } from "./model";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A placed node. `x` and `y` are its middle. */
export interface PlacedNode extends GraphNode, Point {
  readonly width: number;
  readonly height: number;
  /** Its text. The text of a box is at its top. */
  readonly lines: readonly Line[];
}

/** A placed edge. It runs straight from point to point, along one axis each. The last point is the arrow's tip. */
export interface PlacedEdge extends GraphEdge {
  readonly points: readonly Point[];
}

/** A placed graph. Its top left corner is 0, 0. */
export interface Placed {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** A box comes before the nodes in it. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** A node with its content, which is moved as a whole. */
export interface Block {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** The width of the points at the sides of a choice. */
export const POINTED = 18;

/** Moves a block. */
export function moved(block: Block, right: number, down: number): Block {
  const by = <P extends Point>(point: P): P => ({ ...point, x: point.x + right, y: point.y + down });
  return {
    ...block,
    nodes: block.nodes.map(by),
    edges: block.edges.map((edge) => ({ ...edge, points: edge.points.map(by) })),
  };
}

/** Removes the points at which a line does not turn. */
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

/** The radius of corners. */
const ROUND = 8;

/**
 * The `d` of an SVG path with rounded corners. It begins at the arrow's tip (`marker-start`, with
 * `orient="auto-start-reverse"`), so that the dashes of merging edges coincide.
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

/** The point at a distance from `from` in the direction of `to`. */
const towards = (from: Point, to: Point, by: number): Point => ({
  x: from.x + Math.sign(to.x - from.x) * by,
  y: from.y + Math.sign(to.y - from.y) * by,
});
