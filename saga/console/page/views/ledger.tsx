import { computed } from "@preact/signals";
import { type Entry, isOutstanding, ledgerAt } from "../../../control/ledger";
import { count } from "../format";
import { type Look, Mark } from "../parts/mark";
import { VirtualList } from "../parts/virtual-list";
import { at, lookAt, story, subject } from "../state/execution";

const ledger = computed((): readonly Entry[] => {
  const declaration = subject.value?.declaration;
  return story.value && declaration ? ledgerAt(story.value, declaration, at.value) : [];
});

/** The most items of a list that have a line each. A longer list is counted by status. */
const MOST = 20;

/** The status of each step's effect at the selected event. */
export function Ledger() {
  if (subject.value?.declaration === undefined) {
    return (
      <p class="empty">
        The effects are not known, since the machine has no declaration of what undoes what.
        {subject.value?.live !== true && " Open the saga's declaration as well."}
      </p>
    );
  }
  return (
    <>
      <table class="ledger">
        <caption class="hidden">The ledger of effects at this moment</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Effect, since event</th>
            <th scope="col">Undo</th>
          </tr>
        </thead>
        <tbody>
          {byStep(ledger.value).map((entries) =>
            entries.length > MOST ? (
              <Items key={entries[0]?.step} entries={entries} />
            ) : (
              entries.map((entry) => <Line key={entry.instance} entry={entry} />)
            ),
          )}
        </tbody>
      </table>
      <Recovered />
    </>
  );
}

/** The ledger is that of one history. The undos of a recovery are in another one. */
function Recovered() {
  const { recovery } = subject.value ?? {};
  if (recovery?.outcome !== "completed" || !ledger.value.some(isOutstanding)) return null;
  return <p class="note">This is the ledger of the stopped execution. Its recovery has undone these effects.</p>;
}

/** The entries, grouped by step. */
function byStep(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const steps = new Map<string, Entry[]>();
  for (const entry of entries) {
    const known = steps.get(entry.step);
    if (known) known.push(entry);
    else steps.set(entry.step, [entry]);
  }
  return [...steps.values()];
}

const lookOf = ({ status }: Entry): Look => (status === "not begun" ? "idle" : status);

const EffectMark = ({ entry }: { readonly entry: Entry }) => <Mark look={lookOf(entry)}>{entry.status}</Mark>;

const undoText = ({ undo }: Entry): string => (undo ? `${undo.state}: ${undo.status}` : "–");

function Line({ entry }: { readonly entry: Entry }) {
  const { instance, role, error } = entry;
  return (
    <tr>
      <th scope="row">
        {instance}
        {role === "pivot" && <span class="note"> pivot</span>}
      </th>
      <td title={error?.error}>
        <EffectMark entry={entry} />
        <Since entry={entry} />
      </td>
      <td>{undoText(entry)}</td>
    </tr>
  );
}

function Since({ entry: { since } }: { readonly entry: Entry }) {
  if (since === 0) return null;
  return (
    <button
      type="button"
      class="since"
      aria-label={`since event ${since}`}
      onClick={() => {
        lookAt(since);
      }}
    >
      {since}
    </button>
  );
}

/** A long list: the number of its items by status, and each item once somebody opens them. */
function Items({ entries }: { readonly entries: readonly Entry[] }) {
  const counts = new Map<Entry["status"], Entry[]>();
  for (const entry of entries) {
    const known = counts.get(entry.status);
    if (known) known.push(entry);
    else counts.set(entry.status, [entry]);
  }
  const step = entries[0]?.step ?? "";
  return (
    <tr>
      <th scope="row">{step}</th>
      <td colSpan={2}>
        {[...counts].map(([status, [first, ...rest]]) => (
          <p key={status}>{first && <Mark look={lookOf(first)}>{`${count(rest.length + 1)} ${status}`}</Mark>}</p>
        ))}
        <details>
          <summary>all items</summary>
          <VirtualList
            count={entries.length}
            rowHeight={2}
            box={{ role: "list", "aria-label": `Effects of ${step}`, tabIndex: 0, class: "items" }}
            row={(index) => {
              const entry = entries[index] as Entry;
              return (
                <div role="listitem" aria-setsize={entries.length} aria-posinset={index + 1} class="item" key={index}>
                  <span>{entry.instance}</span>
                  <span>
                    <EffectMark entry={entry} />
                    <Since entry={entry} />
                  </span>
                </div>
              );
            }}
          />
        </details>
      </td>
    </tr>
  );
}
