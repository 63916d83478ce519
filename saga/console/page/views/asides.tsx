import { useEffect } from "preact/hooks";
import { count, dateOf, precise } from "../format";
import { Json } from "../parts/json";
import { type Aside, logs, readLogs, readRows, rows, story, subject, variables } from "../state/execution";

/** What stands beside the history of an execution: variables, what went in and came out, rows, logs. */

export function Variables() {
  const found = Object.entries(variables.value);
  if (found.length === 0) return <p class="empty">None is assigned at this moment.</p>;
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
      {found.length > MOST && <p class="note">and {count(found.length - MOST)} more, of items of a list</p>}
    </>
  );
}

/** More than anybody reads; a list of thousands has one for each item. */
const MOST = 50;

/** A long value is shown whole where somebody asks for it. */
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

/** A saga's cause is JSON. */
function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** What is read when it is first looked at; a history from a file has none of it. */
function useAside<T>(aside: Aside<T> | undefined, readAside: () => Promise<void>): readonly T[] | string {
  const live = subject.value?.live === true;
  useEffect(() => {
    if (live && aside === undefined) void readAside();
  }, [live, aside === undefined]);
  if (!live) return "A saved history has none.";
  if (aside === undefined) return "Reading…";
  return "found" in aside ? aside.found : aside.problem;
}

export function Rows() {
  const found = useAside(rows.value, readRows);
  if (typeof found === "string") return <p class="empty">{found}</p>;
  if (found.length === 0) return <p class="empty">It has written none.</p>;
  return (
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
  );
}

export function Logs() {
  const found = useAside(logs.value, readLogs);
  if (typeof found === "string") return <p class="empty">{found}</p>;
  if (found.length === 0) return <p class="empty">Its calls have logged nothing.</p>;
  return (
    <div class="logs" role="region" aria-label="Logs" tabIndex={0}>
      {found.map(({ function: name, at, line }, index) => (
        <p key={index}>
          <span class="note">{precise(dateOf(at))}</span> <strong>{name}</strong> <code>{line}</code>
        </p>
      ))}
    </div>
  );
}
