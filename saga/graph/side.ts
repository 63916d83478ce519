import { Graph, layout } from "@dagrejs/dagre";

/** A box that is to be placed. */
export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** A way from one box to another, or back to itself. */
export interface Link {
  readonly from: string;
  readonly to: string;
  /** Of links that are drawn the name; a link without one keeps its ends in order, and is not drawn. */
  readonly name: string | undefined;
  /** The more it weighs, the straighter it is drawn. */
  readonly weight: number;
}

/** Where a link passes a rank on its way. */
export interface Pass {
  readonly rank: number;
  readonly x: number;
}

/** One side of a level: the boxes in ranks, each with its place in the rank. */
export interface PlacedSide {
  readonly width: number;
  /** The boxes of each rank, from left to right. */
  readonly ranks: readonly (readonly string[])[];
  readonly x: ReadonlyMap<string, number>;
  /** By a link's name, the ranks that it passes between its ends. */
  readonly passes: ReadonlyMap<string, readonly Pass[]>;
}

/** What is left free between two boxes of a rank, and between links that pass there. */
const BETWEEN_BOXES = 36;
const BETWEEN_LINKS = 16;

/** Puts boxes in ranks, and within them where links are short and cross little. Heights are of no account to that. */
export function placeSide(boxes: readonly Box[], links: readonly Link[]): PlacedSide {
  if (boxes.length === 0) return { width: 0, ranks: [], x: new Map(), passes: new Map() };
  const drawn = links.filter(({ from, to }) => from !== to);
  const chain = chainOf(boxes, drawn);
  if (chain) return below(chain, drawn);
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ nodesep: BETWEEN_BOXES, edgesep: BETWEEN_LINKS, ranksep: 20 });
  for (const { id, width } of boxes) graph.setNode(id, { width, height: 10 });
  drawn.forEach(({ from, to, weight }, at) => {
    graph.setEdge(from, to, { weight }, String(at));
  });
  layout(graph);
  const placed = new Map(boxes.map(({ id }) => [id, graph.node(id) as unknown as Placed]));
  const left = Math.min(...boxes.map(({ id, width }) => at(placed, id).x - width / 2));
  const right = Math.max(...boxes.map(({ id, width }) => at(placed, id).x + width / 2));
  const heights = [...new Set([...placed.values()].map(({ y }) => Math.round(y)))].sort((one, other) => one - other);
  const rankAt = new Map(heights.map((y, rank) => [y, rank]));
  const passes = new Map<string, readonly Pass[]>();
  let [from, to] = [left, right];
  drawn.forEach(({ from: v, to: w, name }, number) => {
    const { points } = graph.edge({ v, w, name: String(number) }) as unknown as { readonly points: readonly Point[] };
    if (name === undefined) return;
    const inner = points.slice(1, -1).flatMap(({ x, y }) => {
      const rank = rankAt.get(Math.round(y));
      return rank === undefined ? [] : [{ rank, x }];
    });
    for (const { x } of inner) [from, to] = [Math.min(from, x - BETWEEN_LINKS), Math.max(to, x + BETWEEN_LINKS)];
    passes.set(name, inner);
  });
  const shifted = (x: number): number => Math.round(x - from);
  const inRank = (rank: number): readonly string[] =>
    [...placed]
      .filter(([, { y }]) => rankAt.get(Math.round(y)) === rank)
      .sort(([, one], [, other]) => one.x - other.x)
      .map(([id]) => id);
  return {
    width: Math.ceil(to - from),
    ranks: heights.map((_, rank) => inRank(rank)),
    x: new Map([...placed].map(([id, { x }]) => [id, shifted(x)])),
    passes: new Map([...passes].map(([name, all]) => [name, all.map(({ rank, x }) => ({ rank, x: shifted(x) }))])),
  };
}

/** The boxes in the order in which they lead to each other, where each leads to one other at most: as most undos do. */
function chainOf(boxes: readonly Box[], links: readonly Link[]): readonly Box[] | undefined {
  const next = new Map(links.map(({ from, to }) => [from, to]));
  const followed = new Set(links.map(({ to }) => to));
  if (links.some(({ from, to }) => next.get(from) !== to) || new Set(next.values()).size < next.size) return undefined;
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const chain: Box[] = [];
  for (let box = boxes.find(({ id }) => !followed.has(id)); box; box = byId.get(next.get(box.id) ?? ""))
    chain.push(box);
  return chain.length === boxes.length ? chain : undefined;
}

/** A chain, each box below the one before. */
function below(chain: readonly Box[], links: readonly Link[]): PlacedSide {
  const width = Math.max(...chain.map((box) => box.width));
  return {
    width,
    ranks: chain.map(({ id }) => [id]),
    x: new Map(chain.map(({ id }) => [id, width / 2])),
    passes: new Map(links.flatMap(({ name }) => (name === undefined ? [] : [[name, []]]))),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

type Placed = Point;

function at(placed: ReadonlyMap<string, Placed>, id: string): Placed {
  const found = placed.get(id);
  if (!found) throw new Error(`'${id}' has no place`);
  return found;
}
