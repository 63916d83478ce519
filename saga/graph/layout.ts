import { type Line, LINE_HEIGHT, linesOf, widthOf } from "./labels";
import { placeLevel } from "./level";
import { type Graph, type GraphEdge, type GraphNode, isBox } from "./model";
import { type Block, moved, type Placed } from "./placed";

const MARGIN = 16;
/** The space between the border of a box and its content. */
const PADDING = 14;
const BETWEEN_BRANCHES = 14;
/** Branches that would be wider in a row continue in another row. */
const WIDEST = 1600;

/**
 * Places the nodes and edges of a graph. The innermost branches come first, and then the boxes around them. On every level
 * the steps lead down on the left, and the undos lead up on the right, each beside its call. No line crosses a node. The
 * layout is deterministic.
 */
export function layout(graph: Graph): Placed {
  const within = new Map<string | undefined, GraphNode[]>();
  for (const node of graph.nodes) within.set(node.parent, [...(within.get(node.parent) ?? []), node]);
  const parents = new Map(graph.nodes.map(({ id, parent }) => [id, parent]));
  const edges = new Map<string | undefined, GraphEdge[]>();
  for (const edge of graph.edges) {
    const parent = parents.get(edge.from);
    edges.set(parent, [...(edges.get(parent) ?? []), edge]);
  }
  const level = (parent: string | undefined): Block =>
    placeLevel(
      (within.get(parent) ?? []).map((node) => ({ node, block: block(node) })),
      edges.get(parent) ?? [],
      undoneBy,
    );
  /** The calls that a node or the nodes in it undo. */
  const undoneBy = (node: GraphNode): readonly string[] =>
    isBox(node) ? [...node.undoes, ...(within.get(node.id) ?? []).flatMap(undoneBy)] : node.undoes;
  const block = (node: GraphNode): Block => {
    if (!isBox(node)) return leaf(node);
    const branches = (within.get(node.id) ?? []).map((branch) => ({ branch, content: level(branch.id) }));
    return boxOf(node, branches);
  };
  const { width, height, nodes, edges: placed } = moved(level(undefined), MARGIN, MARGIN);
  return { title: graph.title, width: width + 2 * MARGIN, height: height + 2 * MARGIN, nodes, edges: placed };
}

/** A node without a content, as large as its text. */
function leaf(node: GraphNode): Block {
  const lines = linesOf(node);
  const text = Math.max(0, ...lines.map(widthOf));
  // The shapes of ends and choices need more space at the sides.
  const sides = node.kind === "choice" ? 64 : node.kind === "task" ? 32 : 40;
  const [width, height] = node.kind === "start" ? [14, 14] : [text + sides, lines.length * LINE_HEIGHT + 22];
  return single(node, lines, { width: even(width), height: even(height) });
}

const single = (node: GraphNode, lines: readonly Line[], size: { width: number; height: number }): Block => ({
  ...size,
  nodes: [{ ...node, ...size, lines, x: size.width / 2, y: size.height / 2 }],
  edges: [],
});

/** Rounds up to an even number, so that the middle is a whole number. */
const even = (size: number): number => 2 * Math.ceil(size / 2);

interface Branch {
  readonly branch: GraphNode;
  readonly content: Block;
}

/** A state with its branches in rows, each in its own box. */
function boxOf(node: GraphNode, branches: readonly Branch[]): Block {
  const lines = linesOf(node);
  const title = lines.length * LINE_HEIGHT + 8;
  const least = Math.max(0, ...lines.map(widthOf)) + 2 * PADDING;
  const parts: Block[] = [];
  let [bottom, right] = [title, 0];
  for (const row of rowsOfBranches(branches)) {
    const height = Math.max(...row.map(({ content }) => content.height)) + 2 * PADDING;
    let x = PADDING;
    for (const { branch, content } of row) {
      const width = content.width + 2 * PADDING;
      const box = single(branch, [], { width, height });
      // Undos begin at the bottom.
      const top = branch.side === "undo" ? height - PADDING - content.height : PADDING;
      parts.push(moved(box, x, bottom), moved(content, x + PADDING, bottom + top));
      x += width + BETWEEN_BRANCHES;
    }
    right = Math.max(right, x - BETWEEN_BRANCHES);
    bottom += height + PADDING;
  }
  const width = even(Math.max(least, right + PADDING));
  const shift = Math.floor((width - right - PADDING) / 2);
  const all = parts.map((part) => moved(part, shift, 0));
  const own = single(node, lines, { width, height: even(bottom) });
  return {
    ...own,
    nodes: [...own.nodes, ...all.flatMap(({ nodes }) => nodes)],
    edges: all.flatMap(({ edges }) => edges),
  };
}

function rowsOfBranches(branches: readonly Branch[]): readonly (readonly Branch[])[] {
  const rows: Branch[][] = [];
  let width = 0;
  for (const each of branches) {
    const own = each.content.width + 2 * PADDING + BETWEEN_BRANCHES;
    const row = rows.at(-1);
    if (row && width + own <= WIDEST) {
      row.push(each);
      width += own;
    } else {
      rows.push([each]);
      width = own;
    }
  }
  return rows;
}

export { pathOf, type Placed, type PlacedEdge, type PlacedNode, type Point } from "./placed";
