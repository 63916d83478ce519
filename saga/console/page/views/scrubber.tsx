import { count, duration, precise } from "../format";
import { Player } from "../parts/player";
import { at, eventAt, events, lookAt, states } from "../state/execution";

/** Selects an event. The graph, the variables and the ledger are shown as of that event. */
export function Scrubber() {
  const last = events.value.length;
  const now = at.value;
  const event = eventAt(now);
  const first = eventAt(1);
  const name = event ? eventText(now) : "no event";
  const since = event && first ? duration(event.timestamp - first.timestamp) : "";
  return (
    <div class="scrubber" role="group" aria-label="Moment of the history">
      {/* A history of any length plays in half a minute. */}
      <Player last={last} now={now} unit="event" pace={250} stride={Math.ceil(last / 120)} onMove={lookAt} />
      <input
        type="range"
        min={1}
        max={Math.max(1, last)}
        value={now}
        aria-label="Event"
        aria-valuetext={`event ${now} of ${last}: ${name}, ${since} after the start`}
        onInput={(input) => {
          lookAt(Number(input.currentTarget.value));
        }}
      />
      <p class="moment">
        <strong>
          {count(now)} / {count(last)}
        </strong>{" "}
        {name} {event && <span class="note">{`${precise(new Date(event.timestamp))}, + ${since}`}</span>}
      </p>
    </div>
  );
}

/** The type and the state of an event. */
const eventText = (id: number): string => [eventAt(id)?.type, states.value[id]].filter(Boolean).join(" ");
