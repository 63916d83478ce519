import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { count, dateOf, precise } from "../format";
import { Json } from "../parts/json";
import { type Aside, logs, rows } from "../state/asides";
import { story, subject, variables } from "../state/execution";

/** The views beside the history: variables, input and output, rows, logs. */

export function Variables() {
  const found = Object.entries(variables.value);
  if (found.length === 0) return <p class="empty">No variable is assigned at this event.</p>;
  return (
    <>
      <dl class="variables">
        {found.slice(0, MOST).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Value value={value} />
            </dd>
          </div>
        ))}
      </dl>
      {found.length > MOST && <p class="note">and {count(found.length - MOST)} more</p>}
    </>
  );
}

/** The most variables that are shown. A list of thousands has one for each item. */
const MOST = 50;

/** A long value is shortened until somebody opens it. */
function Value({ value }: { readonly value: unknown }) {
  const text = JSON.stringify(value);
  if (text.length <= SHORT) return <code>{text}</code>;
  return (
    <details>
      <summary>
        <code>{text.slice(0, SHORT)}…</code>
      </summary>
      <Json value={value} />
    </details>
  );
}

const SHORT = 120;

export function InputAndOutput() {
  const { input, output, error, cause } = story.value ?? {};
  return (
    <div class="halves">
      <section>
        <h3>Input</h3>
        <Json value={input} label="Input" />
      </section>
      <section>
        <h3>{error === undefined ? "Output" : "Error"}</h3>
        {error === undefined ? (
          <Json value={output} label="Output" />
        ) : (
          <Json value={{ error, cause: parsed(cause) }} label="Error" />
        )}
      </section>
    </div>
  );
}

/** The cause of a saga's failure is JSON. */
function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** Reads an aside for as long as the view is shown. */
function useAside(aside: Pick<Aside<unknown>, "view">): void {
  const live = subject.value?.live === true;
  useEffect(() => (live ? aside.view() : undefined), [live, aside]);
}

interface ListProps<T> {
  readonly aside: Aside<T>;
  /** Shown if the list is empty. */
  readonly none: string;
  readonly children: (found: readonly T[]) => ComponentChildren;
}

/** A list that may be read again while somebody looks at it: its elements stay, with their scroll position and focus. */
function List<T>({ aside: { found, problem }, none, children }: ListProps<T>) {
  const list = found.value;
  return (
    <>
      {problem.value !== undefined && <p class="problem">{problem.value}</p>}
      {list === undefined && problem.value === undefined && (
        <p class="empty">{subject.value?.live === true ? "Reading…" : "A saved history does not contain them."}</p>
      )}
      {list?.length === 0 && <p class="empty">{none}</p>}
      {list !== undefined && list.length > 0 && children(list)}
    </>
  );
}

export function Rows() {
  useAside(rows);
  return (
    <List aside={rows} none="The execution has not written any row.">
      {(found) => (
        <ul class="rows">
          {found.map(({ table, key, item }) => (
            <li key={`${table} ${JSON.stringify(key)}`}>
              <h3>
                {table} <span class="note">{Object.values(key).map(String).join(" / ")}</span>
              </h3>
              <Json value={item} label={`Row of ${table}`} />
            </li>
          ))}
        </ul>
      )}
    </List>
  );
}

export function Logs() {
  useAside(logs);
  return (
    <List aside={logs} none="Its functions have not logged anything.">
      {(found) => (
        <div class="logs" role="region" aria-label="Logs" tabIndex={0}>
          {found.map(({ function: name, at, line }, index) => (
            <p key={index}>
              <span class="note">{precise(dateOf(at))}</span> <strong>{name}</strong> <code>{line}</code>
            </p>
          ))}
        </div>
      )}
    </List>
  );
}
