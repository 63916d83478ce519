import { outcomeAt, statusAt, type Story, triesOf, type Visit } from "../control/story";
import { END, type Graph } from "./model";
import { type Colours, keyOf, type Status } from "./status";

/** Of several visits of a node at once, such as those of the items of a list, what is most to be looked at comes first. */
const WEIGHT: readonly Status[] = [
  "stuck",
  "waiting",
  "in progress",
  "aborted",
  "failed",
  "undone",
  "retried",
  "done",
  "idle",
];

/** What is said of a branch as well, where a state of it stands so. */
const SPREADS: ReadonlySet<Status> = new Set(["stuck", "waiting", "in progress", "aborted"]);

/**
 * How a graph stands at a moment of an execution. A node that was entered again, in a loop or after a redrive, is as at the
 * last time; one in a list is as the item of it that is most to be looked at.
 * @param eventId The event right after which it is asked.
 */
export function coloursOf(graph: Graph, story: Story, eventId: number): Colours {
  const entered = story.path.filter(({ enteredAt }) => enteredAt <= eventId);
  // What is entered again is told last.
  const latest = new Map(entered.map((visit) => [visit.instance, visit]));
  const statuses = new Map<string, Status>();
  for (const visit of latest.values()) {
    const status = colourOf(story, visit, eventId);
    const known = statuses.get(visit.id);
    if (known === undefined || WEIGHT.indexOf(status) < WEIGHT.indexOf(known)) statuses.set(visit.id, status);
  }
  const taken = takenBy(graph, entered, eventId);
  // What is no state stands as what leads there: where a level starts, a branch, the end of an execution.
  for (const { id, kind } of graph.nodes) {
    if (kind === "start" && graph.edges.some((edge) => edge.from === id && taken.has(keyOf(edge)))) {
      statuses.set(id, "done");
    }
    if (kind === "branch" || kind === "item") {
      const inner = graph.nodes.flatMap((node) => (node.parent === id ? (statuses.get(node.id) ?? []) : []));
      const first = WEIGHT.find((status) => inner.includes(status));
      if (first !== undefined) statuses.set(id, SPREADS.has(first) ? first : "done");
    }
  }
  const end = graph.edges.find(({ to }) => to === END && outcomeAt(story, eventId) === "completed");
  const last = entered.findLast(({ within }) => within === undefined);
  if (end && last) {
    statuses.set(END, "done");
    taken.add(keyOf({ from: last.id, to: END }));
  }
  return { statuses, taken };
}

function colourOf(story: Story, visit: Visit, eventId: number): Status {
  const status = statusAt(story, visit, eventId) ?? "idle";
  const tries = triesOf(visit).filter(({ scheduled }) => scheduled <= eventId).length;
  return status === "done" && tries > 1 ? "retried" : status;
}

/** The edges that lead from each visit to the next one of the same level, and of the same item. */
function takenBy({ nodes, edges }: Graph, entered: readonly Visit[], eventId: number): Set<string> {
  const taken = new Set<string>();
  const parents = new Map(nodes.map(({ id, parent }) => [id, parent]));
  const before = new Map<string, Visit>();
  const starts = new Map(nodes.flatMap(({ id, kind, parent }) => (kind === "start" ? [[parent, id]] : [])));
  for (const visit of entered) {
    const parent = parents.get(visit.id);
    const level = `${String(visit.within?.enteredAt)} ${parent ?? ""} ${visit.items.join()}`;
    const from = before.get(level);
    if (from?.leftAt !== undefined && from.leftAt <= eventId) taken.add(keyOf({ from: from.id, to: visit.id }));
    const start = starts.get(parent);
    if (!from && start !== undefined) taken.add(keyOf({ from: start, to: visit.id }));
    before.set(level, visit);
  }
  const exist = new Set(edges.map(keyOf));
  return new Set([...taken].filter((edge) => exist.has(edge)));
}
