import { useEffect } from "preact/hooks";
import { counted } from "../format";
import { VerdictMark } from "../parts/status";
import { sagaLink } from "../route";
import { sagas } from "../state/console";
import { filter } from "../state/executions";
import { REFERENCE } from "../reference";
import type { SagaEntry } from "../wire";
import { Executions } from "./executions";

/** The first page: the sagas with their verdicts, and all executions. */
export function Sagas() {
  useEffect(() => {
    filter.value = { ...filter.peek(), saga: "" };
  }, []);
  const found = sagas.value;
  const behind = (found ?? []).filter(({ startable }) => !startable);
  return (
    <>
      <section aria-labelledby="sagas" class="panel">
        <header class="bar">
          <h1 id="sagas">Sagas</h1>
        </header>
        {found?.length === 0 && <p class="empty">There are no sagas: the program does not register any.</p>}
        <Cards of={[...(found ?? []).filter(({ startable }) => startable), REFERENCE]} />
        {behind.length > 0 && (
          <details>
            <summary>{counted(behind.length, "machine")} that only other machines start</summary>
            <Cards of={behind} />
          </details>
        )}
      </section>
      <Executions />
    </>
  );
}

const Cards = ({ of }: { readonly of: readonly SagaEntry[] }) => (
  <ul class="cards">
    {of.map(({ name, verdict, machineArn }) => (
      <li key={name}>
        <a href={sagaLink(name)} class="card-link">
          {name}
        </a>
        <VerdictMark status={verdict.status} />
        <p class="note">{machineArn === "" ? `Not deployed: an example. ${verdict.summary}` : verdict.summary}</p>
      </li>
    ))}
  </ul>
);
