import { outcomeAt, statusAt, type Story, triesOf, type Visit } from "../control/story";
import { END, type Graph } from "./model";
import { type Colours, keyOf, type Status } from "./status";

/** A node in a list has several visits at a time. It shows the first of these statuses. */
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

/** Statuses of a state that its branch shows too. */
const SPREADS: ReadonlySet<Status> = new Set(["stuck", "waiting", "in progress", "aborted"]);

/**
 * The colours of a graph right after an event of an execution. A node that was entered several times shows its last visit.
 * A node in a list shows the item with the most important status.
 */
export function coloursOf(graph: Graph, story: Story, eventId: number): Colours {
  const entered = story.path.filter(({ enteredAt }) => enteredAt <= eventId);
  // The last visit of an instance wins.
  const latest = new Map(entered.map((visit) => [visit.instance, visit]));
  const statuses = new Map<string, Status>();
  for (const visit of latest.values()) {
    const status = colourOf(story, visit, eventId);
    const known = statuses.get(visit.id);
    if (known === undefined || WEIGHT.indexOf(status) < WEIGHT.indexOf(known)) statuses.set(visit.id, status);
  }
  const taken = takenBy(graph, entered, eventId);
  // Starts, branches and the end are not states. Their status follows from the states beside or in them.
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
