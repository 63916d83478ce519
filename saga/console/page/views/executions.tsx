import { type ExecutionOutcome, EXECUTION_OUTCOMES } from "../../../asl/outcome";
import { VirtualList } from "../parts/virtual-list";
import { OutcomeMark } from "../parts/status";
import { narrow } from "../parts/width";
import { count, dateOf, dateTime, duration } from "../format";
import { executionLink } from "../route";
import { sagas } from "../state/console";
import { entries, type Filter, filter, listProblem, loading, loadMore, more } from "../state/executions";
import type { ExecutionEntry } from "../wire";

const ask = (asked: Partial<Filter>): void => {
  filter.value = { ...filter.value, ...asked };
};

/** The executions of all sagas, or of one. */
export function Executions({ saga }: { readonly saga?: string }) {
  const list = entries.value;
  return (
    <section aria-labelledby="executions" class={saga === undefined ? "panel" : "panel of-one-saga"}>
      <header class="bar">
        <h2 id="executions">Executions</h2>
        <p class="note" role="status">
          {summary(list.length)}
        </p>
        <div class="fields">
          {saga === undefined && <SagaField />}
          <label>
            <span>Status</span>
            <select
              value={filter.value.outcome}
              onChange={(event) => {
                ask({ outcome: event.currentTarget.value as ExecutionOutcome | "" });
              }}
            >
              <option value="">any</option>
              {EXECUTION_OUTCOMES.map((outcome) => (
                <option key={outcome} value={outcome}>
                  {outcome}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>Name</span>
            <input
              type="search"
              value={filter.value.text}
              onInput={(event) => {
                ask({ text: event.currentTarget.value.trim() });
              }}
            />
          </label>
        </div>
      </header>
      {listProblem.value !== undefined && <p class="problem">{listProblem.value}</p>}
      {list.length > 0 ? (
        <List list={list} ofOneSaga={saga !== undefined} />
      ) : (
        !loading.value && (
          <p class="empty">{more.value ? "None so far." : "No execution matches. Start one, or change the filter."}</p>
        )
      )}
      {more.value && (
        <button type="button" class="further" onClick={loadMore}>
          Look further
        </button>
      )}
    </section>
  );
}

const summary = (length: number): string =>
  loading.value && length === 0 ? "reading…" : `${count(length)}${more.value ? " read, and there are more" : ""}`;

function SagaField() {
  return (
    <label>
      <span>Saga</span>
      <select
        value={filter.value.saga}
        onChange={(event) => {
          ask({ saga: event.currentTarget.value });
        }}
      >
        <option value="">any</option>
        {(sagas.value ?? []).map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function List({ list, ofOneSaga }: { readonly list: readonly ExecutionEntry[]; readonly ofOneSaga: boolean }) {
  return (
    <VirtualList
      count={list.length}
      rowHeight={narrow.value ? 3.75 : 2.25}
      onNearEnd={loadMore}
      box={{
        role: "table",
        "aria-label": "Executions",
        "aria-rowcount": list.length,
        tabIndex: 0,
        class: "executions",
      }}
      row={(index) => {
        const entry = list[index] as ExecutionEntry;
        const started = dateOf(entry.started);
        const took = entry.stopped === undefined ? "" : duration(dateOf(entry.stopped).getTime() - started.getTime());
        return (
          <div role="row" aria-rowindex={index + 1} class="row" key={entry.arn}>
            <span role="cell" class="cell-name">
              <a href={executionLink(entry.arn)}>{entry.name}</a>
            </span>
            {!ofOneSaga && (
              <span role="cell" class="cell-saga">
                {entry.saga}
              </span>
            )}
            <span role="cell" class="cell-status">
              <OutcomeMark outcome={entry.outcome} />
            </span>
            <span role="cell" class="cell-started">
              {dateTime(started)}
            </span>
            <span role="cell" class="cell-took">
              {took}
            </span>
          </div>
        );
      }}
    />
  );
}
