import { useSignal } from "@preact/signals";
import { counted } from "../format";
import { checkJson } from "../json-text";
import { useAction } from "../parts/use-action";
import { executionLink, goTo } from "../route";
import { mayWrite, startExecution } from "../state/actions";
import type { SagaEntry } from "../wire";

/** Starts a saga with an example of the program or with typed input. */
export function Start({ saga }: { readonly saga: SagaEntry }) {
  const [first] = saga.examples;
  const text = useSignal(first ? JSON.stringify(first.input, null, 2) : "");
  const name = useSignal("");
  const { run, busy, problem } = useAction();
  const checked = checkJson(text.value);
  const lines = text.value.split("\n").length;

  if (!mayWrite()) {
    return <p class="note">This console is read-only. To start executions here, open it with --allow-writes.</p>;
  }

  const start = (): void => {
    if (checked.problem) return;
    run(async () => {
      goTo(executionLink(await startExecution(saga.machineArn, checked.value, name.value.trim())));
    });
  };

  return (
    <form
      class="start"
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      {saga.examples.length > 0 && (
        <div role="group" aria-label="Examples" class="examples">
          {saga.examples.map((example) => (
            <button
              type="button"
              key={example.name}
              onClick={() => {
                text.value = JSON.stringify(example.input, null, 2);
              }}
            >
              {example.name}
            </button>
          ))}
        </div>
      )}
      <label for="start-input">Input</label>
      <textarea
        id="start-input"
        class="code"
        rows={Math.min(24, Math.max(6, lines + 1))}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={checked.problem !== undefined}
        aria-describedby="start-check"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
        }}
      />
      <p id="start-check" class={checked.problem ? "problem" : "note"} role="status">
        {checked.problem
          ? `Line ${checked.problem.line}, column ${checked.problem.column}: ${checked.problem.message}`
          : `JSON, ${counted(lines, "line")}. Ctrl+Enter starts.`}
      </p>
      <div class="bar">
        <label class="field">
          <span>Name (optional)</span>
          <input value={name.value} maxLength={80} onInput={(event) => (name.value = event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={checked.problem !== undefined || busy}>
          Start
        </button>
      </div>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
