import { computed, useSignal } from "@preact/signals";
import { questionOf, triesOf, type Visit } from "../../../control/story";
import { checkJson } from "../json-text";
import { Json } from "../parts/json";
import { useAction } from "../parts/use-action";
import { approve, mayWrite, reject } from "../state/actions";
import { story, subject } from "../state/execution";

interface Waiting {
  readonly visit: Visit;
  /** Undefined if the history has no data. */
  readonly token: string | undefined;
  readonly question: unknown;
}

/** The calls that wait for an answer now, whichever event is selected. */
const waiting = computed((): readonly Waiting[] => {
  if (story.value?.outcome !== "running") return [];
  return story.value.path.flatMap((visit) => {
    const last = triesOf(visit).at(-1);
    return last?.outcome === "in progress" && last.waits
      ? [{ visit, token: last.token, question: questionOf(last) }]
      : [];
  });
});

/** A form for each call that waits for an answer. */
export function Answers() {
  return (
    <>
      {waiting.value.map(({ visit, token, question }) => {
        const id = `answer-${visit.enteredAt}`;
        return (
          <section key={token ?? id} class="panel notice" aria-labelledby={id}>
            <h2 id={id}>{visit.instance} waits for an answer</h2>
            <Json value={question} label="The question" />
            {token === undefined ? (
              <p class="note">
                Its task token is not shown here. The one who received the token must answer with SendTaskSuccess.
              </p>
            ) : mayWrite() ? (
              <Form token={token} />
            ) : (
              <p class="note">This console is read-only. To answer here, open it with --allow-writes.</p>
            )}
          </section>
        );
      })}
    </>
  );
}

function Form({ token }: { readonly token: string }) {
  const output = useSignal("{}");
  const cause = useSignal("");
  const sent = useSignal(false);
  const { run, busy, problem } = useAction();
  const checked = checkJson(output.value);
  const answered = { arn: subject.value?.key, taskToken: token };
  /** Once an answer is sent, the call waits no longer, although the history may say so only seconds later. */
  const send = (answer: () => Promise<void>): void => {
    run(async () => {
      await answer();
      sent.value = true;
    });
  };
  if (sent.value) return <p class="note">The answer is sent.</p>;
  return (
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
          disabled={checked.problem !== undefined || busy}
          onClick={() => {
            send(() => approve(answered, checked.value));
          }}
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
        <button
          type="button"
          disabled={busy}
          onClick={() => {
            send(() => reject(answered, cause.value));
          }}
        >
          Reject
        </button>
      </div>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
