import { layout, pathOf, type PlacedEdge, type PlacedNode, type Point } from "./layout";
import { LINE_HEIGHT, widthOf } from "./labels";
import { type Entry, legendOf } from "./legend";
import { type Graph, isBox, type Way, wayOf } from "./model";
import { outlineOf } from "./outline";
import { type Colours, keyOf, MARKS, SHADES, type Status } from "./status";

/**
 * A graph as SVG, for light and dark themes. Steps and undos differ without colours too: undos have cut corners and dotted
 * lines, and failures have dashed lines.
 * @param colours The colours of an execution. Each status has a mark as well.
 */
export function svg(graph: Graph, colours?: Colours): string {
  const placed = layout(graph);
  const legend = drawnLegend(legendOf(graph, colours), placed.height);
  const [width, height] = [Math.max(placed.width, legend.width), placed.height + legend.height];
  const drawn = (node: PlacedNode): string => shape(node, colours && (colours.statuses.get(node.id) ?? "idle"));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(graph.title)}">`,
    `<title>${escaped(graph.title)}</title>`,
    style(colours !== undefined),
    `<defs>${WAYS.map(marker).join("")}</defs>`,
    `<rect class="page" width="100%" height="100%"/>`,
    ...placed.nodes.filter(isBox).map(drawn),
    ...placed.edges.map((edge) => line(edge, colours !== undefined && !colours.taken.has(keyOf(edge)))),
    ...placed.nodes.filter((node) => !isBox(node)).map(drawn),
    ...legend.parts,
    "</svg>",
    "",
  ].join("\n");
}

const STROKE = 34;

/** The legend, in a line below the graph. */
function drawnLegend(entries: readonly Entry[], top: number) {
  const parts: string[] = [];
  const y = top + 8;
  let x = 16;
  for (const { way, status, words } of entries) {
    if (way !== undefined) {
      const points = [
        { x, y },
        { x: x + STROKE, y },
      ];
      parts.push(drawnPath(way, points, ""));
      x += STROKE + 6;
    } else {
      parts.push(`<text class="mark ${classOf(status)}" x="${x + 6}" y="${y + 4}">${MARKS[status]}</text>`);
      x += 16;
    }
    const width = widthOf({ text: words, note: true });
    parts.push(`<text class="note" x="${x + width / 2}" y="${y + 4}">${escaped(words)}</text>`);
    x += width + 20;
  }
  return { parts, width: x, height: parts.length === 0 ? 0 : 28 };
}

const WAYS: readonly Way[] = ["forward", "fails", "undo"];

type Theme = "light" | "dark";

const COLOURS: Readonly<Record<Theme, string>> = {
  light:
    "--page:#ffffff;--box:#f7f9fb;--text:#1f2933;--note:#52606d;--forward:#0b66a8;--forward-fill:#e6f1fa;--undo:#9a5b00;--undo-fill:#fdf1df;--fails:#b3261e",
  dark: "--page:#0d1117;--box:#141a22;--text:#e6edf3;--note:#9aa7b4;--forward:#6cb6ff;--forward-fill:#10263b;--undo:#f0a840;--undo-fill:#33230b;--fails:#ff7b72",
};

/** The CSS class of a status. */
const classOf = (status: Status): string => `is-${status.replace(" ", "-")}`;

const shadesOf = (theme: Theme): string =>
  Object.entries(SHADES)
    .map(([status, shades]) => {
      const { line, fill } = shades[theme];
      return `.${classOf(status as Status)}{stroke:${line};fill:${fill}} .mark.${classOf(status as Status)}{stroke:none;fill:${line}}`;
    })
    .join(" ");

const style = (coloured: boolean): string => `<style>
svg { ${COLOURS.light} }
text { font: 14px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; text-anchor: middle; fill: var(--text); }
.note { font-size: 12px; fill: var(--note); }
.page { fill: var(--page); }
.node { stroke-width: 1.5; stroke-linejoin: round; }
.forward { stroke: var(--forward); fill: var(--forward-fill); }
.undo { stroke: var(--undo); fill: var(--undo-fill); }
.pivot { stroke-width: 4; }
.box { fill: var(--box); } .branch { stroke-dasharray: 2 4; }
.start { fill: var(--note); stroke: none; }
.edge { fill: none; stroke-width: 1.8; }
.edge.fails { stroke: var(--fails); stroke-dasharray: 7 4; }
.edge.undo { stroke-width: 2.4; stroke-dasharray: 0.1 5; stroke-linecap: round; }
marker path { stroke: none; } #forward path { fill: var(--forward); } #undo path { fill: var(--undo); } #fails path { fill: var(--fails); }
${
  coloured
    ? `${shadesOf("light")}
.mark { font-weight: 700; font-size: 13px; }
.is-idle { opacity: 0.45; } .is-stuck { stroke-width: 4; } .box.node { fill: var(--box); } .edge.untaken { opacity: 0.3; }
`
    : ""
}@media (prefers-color-scheme: dark) { svg { ${COLOURS.dark} }${coloured ? ` ${shadesOf("dark")}` : ""} }
</style>`;

const marker = (way: Way): string =>
  `<marker id="${way}" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z"/></marker>`;

const escaped = (text: string): string => text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

const line = (edge: PlacedEdge, untaken: boolean): string =>
  drawnPath(wayOf(edge), edge.points, untaken ? " untaken" : "");

const drawnPath = (way: Way, points: readonly Point[], more: string): string =>
  `<path class="edge ${way}${more}" d="${pathOf(points)}" marker-start="url(#${way})"/>`;

function shape(node: PlacedNode, status: Status | undefined): string {
  const { kind, side, pivot, x, y, width, height, lines } = node;
  const box = isBox(node);
  // A box that is done and a start have no mark. The nodes in the box have marks.
  const shown = status === "idle" || (kind !== "start" && !(box && status === "done")) ? status : undefined;
  const look = [
    "node",
    ...(box ? ["box"] : []),
    kind,
    side,
    ...(pivot ? ["pivot"] : []),
    ...(shown ? [classOf(shown)] : []),
  ];
  const parts = outlineOf(node).map((d) => `<path class="${look.join(" ")}" d="${d}"/>`);
  const first = box ? y - height / 2 + 18 : y - ((lines.length - 1) * LINE_HEIGHT) / 2 + 5;
  const text = lines.map(({ text: words, note }, at) => {
    const classes = [...(note ? ["note"] : []), ...(shown === "idle" ? [classOf(shown)] : [])];
    const named = classes.length === 0 ? "" : ` class="${classes.join(" ")}"`;
    return `<text${named} x="${x}" y="${first + at * LINE_HEIGHT}">${escaped(words)}</text>`;
  });
  const mark = shown === undefined || lines.length === 0 ? "" : MARKS[shown];
  const marked =
    mark === "" || shown === undefined
      ? ""
      : `<text class="mark ${classOf(shown)}" x="${x + width / 2 - (kind === "choice" ? 24 : 10)}" y="${y - height / 2 + 14}"><title>${shown}</title>${mark}</text>`;
  return parts.join("") + text.join("") + marked;
}
