import { Graph, layout } from "@dagrejs/dagre";

/** A box to place. */
export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** A link from one box to another or to itself. */
export interface Link {
  readonly from: string;
  readonly to: string;
  /** The name of a drawn link. A link without a name is not drawn and only orders its ends. */
  readonly name: string | undefined;
  /** A link with a larger weight is straighter. */
  readonly weight: number;
}

/** A rank that a link passes between its ends. */
export interface Pass {
  readonly rank: number;
  readonly x: number;
}

/** A placed side of a level. */
export interface PlacedSide {
  readonly width: number;
  /** The boxes of each rank, from left to right. */
  readonly ranks: readonly (readonly string[])[];
  readonly x: ReadonlyMap<string, number>;
  /** The ranks that each link passes between its ends, by the link's name. */
  readonly passes: ReadonlyMap<string, readonly Pass[]>;
}

/** The space between two boxes of a rank, and between links that pass it. */
const BETWEEN_BOXES = 36;
const BETWEEN_LINKS = 16;

/** Places boxes in ranks, so that links are short and seldom cross. Heights of boxes are ignored. */
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

/** The boxes in order, if each leads to at most one other box, as most undos do. */
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

/** Places a chain: each box is below the one before. */
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
