import { Graph as Layout, layout } from "@dagrejs/dagre";
import type { Graph, GraphNode } from "./model";

/** The box of a label in the font below: about so wide, since nothing here can measure it. */
const CHARACTER = 8;
const LINE = 18;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A graph as SVG, laid out in ranks from the top: the way forward in green, that of the undos in amber. */
export function svg({ title, nodes, edges }: Graph): string {
  const graph: Layout<object, Partial<Box>> = new Layout({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 44, edgesep: 14, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  const groups = new Set(nodes.filter(({ kind }) => kind === "group").map(({ id }) => id));
  for (const node of nodes) graph.setNode(node.id, groups.has(node.id) ? {} : sizeOf(node));
  for (const { id, parent } of nodes) if (parent !== undefined) graph.setParent(id, parent);
  // An edge that begins or ends at a group is laid out from a state of it: the first one, and the last.
  const within = (id: string, last: boolean): string => {
    const inner = nodes.filter(({ parent }) => parent === id);
    const one = last ? inner.at(-1) : inner[0];
    return groups.has(id) && one ? within(one.id, last) : id;
  };
  edges.forEach(({ from, to }, at) => {
    graph.setEdge(within(from, true), within(to, false), {}, String(at));
  });
  layout(graph);

  const boxOf = (id: string): Box => graph.node(id) as Box;
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  // Outer groups first, so that what is within is drawn over them.
  const drawnGroups = nodes.filter(({ id }) => groups.has(id)).map((node) => group(node, boxOf(node.id)));
  const drawnEdges = edges.map(({ from, to, caught, side }, at) => {
    const edge = graph.edge({ v: within(from, true), w: within(to, false), name: String(at) }) as unknown as {
      readonly points: readonly { readonly x: number; readonly y: number }[];
    };
    const path = edge.points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join(" ");
    const kind = caught ? "caught" : side;
    return `<path class="${kind}" d="${path}" marker-end="url(#${kind})"/>`;
  });
  const drawnNodes = nodes.filter(({ id }) => !groups.has(id)).map((node) => shape(node, boxOf(node.id)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    STYLE,
    `<defs>${(["forward", "undo", "caught"] as const).map(marker).join("")}</defs>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...drawnGroups,
    ...drawnEdges,
    ...drawnNodes,
    "</svg>",
    "",
  ].join("\n");
}

const COLOURS = { forward: "#1b7f4b", undo: "#a45a06", caught: "#c0392b" } as const;

const STYLE = `<style>
text { font: 14px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; text-anchor: middle; fill: #1f2933; }
.note { font-size: 12px; fill: #52606d; }
.box { stroke-width: 1.5; } .box.forward { fill: #e8f5ee; stroke: ${COLOURS.forward}; } .box.undo { fill: #fdf3e3; stroke: ${COLOURS.undo}; }
.box.pivot { stroke-width: 4; } .group { fill: none; stroke-dasharray: 3 3; }
path { fill: none; stroke-width: 1.6; } path.forward { stroke: ${COLOURS.forward}; } path.undo { stroke: ${COLOURS.undo}; }
path.caught { stroke: ${COLOURS.caught}; stroke-dasharray: 5 4; }
</style>`;

const marker = (kind: keyof typeof COLOURS): string =>
  `<marker id="${kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L10 5 L0 10 z" style="fill:${COLOURS[kind]};stroke:none"/></marker>`;

/** The lines of a node's text: what it is called, and what it is to the saga. */
const linesOf = ({ label, pivot, kind }: GraphNode): readonly string[] => [
  ...label.split("\n"),
  ...(pivot ? ["pivot"] : kind === "wait" ? ["waits"] : []),
];

function sizeOf(node: GraphNode): { readonly width: number; readonly height: number } {
  const lines = linesOf(node);
  const wide = node.kind === "choice" ? 1.5 : 1;
  return {
    width: Math.max(...lines.map((line) => line.length)) * CHARACTER * wide + 28,
    height: lines.length * LINE + (node.kind === "choice" ? 34 : 20),
  };
}

const round = (n: number): number => Math.round(n * 10) / 10;
const escaped = (text: string): string => text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

function group({ label, side }: GraphNode, { x, y, width, height }: Box): string {
  const [left, top] = [round(x - width / 2), round(y - height / 2)];
  const name = label === "" ? "" : `<text class="note" x="${round(x)}" y="${top + 13}">${escaped(label)}</text>`;
  return `<rect class="box group ${side}" x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" rx="8"/>${name}`;
}

function shape(node: GraphNode, { x, y, width, height }: Box): string {
  const { kind, side, pivot } = node;
  const look = `class="box ${side}${pivot ? " pivot" : ""}"`;
  const [left, right, top, bottom] = [x - width / 2, x + width / 2, y - height / 2, y + height / 2].map(round) as [
    number,
    number,
    number,
    number,
  ];
  const outline =
    kind === "choice"
      ? `<polygon ${look} points="${left},${round(y)} ${round(x)},${top} ${right},${round(y)} ${round(x)},${bottom}"/>`
      : `<rect ${look} x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" rx="${cornersOf(kind)}"/>`;
  const lines = linesOf(node);
  const first = y - ((lines.length - 1) * LINE) / 2 + 5;
  const text = lines.map(
    (line, at) =>
      `<text${at > 0 ? ' class="note"' : ""} x="${round(x)}" y="${round(first + at * LINE)}">${escaped(line)}</text>`,
  );
  return outline + text.join("");
}

const cornersOf = (kind: GraphNode["kind"]): number => (kind === "completed" || kind === "failed" ? 18 : 8);
