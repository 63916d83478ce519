/** The status of a node in an execution. */
export type Status =
  "idle" | "in progress" | "waiting" | "done" | "retried" | "failed" | "undone" | "stuck" | "aborted";

/** The colours of a graph for an execution. */
export interface Colours {
  /** The status by the node's id. Nodes that were not entered are missing. */
  readonly statuses: ReadonlyMap<string, Status>;
  /** The keys of the edges that the execution took, from `keyOf`. */
  readonly taken: ReadonlySet<string>;
}

/** The key of an edge in `Colours`. */
export const keyOf = ({ from, to }: { readonly from: string; readonly to: string }): string => `${from}\n${to}`;

/** The marks, so that statuses differ without colours too. */
export const MARKS: Readonly<Record<Status, string>> = {
  idle: "",
  "in progress": "▶",
  waiting: "…",
  done: "✔",
  retried: "↻",
  failed: "✘",
  undone: "↩",
  stuck: "■",
  aborted: "⊘",
};

interface Shade {
  readonly line: string;
  readonly fill: string;
}

/** Colours for light and dark themes. They differ for people with any kind of colour vision. */
export const SHADES: Readonly<Record<Exclude<Status, "idle">, { readonly light: Shade; readonly dark: Shade }>> = {
  "in progress": { light: { line: "#0b66a8", fill: "#cfe6fb" }, dark: { line: "#79c0ff", fill: "#12395c" } },
  waiting: { light: { line: "#6e40c9", fill: "#eae2fb" }, dark: { line: "#c297ff", fill: "#2f2150" } },
  done: { light: { line: "#0a7d5a", fill: "#d5f2e6" }, dark: { line: "#3fc796", fill: "#0c3a2b" } },
  retried: { light: { line: "#0a7d5a", fill: "#eef6cf" }, dark: { line: "#b5d04a", fill: "#323a10" } },
  failed: { light: { line: "#b3261e", fill: "#fbdcd9" }, dark: { line: "#ff7b72", fill: "#4d1a17" } },
  undone: { light: { line: "#9a5b00", fill: "#fce6bf" }, dark: { line: "#f0a840", fill: "#4a310a" } },
  aborted: { light: { line: "#52606d", fill: "#e4e7eb" }, dark: { line: "#b0bac5", fill: "#2b323a" } },
  stuck: { light: { line: "#b3261e", fill: "#f7c3be" }, dark: { line: "#ff7b72", fill: "#6b211c" } },
};
