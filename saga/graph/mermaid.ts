import { type Graph, type GraphNode, isBox } from "./model";

/** A graph as Mermaid, which GitHub and many editors draw. */
export function mermaid({ title, nodes, edges }: Graph): string {
  const ids = new Map(nodes.map(({ id }, at) => [id, `n${at}`]));
  const idOf = (id: string): string => ids.get(id) as string;
  const lines: string[] = [`%% ${title.replaceAll("\n", " ")}`, "flowchart TB"];
  const draw = (parent: string | undefined, indent: string): void => {
    for (const node of nodes.filter((each) => each.parent === parent)) {
      if (isBox(node)) {
        lines.push(`${indent}subgraph ${idOf(node.id)} [${quoted(node.label || " ")}]`);
        draw(node.id, `${indent}  `);
        lines.push(`${indent}end`);
      } else lines.push(`${indent}${idOf(node.id)}${shapeOf(node)}:::${classOf(node)}`);
    }
  };
  draw(undefined, "  ");
  for (const { from, to, caught } of edges)
    lines.push(`  ${idOf(from)} ${caught ? "-. fails .->" : "-->"} ${idOf(to)}`);
  for (const node of nodes.filter(isBox)) lines.push(`  class ${idOf(node.id)} ${classOf(node)}`);
  return `${[...lines, ...CLASSES].join("\n")}\n`;
}

const CLASSES = [
  "  classDef forward fill:#e8f5ee,stroke:#1b7f4b,color:#1f2933",
  "  classDef pivot fill:#e8f5ee,stroke:#1b7f4b,stroke-width:4px,color:#1f2933",
  "  classDef undo fill:#fdf3e3,stroke:#a45a06,color:#1f2933",
  "  classDef forwardGroup fill:#ffffff,stroke:#1b7f4b,color:#1f2933",
  "  classDef undoGroup fill:#ffffff,stroke:#a45a06,color:#1f2933",
];

const classOf = (node: GraphNode): string => (isBox(node) ? `${node.side}Group` : node.pivot ? "pivot" : node.side);

const quoted = (text: string): string =>
  `"${text.replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`).replaceAll("\n", "<br>")}"`;

function shapeOf({ kind, label, notes }: GraphNode): string {
  const text = quoted([label, ...notes].join("\n"));
  switch (kind) {
    case "start":
      return "(( ))";
    case "choice":
      return `{${text}}`;
    case "wait":
    case "approval":
      return `{{${text}}}`;
    case "completed":
    case "failed":
      return `([${text}])`;
    case "pass":
      return `>${text}]`;
    default:
      return `[${text}]`;
  }
}
