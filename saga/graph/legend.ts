import { type Graph, type Way, wayOf } from "./model";
import { type Colours, MARKS, type Status } from "./status";

/** A kind of line or a mark, with its meaning. */
export type Entry =
  | { readonly way: Way; readonly status?: undefined; readonly words: string }
  | { readonly status: Status; readonly way?: undefined; readonly words: string };

const WORDS: Readonly<Record<Way, string>> = { forward: "goes on", fails: "fails", undo: "is undone" };
const WAYS = Object.keys(WORDS) as readonly Way[];
const STATUSES = Object.keys(MARKS) as readonly Status[];

/** The legend of a graph: its kinds of lines, or with an execution's colours its marks. */
export function legendOf({ nodes, edges }: Pick<Graph, "nodes" | "edges">, colours?: Colours): readonly Entry[] {
  if (colours) {
    const present = new Set(nodes.map(({ id }) => colours.statuses.get(id) ?? "idle"));
    return STATUSES.flatMap((status) =>
      present.has(status) && MARKS[status] !== "" ? [{ status, words: status }] : [],
    );
  }
  const ways = WAYS.filter((way) => edges.some((edge) => wayOf(edge) === way));
  // A graph with one kind of line needs no legend.
  return ways.length < 2 ? [] : ways.map((way) => ({ way, words: WORDS[way] }));
}
