import { type Graph, type GraphNode, isBox, type Way, wayOf } from "./model";
import { type Colours, keyOf, MARKS, SHADES, type Status } from "./status";

/**
 * A graph in Mermaid, which GitHub and many editors draw in light and dark themes. Undos are hexagons with thick lines.
 * Failures have dotted lines.
 * @param colours The colours of an execution. Each status has a mark as well.
 */
export function mermaid({ title, nodes, edges }: Graph, colours?: Colours): string {
  const ids = new Map(nodes.map(({ id }, at) => [id, `n${at}`]));
  const idOf = (id: string): string => ids.get(id) as string;
  const statusOf = ({ id }: GraphNode): Status | undefined => colours && (colours.statuses.get(id) ?? "idle");
  const lines: string[] = [`%% ${title.replaceAll("\n", " ")}`, "flowchart TB"];
  const used = new Set<string>();
  const classOf = (node: GraphNode): string => {
    const name = classNameOf(node, statusOf(node));
    used.add(name);
    return name;
  };
  const draw = (parent: string | undefined, indent: string): void => {
    for (const node of nodes.filter((each) => each.parent === parent)) {
      if (isBox(node)) {
        lines.push(`${indent}subgraph ${idOf(node.id)} [${textOf(node, statusOf(node))}]`);
        draw(node.id, `${indent}  `);
        lines.push(`${indent}end`);
      } else {
        lines.push(`${indent}${idOf(node.id)}${shaped(node, textOf(node, statusOf(node)))}:::${classOf(node)}`);
      }
    }
  };
  draw(undefined, "  ");
  for (const edge of edges) lines.push(`  ${idOf(edge.from)} ${LINKS[wayOf(edge)]} ${idOf(edge.to)}`);
  for (const node of nodes.filter(isBox)) lines.push(`  class ${idOf(node.id)} ${classOf(node)}`);
  const looks = Object.entries(LOOKS).filter(([name]) => used.has(name));
  lines.push(...looks.map(([name, look]) => `  classDef ${name} ${look}`));
  for (const way of ["forward", "fails", "undo"] as const) {
    const numbers = (faded: boolean): readonly number[] =>
      edges.flatMap((edge, at) => {
        const untaken = colours !== undefined && !colours.taken.has(keyOf(edge));
        return wayOf(edge) === way && untaken === faded ? [at] : [];
      });
    for (const faded of [false, true]) {
      const which = numbers(faded).join();
      if (which !== "") lines.push(`  linkStyle ${which} stroke:${STROKES[way]}${faded ? ",opacity:0.3" : ""}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const LINKS: Readonly<Record<Way, string>> = { forward: "-->", fails: "-. fails .->", undo: "==>" };
const STROKES: Readonly<Record<Way, string>> = { forward: "#3b8fd0", fails: "#d9534a", undo: "#c98218" };

/** The styles of the classes. They set all colours, so that they are legible in light and dark themes. */
const LOOKS: Readonly<Record<string, string>> = {
  start: "fill:#7b8794,stroke:#7b8794,color:#7b8794",
  forward: "fill:#e6f1fa,stroke:#0b66a8,color:#1f2933",
  pivot: "fill:#e6f1fa,stroke:#0b66a8,stroke-width:4px,color:#1f2933",
  undo: "fill:#fdf1df,stroke:#9a5b00,color:#1f2933",
  forwardBox: "fill:none,stroke:#3b8fd0",
  undoBox: "fill:none,stroke:#c98218",
  idle: "fill:#8881,stroke:#888,color:#888,stroke-dasharray:3 3",
  ...Object.fromEntries(
    Object.entries(SHADES).map(
      ([
        status,
        {
          light: { line, fill },
        },
      ]) => [
        lookOf(status as Status),
        `fill:${fill},stroke:${line},stroke-width:${status === "stuck" ? 4 : 2}px,color:#1f2933`,
      ],
    ),
  ),
};

function lookOf(status: Status): string {
  return status === "in progress" ? "inProgress" : status;
}

function classNameOf(node: GraphNode, status: Status | undefined): string {
  if (isBox(node)) return `${node.side}Box`;
  if (node.kind === "start") return "start";
  if (status !== undefined) return lookOf(status);
  return node.pivot ? "pivot" : node.side;
}

function textOf({ label, notes, kind }: GraphNode, status: Status | undefined): string {
  const mark = status === undefined || kind === "start" ? "" : MARKS[status];
  const name = mark === "" || label === "" ? label : `${mark} ${label}`;
  return quoted([...(name === "" ? [] : [name]), ...notes].join("\n") || " ");
}

const quoted = (text: string): string =>
  `"${text.replace(/[#"<>&`]/g, (character) => `#${character.charCodeAt(0)};`).replaceAll("\n", "<br>")}"`;

function shaped({ kind, side }: GraphNode, text: string): string {
  switch (kind) {
    case "start":
      return `((${text}))`;
    case "choice":
      return `{${text}}`;
    case "wait":
    case "approval":
      return `>${text}]`;
    case "child":
      return `[[${text}]]`;
    case "completed":
    case "failed":
      return `([${text}])`;
    case "pass":
      return `[/${text}/]`;
    default:
      return side === "undo" ? `{{${text}}}` : `[${text}]`;
  }
}
