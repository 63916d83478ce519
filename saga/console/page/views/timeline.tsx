import { computed } from "@preact/signals";
import { statusAt, type Story, triesOf, type Try, type Visit } from "../../../control/story";
import { counted, dateTime, duration } from "../format";
import { Mark } from "../parts/mark";
import { VirtualList } from "../parts/virtual-list";
import { narrow } from "../parts/width";
import { at, events, lookAt, story, until } from "../state/execution";
import { type Timescale, timescaleOf } from "../timescale";
import { VisitDetails } from "./visit";

const scale = computed(() => {
  const times = events.value.map(({ timestamp }) => timestamp);
  // A call that waits for somebody's answer counts as a pause.
  const calls = (story.value?.path ?? []).flatMap((visit) =>
    triesOf(visit).flatMap(({ from, to = Infinity, token }) => (token === undefined ? [{ from, to }] : [])),
  );
  return timescaleOf(times, calls);
});
/** The visits on the timeline: calls, waits and failures. Other states take no time. */
const visits = computed(() =>
  (story.value?.path ?? []).filter(
    ({ type, calls, error }) => type === "Wait" || calls.length > 0 || error !== undefined,
  ),
);

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;

/** When each call ran, with its tries. Long pauses are drawn short, with their length. */
export function Timeline() {
  const told = story.value;
  if (!told) return <p class="empty">The timeline needs the definition of the machine.</p>;
  const now = events.value[at.value - 1]?.timestamp ?? told.started;
  return (
    <div class="timeline">
      <Axis scale={scale.value} />
      <VirtualList
        count={visits.value.length}
        rowHeight={narrow.value ? 3.5 : 2}
        box={{ role: "list", "aria-label": "Calls and waits, in order", class: "timeline-rows", tabIndex: 0 }}
        row={(index) => <Row key={index} visit={visits.value[index] as Visit} index={index} story={told} now={now} />}
      />
      <VisitDetails />
    </div>
  );
}

function Axis({ scale: { stretches } }: { readonly scale: Timescale }) {
  const first = stretches[0]?.from ?? 0;
  const last = stretches.at(-1)?.to ?? 0;
  const breaks = stretches.filter(({ idle }) => idle);
  const left = breaks.map(({ from, to }) => duration(to - from));
  // More labels would overlap.
  const labelled = breaks.length <= (narrow.value ? 1 : 8);
  const label = `From ${dateTime(new Date(first))}, ${duration(last - first)} long`;
  return (
    <div class="timeline-row timeline-axis">
      <span class="note">
        {duration(last - first)} in all
        {breaks.length > 0 && !labelled && `, pauses drawn short: ${left.join(", ")}`}
      </span>
      <svg
        role="img"
        aria-label={left.length === 0 ? label : `${label}, with pauses drawn short: ${left.join(", ")}`}
        width="100%"
        height="20"
      >
        {breaks.map(({ from, to, start, end }, at_) => (
          <g key={at_}>
            <rect class="break" x={percent(start)} width={percent(end - start)} y="0" height="20" />
            {labelled && (
              <text class="break-text" x={percent((start + end) / 2)} y="14" text-anchor="middle">
                {duration(to - from)}
              </text>
            )}
          </g>
        ))}
      </svg>
      <span />
    </div>
  );
}

interface RowProps {
  readonly visit: Visit;
  readonly index: number;
  readonly story: Story;
  readonly now: number;
}

function Row({ visit, index, story: told, now }: RowProps) {
  const { place, stretches } = scale.value;
  const tries = triesOf(visit);
  const end = visit.ended ?? until.value;
  const status = statusAt(told, visit, at.value);
  return (
    <div role="listitem" aria-setsize={visits.value.length} aria-posinset={index + 1} class="timeline-row">
      <button
        type="button"
        class="plain"
        onClick={() => {
          lookAt(visit.enteredAt);
        }}
      >
        {visit.instance}
      </button>
      <svg aria-hidden="true" width="100%" height="18" class={status === undefined ? "later" : ""}>
        {stretches
          .filter(({ idle }) => idle)
          .map(({ start, end: stop }) => (
            <rect class="break" key={start} x={percent(start)} width={percent(stop - start)} y="0" height="18" />
          ))}
        <line class="visit" x1={percent(place(visit.started))} x2={percent(place(end))} y1="9" y2="9" />
        {tries.map((each) => (
          <Bar key={each.scheduled} each={each} place={place} end={end} undo={visit.side === "undo"} />
        ))}
        <line class="now" x1={percent(place(now))} x2={percent(place(now))} y1="0" y2="18" />
      </svg>
      <span class="timeline-text">
        {status !== undefined && <Mark look={status} />}
        <span>
          {duration(end - visit.started)}
          {tries.length > 1 && `, ${counted(tries.length, "try", "tries")}`}
        </span>
      </span>
    </div>
  );
}

interface BarProps {
  readonly each: Try;
  readonly place: Timescale["place"];
  readonly end: number;
  readonly undo: boolean;
}

function Bar({ each, place, end, undo }: BarProps) {
  const from = place(each.from);
  const to = place(each.to ?? end);
  const kind =
    each.outcome === "succeeded" ? (undo ? "undone" : "done") : each.outcome === "in progress" ? "open" : "failed";
  // A try of no length is still visible.
  const width = Math.max(to - from, 0.004);
  return (
    <>
      <rect
        class={`try try-${kind}`}
        x={percent(Math.min(from, 1 - width))}
        width={percent(width)}
        y="3"
        height="12"
        rx="2"
      />
      {kind === "failed" && <line class="try-end" x1={percent(to)} x2={percent(to)} y1="0" y2="18" />}
    </>
  );
}
