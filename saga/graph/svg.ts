import { LINE_HEIGHT } from "./labels";
import { type Graph, isBox, type Way, wayOf } from "./model";
import { layout, pathOf, type PlacedEdge, type PlacedNode } from "./layout";

/**
 * A graph as SVG, for a light page and for a dark one. The way forward and the way back differ in more than colour: undos
 * have cut corners and dotted lines, what fails goes along dashed ones.
 */
export function svg(graph: Graph): string {
  const { title, width, height, nodes, edges } = layout(graph);
  const legend = legendOf(graph);
  const size = { width: Math.max(width, legend.width), height: height + legend.height };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    STYLE,
    `<defs>${WAYS.map(marker).join("")}</defs>`,
    `<rect class="page" width="100%" height="100%"/>`,
    ...nodes.filter(isBox).map(shape),
    ...edges.map(line),
    ...nodes.filter((node) => !isBox(node)).map(shape),
    `<g transform="translate(0 ${height})">${legend.text}</g>`,
    "</svg>",
    "",
  ].join("\n");
}

const WAYS: readonly Way[] = ["forward", "fails", "undo"];

const LIGHT =
  "--page:#ffffff;--text:#1f2933;--note:#52606d;--forward:#0b66a8;--forward-fill:#e6f1fa;--undo:#9a5b00;--undo-fill:#fdf1df;--fails:#b3261e;--box:#f7f9fb";
const DARK =
  "--page:#0d1117;--text:#e6edf3;--note:#9aa7b4;--forward:#6cb6ff;--forward-fill:#10263b;--undo:#f0a840;--undo-fill:#33230b;--fails:#ff7b72;--box:#141a22";

const STYLE = `<style>
svg { ${LIGHT} }
@media (prefers-color-scheme: dark) { svg { ${DARK} } }
text { font: 14px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; text-anchor: middle; fill: var(--text); }
.note { font-size: 12px; fill: var(--note); }
.page { fill: var(--page); }
.node { stroke-width: 1.5; }
.forward { stroke: var(--forward); fill: var(--forward-fill); }
.undo { stroke: var(--undo); fill: var(--undo-fill); }
.pivot { stroke-width: 4; }
.box { fill: var(--box); } .branch, .item { fill: none; stroke-dasharray: 2 4; }
.start { fill: var(--note); stroke: none; }
.edge { fill: none; stroke-width: 1.8; } .edge.fails { stroke: var(--fails); stroke-dasharray: 7 4; }
.edge.undo { stroke-width: 2.4; stroke-dasharray: 0.1 5; stroke-linecap: round; }
marker path { stroke: none; } #forward path { fill: var(--forward); } #undo path { fill: var(--undo); } #fails path { fill: var(--fails); }
</style>`;

const marker = (way: Way): string =>
  `<marker id="${way}" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z"/></marker>`;

const escaped = (text: string): string => text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

function line(edge: PlacedEdge): string {
  const way = wayOf(edge);
  return `<path class="edge ${way}" d="${pathOf(edge.points)}" marker-start="url(#${way})"/>`;
}

function shape(node: PlacedNode): string {
  const { kind, side, pivot, x, y, width, height, lines } = node;
  const look = `class="node ${isBox(node) ? "box " : ""}${kind} ${side}${pivot ? " pivot" : ""}"`;
  const first = isBox(node) ? y - height / 2 + 18 : y - ((lines.length - 1) * LINE_HEIGHT) / 2 + 5;
  const text = lines.map(
    (each, at) =>
      `<text${each.note ? ' class="note"' : ""} x="${x}" y="${first + at * LINE_HEIGHT}">${escaped(each.text)}</text>`,
  );
  return outline(node, look) + text.join("");
}

/** Undos have cut corners; ends are round; choices are pointed; what waits for an answer has a flap; a child is double. */
function outline({ kind, side, x, y, width, height }: PlacedNode, look: string): string {
  const [left, right, top, bottom] = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
  const rect = (inset: number, round: number): string =>
    `<rect ${look} x="${left + inset}" y="${top + inset}" width="${width - 2 * inset}" height="${height - 2 * inset}" rx="${round}"/>`;
  const polygon = (points: readonly (readonly [number, number])[]): string =>
    `<polygon ${look} points="${points.map(([px, py]) => `${px},${py}`).join(" ")}"/>`;
  const cut = (by: number): string =>
    polygon([
      [left + by, top],
      [right - by, top],
      [right, top + by],
      [right, bottom - by],
      [right - by, bottom],
      [left + by, bottom],
      [left, bottom - by],
      [left, top + by],
    ]);
  switch (kind) {
    case "start":
      return `<circle ${look} cx="${x}" cy="${y}" r="${width / 2}"/>`;
    case "completed":
    case "failed":
      return rect(0, height / 2);
    case "choice":
      return polygon([
        [left, y],
        [left + 18, top],
        [right - 18, top],
        [right, y],
        [right - 18, bottom],
        [left + 18, bottom],
      ]);
    case "parallel":
    case "list":
    case "branch":
    case "item":
      return rect(0, 10);
    default:
      return side === "undo" ? cut(9) : rect(0, 8);
  }
}

function legendOf(_graph: Graph): { readonly width: number; readonly height: number; readonly text: string } {
  return { width: 0, height: 0, text: "" };
}
