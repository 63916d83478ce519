import { computed } from "@preact/signals";
import { adviceOf, type CommandTarget } from "../../../control/advice";
import { ledgerAt } from "../../../control/ledger";
import { graphOf } from "../../../graph/model";
import { afterRedrive, type Ahead } from "../after-redrive";
import { session } from "../state/console";
import { story, subject } from "../state/execution";

const target = (): CommandTarget => {
  const { kind, name } = session.value?.target ?? { kind: "local", name: "" };
  const { key, live } = subject.value ?? { key: "", live: false };
  const options = kind === "local" || !live ? "" : `--${kind} ${name}`;
  return { execution: live ? key : "ARN", options };
};

/** The advice as of the end of the history, whichever event is selected. */
const advice = computed(() => {
  const { declaration, description, recovery } = subject.value ?? {};
  if (!story.value) return undefined;
  const ledger = declaration && ledgerAt(story.value, declaration, Infinity);
  const redrivable = description?.redriveStatus === undefined ? undefined : description.redriveStatus === "REDRIVABLE";
  return adviceOf({
    story: story.value,
    ledger,
    target: target(),
    known: { redrivable, recovery: recovery ?? undefined },
  });
});

/** Whether a redrive does good: it would not if Step Functions refuses it, or if the execution has been recovered. */
export const mayRedrive = computed((): boolean => {
  const { description, recovery } = subject.value ?? {};
  const outcome = story.value?.outcome;
  const stopped = outcome === "stuck" || outcome === "aborted" || outcome === "timed out";
  return stopped && description?.redriveStatus !== "NOT_REDRIVABLE" && !recovery;
});

const ahead = computed((): readonly Ahead[] => {
  const { definition, declaration, saga = "" } = subject.value ?? {};
  return story.value && definition ? afterRedrive(story.value, graphOf(saga, definition, declaration)) : [];
});

/** The advice for an execution on which somebody may have to act. */
export function Advice() {
  const said = advice.value;
  const outcome = story.value?.outcome;
  if (!said || outcome === "running" || outcome === "completed" || outcome === "compensated") return null;
  return (
    <section class="panel notice stuck" aria-labelledby="advice">
      <h2 id="advice">What to do</h2>
      <p>{said.text}</p>
      {said.command !== undefined && (
        <pre class="code" tabIndex={0} role="region" aria-label="Command">
          {said.command}
        </pre>
      )}
      {mayRedrive.value && ahead.value.length > 0 && (
        <details>
          <summary>What would a redrive do?</summary>
          <ol class="ahead">
            {ahead.value.map(({ node, again, perhaps }) => (
              <li key={node.id}>
                <strong>{node.label}</strong> {textOf(node.kind, again)}
                {perhaps && <span class="note"> (if a choice leads there)</span>}
              </li>
            ))}
          </ol>
          <p class="note">
            Calls that have succeeded are not repeated. A repeated call has the same identity, so it takes effect once.
          </p>
        </details>
      )}
    </section>
  );
}

function textOf(kind: string, again: boolean): string {
  if (again) return "runs again, with fresh retries";
  if (kind === "completed") return "ends the execution: completed";
  if (kind === "failed") return "ends the execution: compensated";
  return kind === "task" || kind === "child" || kind === "approval" ? "is called next" : "follows";
}
