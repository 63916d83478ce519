import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { count, duration, precise } from "../format";
import { at, eventAt, events, lookAt, states } from "../state/execution";

/** Goes to any moment of a history: the graph, the variables and the ledger are shown as they were then. */
export function Scrubber() {
  const playing = useSignal(false);
  const last = events.value.length;
  const now = at.value;

  useEffect(() => {
    if (!playing.value) return;
    // However long the history is, it is over in half a minute.
    const step = Math.max(1, Math.ceil(last / 120));
    const timer = setInterval(() => {
      if (at.peek() >= events.peek().length) playing.value = false;
      else lookAt(at.peek() + step);
    }, 250);
    return () => {
      clearInterval(timer);
    };
  }, [playing.value]);

  const event = eventAt(now);
  const first = eventAt(1);
  const name = event ? eventText(now) : "no event";
  const since = event && first ? duration(event.timestamp - first.timestamp) : "";
  const go = (to: number): void => {
    playing.value = false;
    lookAt(Math.min(last, Math.max(1, to)));
  };
  return (
    <div class="scrubber" role="group" aria-label="Moment of the history">
      <div class="buttons">
        <Button
          label="first event"
          figure="M4 3v10M13 3L6 8l7 5z"
          disabled={now <= 1}
          act={() => {
            go(1);
          }}
        />
        <Button
          label="event before"
          figure="M11 3L4 8l7 5z"
          disabled={now <= 1}
          act={() => {
            go(now - 1);
          }}
        />
        <Button
          label={playing.value ? "pause" : "play"}
          figure={playing.value ? "M5 3v10M11 3v10" : "M3 3l6 5-6 5zM10 3v10"}
          act={() => {
            if (!playing.value && now >= last) lookAt(1);
            playing.value = !playing.value;
          }}
        />
        <Button
          label="next event"
          figure="M5 3l7 5-7 5z"
          disabled={now >= last}
          act={() => {
            go(now + 1);
          }}
        />
        <Button
          label="last event"
          figure="M12 3v10M3 3l7 5-7 5z"
          disabled={now >= last}
          act={() => {
            go(last);
          }}
        />
      </div>
      <input
        type="range"
        min={1}
        max={Math.max(1, last)}
        value={now}
        aria-label="Event"
        aria-valuetext={`event ${now} of ${last}: ${name}, ${since} after the start`}
        onInput={(input) => {
          go(Number(input.currentTarget.value));
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

interface ButtonProps {
  readonly label: string;
  /** In a square of 16. */
  readonly figure: string;
  readonly disabled?: boolean;
  readonly act: () => void;
}

const Button = ({ label, figure, disabled = false, act }: ButtonProps) => (
  <button type="button" aria-label={label} title={label} disabled={disabled} onClick={act}>
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={figure} fill="currentColor" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
    </svg>
  </button>
);

/** What an event is, and of which state. */
export const eventText = (id: number): string => [eventAt(id)?.type, states.value[id]].filter(Boolean).join(" ");
