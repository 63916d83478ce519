import { useSignal } from "@preact/signals";
import { computed } from "@preact/signals";
import { triesOf, type Try, type Visit } from "../../../control/story";
import { checkJson } from "../json-text";
import { Json } from "../parts/json";
import { approve, attempt, mayWrite, reject } from "../state/actions";
import { story } from "../state/execution";

interface Waiting {
  readonly visit: Visit;
  readonly token: string;
  readonly input: unknown;
}

/** The calls that wait for an answer now, whichever event is selected. */
const waiting = computed((): readonly Waiting[] => {
  const told = story.value;
  if (told?.outcome !== "running") return [];
  return told.path.flatMap((visit) => {
    const last: Try | undefined = triesOf(visit).at(-1);
    return last?.outcome === "in progress" && last.token !== undefined
      ? [{ visit, token: last.token, input: last.input }]
      : [];
  });
});

/** A form for each call that waits for an answer. */
export function Answers() {
  return (
    <>
      {waiting.value.map((each) => (
        <Answer key={each.token} {...each} />
      ))}
    </>
  );
}

function Answer({ visit, token, input }: Waiting) {
  const output = useSignal("{}");
  const cause = useSignal("");
  const problem = useSignal<string | undefined>(undefined);
  const checked = checkJson(output.value);
  const tell = (message: string | undefined): void => {
    problem.value = message;
  };
  const id = `answer-${visit.enteredAt}`;
  return (
    <section class="panel notice" aria-labelledby={id}>
      <h2 id={id}>{visit.instance} waits for an answer</h2>
      <Json value={withoutToken(input)} label="The question" />
      {mayWrite() ? (
        <>
          <div class="bar">
            <label class="field">
              <span>Result (JSON)</span>
              <input
                class="code"
                value={output.value}
                aria-invalid={checked.problem !== undefined}
                onInput={(event) => (output.value = event.currentTarget.value)}
              />
            </label>
            <button
              type="button"
              class="primary"
              disabled={checked.problem !== undefined}
              onClick={() => void attempt(() => approve(token, checked.value), tell)}
            >
              Approve
            </button>
          </div>
          {checked.problem && <p class="problem">{`Column ${checked.problem.column}: ${checked.problem.message}`}</p>}
          <div class="bar">
            <label class="field">
              <span>Reason for a rejection</span>
              <input value={cause.value} onInput={(event) => (cause.value = event.currentTarget.value)} />
            </label>
            <button type="button" onClick={() => void attempt(() => reject(token, "Rejected", cause.value), tell)}>
              Reject
            </button>
          </div>
        </>
      ) : (
        <p class="note">This console is read-only. To answer here, open it with --allow-writes.</p>
      )}
      {problem.value !== undefined && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </section>
  );
}

/** The task token is left out: only the buttons need it. */
function withoutToken(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== "task_token"));
}
