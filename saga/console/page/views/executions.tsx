import { VirtualList } from "../parts/virtual-list";
import { StatusMark } from "../parts/status";
import { narrow } from "../parts/width";
import { count, dateOf, dateTime, duration } from "../format";
import { executionLink } from "../route";
import { sagas } from "../state/console";
import { entries, type Filter, filter, listProblem, loading, loadMore, more } from "../state/executions";
import type { ExecutionEntry, Status } from "../wire";

const STATUSES: readonly (readonly [Status, string])[] = [
  ["RUNNING", "running"],
  ["SUCCEEDED", "completed"],
  ["FAILED", "compensated or stuck"],
  ["ABORTED", "aborted"],
  ["TIMED_OUT", "timed out"],
];

const ask = (asked: Partial<Filter>): void => {
  filter.value = { ...filter.value, ...asked };
};

/** The executions, those that began last first; of one saga where its page says so. */
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
              value={filter.value.status}
              onChange={(event) => {
                ask({ status: event.currentTarget.value as Status | "" });
              }}
            >
              <option value="">any</option>
              {STATUSES.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
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
        !loading.value && <p class="empty">None: start one, or ask for less.</p>
      )}
    </section>
  );
}

const summary = (length: number): string =>
  loading.value && length === 0 ? "reading…" : `${count(length)}${more.value ? " read, there are more" : ""}`;

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
              <StatusMark status={entry.status} error={entry.error} />
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
