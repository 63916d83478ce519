import { computed } from "@preact/signals";
import { type Entry, ledgerAt } from "../../../control/ledger";
import { Mark } from "../parts/mark";
import { at, lookAt, story, subject } from "../state/execution";

const ledger = computed((): readonly Entry[] => {
  const declaration = subject.value?.declaration;
  return story.value && declaration ? ledgerAt(story.value, declaration, at.value) : [];
});

/** What stands of each step's effect at the moment that is looked at. */
export function Ledger() {
  if (subject.value?.declaration === undefined) {
    return (
      <p class="empty">
        Nothing says which step undoes which: so it is not known what the effects are. Open the saga&apos;s declaration
        as well.
      </p>
    );
  }
  return (
    <table class="ledger">
      <caption class="hidden">The ledger of effects at this moment</caption>
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col">Effect</th>
          <th scope="col">Undo</th>
        </tr>
      </thead>
      <tbody>
        {ledger.value.map((entry) => (
          <Line key={entry.instance} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ entry: { instance, status, since, role, error, undo } }: { readonly entry: Entry }) {
  return (
    <tr>
      <th scope="row">
        {instance}
        {role === "pivot" && <span class="note"> pivot</span>}
      </th>
      <td title={error?.error}>
        <Mark look={status === "not begun" ? "idle" : status}>{status}</Mark>
        {since > 0 && (
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
        )}
      </td>
      <td>{undo ? `${undo.state}: ${undo.status}` : <span class="note">–</span>}</td>
    </tr>
  );
}
