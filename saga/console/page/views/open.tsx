import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { readDeclaration } from "../../../asl/declaration";
import { readDefinition } from "../../../asl/definition";
import { innerOf, type RawStates } from "../../../asl/states";
import { type HistoryEvent, readHistory } from "../../../control/history";
import { messageOf } from "../api";
import { counted } from "../format";
import { checkJson } from "../json-text";
import { sagas, session } from "../state/console";
import { closeExecution, lookAt, openSaved, subject } from "../state/execution";
import { executionLink, goTo, route } from "../route";
import { Shown } from "./execution";

/** The opened history. The machine and the declaration may follow. */
interface Opened {
  readonly name: string;
  readonly events: readonly HistoryEvent[];
}

/** Opens a saved history of any account. It is read in the browser and not sent anywhere. */
export function Open() {
  const opened = useSignal<Opened | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const over = useSignal(false);

  useEffect(() => {
    closeExecution();
    return closeExecution;
  }, []);

  const take = async (files: Iterable<File>): Promise<void> => {
    problem.value = undefined;
    for (const file of files) {
      try {
        takeFile(file.name, await jsonOf(file), opened.peek(), (found) => {
          opened.value = found;
        });
      } catch (error) {
        problem.value = `${file.name}: ${messageOf(error)}`;
      }
    }
  };

  return (
    <div
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        void take(event.dataTransfer?.files ?? []);
      }}
    >
      <section class={`panel drop${over.value ? " drop-over" : ""}`} aria-labelledby="open">
        <h1 id="open">Open a history</h1>
        <p>Choose files, or drop them here. This page reads them and does not send them anywhere.</p>
        <Choose onFiles={take} />
        <OpenArn />
        <ul class="note">
          <li>
            a history: <code>aws stepfunctions get-execution-history --include-execution-data --execution-arn ARN</code>
          </li>
          <li>
            if no saga here matches, its machine:{" "}
            <code>aws stepfunctions describe-state-machine-for-execution --execution-arn ARN</code>
          </li>
          <li>for the ledger, the saga's declaration of what undoes what</li>
        </ul>
        {opened.value && (
          <p role="status">
            <strong>{opened.value.name}</strong>: {counted(opened.value.events.length, "event")}
            {subject.value?.definition ? `, matches ${subject.value.saga}` : ", matches no saga here: add its machine"}
          </p>
        )}
        {problem.value !== undefined && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
      </section>
      {opened.value && subject.value && <Shown />}
    </div>
  );
}

function Choose({ onFiles }: { readonly onFiles: (files: Iterable<File>) => Promise<void> }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <label class="choose">
      <span>Files</span>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        multiple
        onChange={(event) => void onFiles(event.currentTarget.files ?? [])}
      />
    </label>
  );
}

/** Opens an execution by its ARN, from the server. */
function OpenArn() {
  const arn = useSignal("");
  const { kind, name } = session.value?.target ?? { kind: "local", name: "" };
  const known = /^arn:[^:]+:states:[^:]+:\d*:(execution|express):\S+$/.test(arn.value);
  return (
    <form
      class="bar"
      onSubmit={(event) => {
        event.preventDefault();
        if (known) goTo(executionLink(arn.value));
      }}
    >
      <label class="field">
        <span>or the ARN of an execution of {kind === "local" ? "this machine" : name}</span>
        <input
          class="code"
          value={arn.value}
          aria-invalid={arn.value !== "" && !known}
          onInput={(event) => {
            arn.value = event.currentTarget.value.trim();
          }}
        />
      </label>
      <button type="submit" disabled={!known}>
        Open
      </button>
    </form>
  );
}

async function jsonOf(file: File): Promise<unknown> {
  const text = (await file.text()).replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text);
  } catch {
    const { problem } = checkJson(text);
    throw new Error(problem ? `line ${problem.line}, column ${problem.column}: ${problem.message}` : "is not JSON");
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Recognises a history, a machine or a declaration by its fields. */
function takeFile(name: string, json: unknown, opened: Opened | undefined, onOpened: (opened: Opened) => void): void {
  const fields: Fields = typeof json === "object" && json !== null ? (json as Fields) : {};
  if (Array.isArray(json) || fields["events"] !== undefined) {
    const events = readHistory(json);
    onOpened({ name, events });
    const known = sagaOf(events);
    const described = { live: false, description: {} };
    openSaved(
      {
        key: name,
        ...described,
        saga: known?.name ?? "an unknown machine",
        definition: known?.definition,
        declaration: known?.declaration,
      },
      events,
    );
    const { at } = route.peek() as { readonly at?: number };
    if (at !== undefined) lookAt(at);
    return;
  }
  const before = subject.peek();
  if (!opened || !before) throw new Error("is not a history: open the history first");
  if (fields["calls"] !== undefined) {
    subject.value = { ...before, declaration: readDeclaration(json) };
    return;
  }
  const definition = typeof fields["definition"] === "string" ? (JSON.parse(fields["definition"]) as Fields) : fields;
  if (definition["States"] === undefined) throw new Error("is not a history, a machine or a declaration");
  const saga = typeof fields["name"] === "string" ? fields["name"] : name.replace(/\.json$/, "");
  subject.value = { ...before, saga, definition: readDefinition(definition) };
}

/** A saga whose machine has all the states that the history enters. */
function sagaOf(events: readonly HistoryEvent[]) {
  const entered = new Set(
    events.flatMap(({ type, state }) => (type.endsWith("StateEntered") && state !== undefined ? [state] : [])),
  );
  return (sagas.value ?? []).find(({ definition }) => {
    const names = new Set(namesIn(definition));
    return [...entered].every((state) => names.has(state));
  });
}

const namesIn = ({ States }: RawStates): readonly string[] =>
  Object.entries(States).flatMap(([name, state]) => [name, ...innerOf(state).flatMap(namesIn)]);
