import type { HistoryEvent } from "../../../control/history";
import { count, duration } from "../format";
import { Json } from "../parts/json";
import { VirtualList } from "../parts/virtual-list";
import { narrow } from "../parts/width";
import { at, eventAt, events, lookAt, states } from "../state/execution";

/** All events, with the details of the selected one. */
export function Events() {
  const list = events.value;
  const chosen = at.value;
  const first = list[0]?.timestamp ?? 0;
  const move = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    const ends: Readonly<Record<string, number>> = { Home: 1, End: list.length };
    const to = ends[event.key] ?? (steps[event.key] === undefined ? undefined : chosen + (steps[event.key] as number));
    if (to === undefined) return;
    event.preventDefault();
    lookAt(Math.min(list.length, Math.max(1, to)));
  };
  return (
    <div class="split">
      <VirtualList
        count={list.length}
        rowHeight={narrow.value ? 3 : 1.75}
        shown={chosen - 1}
        box={{
          role: "listbox",
          "aria-label": `Events, ${count(list.length)}`,
          "aria-activedescendant": `event-${chosen}`,
          tabIndex: 0,
          class: "events",
          onKeyDown: move,
        }}
        row={(index) => {
          const { id, timestamp, type, error } = list[index] as HistoryEvent;
          return (
            <div
              role="option"
              id={`event-${id}`}
              key={id}
              class="event"
              aria-selected={id === chosen}
              aria-setsize={list.length}
              aria-posinset={index + 1}
              onClick={() => {
                lookAt(id);
              }}
            >
              <span class="event-id">{id}</span>
              <span class="event-time">+ {duration(timestamp - first)}</span>
              <span class={`event-type${/Failed|TimedOut|Aborted/.test(type) ? " event-bad" : ""}`}>{type}</span>
              <span class="event-state">{[states.value[id], error].filter(Boolean).join(": ")}</span>
            </div>
          );
        }}
      />
      <EventDetails />
    </div>
  );
}

/** The fields that have their own headings. */
const DATA = ["input", "parameters", "output", "assignedVariables"] as const;
const TITLES: Readonly<Record<(typeof DATA)[number], string>> = {
  input: "Input",
  parameters: "Arguments",
  output: "Output",
  assignedVariables: "Assigned variables",
};

function EventDetails() {
  const event = eventAt(at.value);
  if (!event) return null;
  const { id, previousEventId, timestamp, type, ...rest } = event;
  const plain = Object.entries(rest).filter(([name]) => !DATA.some((each) => each === name));
  return (
    <div class="details" role="region" aria-label="The event">
      <h3>
        {id} {type}
      </h3>
      <dl>
        <dt>at</dt>
        <dd>{new Date(timestamp).toISOString()}</dd>
        <dt>follows</dt>
        <dd>{previousEventId === 0 ? "nothing" : `event ${previousEventId}`}</dd>
        {plain.map(([name, value]) => (
          <Field key={name} name={name} value={value} />
        ))}
      </dl>
      {DATA.filter((name) => event[name] !== undefined).map((name) => (
        <section key={name}>
          <h4>{TITLES[name]}</h4>
          <Json value={event[name]} label={TITLES[name]} />
        </section>
      ))}
    </div>
  );
}

const Field = ({ name, value }: { readonly name: string; readonly value: unknown }) => (
  <>
    <dt>{name}</dt>
    <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
  </>
);
