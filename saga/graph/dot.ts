import { linesOf } from "./labels";
import { type Graph, type GraphEdge, type GraphNode, isBox, type Way, wayOf } from "./model";
import { type Colours, keyOf, MARKS, SHADES, type Status } from "./status";

/**
 * A graph in the language of Graphviz. Steps lead down, and undos lead up beside them. Undos are octagons with dotted lines.
 * Failures have dashed lines.
 * @param colours The colours of an execution. Each status has a mark as well.
 */
export function dot({ title, nodes, edges }: Graph, colours?: Colours): string {
  const within = new Map<string | undefined, readonly GraphNode[]>();
  for (const node of nodes) within.set(node.parent, [...(within.get(node.parent) ?? []), node]);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const boxes = new Set(nodes.filter(isBox).map(({ id }) => id));
  const statusOf = ({ id }: GraphNode): Status | undefined => colours && (colours.statuses.get(id) ?? "idle");

  const draw = (parent: string | undefined, indent: string): readonly string[] =>
    (within.get(parent) ?? []).flatMap((node) =>
      isBox(node)
        ? [
            `${indent}subgraph ${quoted(`cluster ${node.id}`)} {`,
            `${indent}  ${list(boxAttributes(node, statusOf(node)), "; ")}`,
            ...draw(node.id, `${indent}  `),
            `${indent}}`,
          ]
        : [`${indent}${quoted(node.id)} [${list(attributes(node, statusOf(node)), ", ")}]`],
    );

  /** An edge can't end at a cluster. The anchor of a box is the first or the last node in it. */
  const anchor = (id: string, last: boolean): string => {
    const inner = boxes.has(id) ? within.get(id) : undefined;
    const one = last ? inner?.at(-1) : inner?.[0];
    return one ? anchor(one.id, last) : id;
  };
  const link = (edge: GraphEdge): string => {
    const way = wayOf(edge);
    const sides = [byId.get(edge.from)?.side, byId.get(edge.to)?.side];
    // Undos lead up, so Graphviz ranks their edges in reverse.
    const up = sides[0] === "undo" && sides[1] === "undo";
    const [tail, head] = up ? [edge.to, edge.from] : [edge.from, edge.to];
    const faded = colours !== undefined && !colours.taken.has(keyOf(edge));
    const all = {
      ...EDGES[way],
      ...(up && { dir: "back" }),
      ...(sides[0] !== sides[1] && { constraint: "false" }),
      ...(boxes.has(tail) && { ltail: `cluster ${tail}` }),
      ...(boxes.has(head) && { lhead: `cluster ${head}` }),
      ...(faded && { color: "#b8c0c8" }),
    };
    return `  ${quoted(anchor(tail, true))} -> ${quoted(anchor(head, false))} [${list(all, ", ")}]`;
  };
  return [
    `digraph ${quoted(title)} {`,
    `  graph [rankdir="TB", compound="true", fontname=${FONT}, nodesep="0.5"]`,
    `  node [fontname=${FONT}, fontsize="12", style="filled", margin="0.15,0.08"]`,
    `  edge [fontname=${FONT}, fontsize="10"]`,
    ...draw(undefined, "  "),
    ...edges.map(link),
    "}",
    "",
  ].join("\n");
}

const FONT = '"Helvetica"';

type Attributes = Readonly<Record<string, string>>;

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const list = (attributes: Attributes, separator: string): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(separator);

const EDGES: Readonly<Record<Way, Attributes>> = {
  forward: { color: "#0b66a8" },
  fails: { color: "#b3261e", style: "dashed", label: "fails" },
  undo: { color: "#9a5b00", style: "dotted", penwidth: "2" },
};
const LINES = { forward: "#0b66a8", undo: "#9a5b00" } as const;
const FILLS = { forward: "#e6f1fa", undo: "#fdf1df" } as const;

function shapeOf({ kind, side }: GraphNode): Attributes {
  switch (kind) {
    case "start":
      return { shape: "circle", width: "0.15", fixedsize: "true" };
    case "choice":
      return { shape: "diamond" };
    case "wait":
    case "approval":
      return { shape: "note" };
    case "child":
      return { shape: "component" };
    case "completed":
    case "failed":
      return { shape: "box", style: "filled,rounded" };
    case "pass":
      return { shape: "parallelogram" };
    default:
      return side === "undo" ? { shape: "octagon" } : { shape: "box" };
  }
}

function labelOf(node: GraphNode, status: Status | undefined): string {
  const [first = "", ...rest] = linesOf(node).map(({ text }) => text);
  const mark = status === undefined || node.label === "" ? "" : MARKS[status];
  return [mark === "" ? first : `${mark} ${first}`, ...rest].join("\n");
}

function attributes(node: GraphNode, status: Status | undefined): Attributes {
  const shade = status === undefined || status === "idle" || node.kind === "start" ? undefined : SHADES[status].light;
  const idle = status === "idle";
  return {
    label: labelOf(node, status),
    ...shapeOf(node),
    color: shade?.line ?? (idle ? "#b8c0c8" : LINES[node.side]),
    fillcolor: shade?.fill ?? (idle ? "#ffffff" : node.kind === "start" ? "#52606d" : FILLS[node.side]),
    ...(idle && { fontcolor: "#7b8794" }),
    ...((node.pivot || status === "stuck") && { penwidth: "3" }),
  };
}

const boxAttributes = (node: GraphNode, status: Status | undefined): Attributes => ({
  label: labelOf(node, status),
  color: LINES[node.side],
  style: node.kind === "branch" || node.kind === "item" ? "dotted" : "rounded",
});
