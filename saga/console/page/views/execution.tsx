import { computed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { coloursOf } from "../../../graph/colours";
import { executionOutcomeOf } from "../../../asl/outcome";
import { outcomeAt } from "../../../control/story";
import { count, dateTime, duration, nameOf } from "../format";
import { Dialog } from "../parts/dialog";
import { OutcomeMark } from "../parts/status";
import { Tabs } from "../parts/tabs";
import { useAction } from "../parts/use-action";
import { executionLink, noteMoment, route, sagaLink } from "../route";
import { mayWrite, redriveExecution, stopExecution } from "../state/actions";
import { drawingOf } from "../state/drawing";
import {
  at,
  closeExecution,
  events,
  executionProblem,
  lookAt,
  moment,
  openExecution,
  story,
  storyProblem,
  subject,
  until,
  visit,
} from "../state/execution";
import { Advice, mayRedrive } from "./advice";
import { Answers } from "./answers";
import { InputAndOutput, Logs, Rows, Variables } from "./asides";
import { Events } from "./events";
import { GraphView, isWide } from "./graph";
import { Ledger } from "./ledger";
import { Scrubber } from "./scrubber";
import { Timeline } from "./timeline";

/** An execution that the server knows. */
export function Execution({ arn }: { readonly arn: string }) {
  useEffect(() => {
    const shown = route.peek();
    void openExecution(arn, shown.view === "execution" ? shown.at : undefined);
    return closeExecution;
  }, [arn]);
  if (executionProblem.value !== undefined) {
    return (
      <section class="panel">
        <h1>{nameOf(arn)}</h1>
        <p class="problem" role="alert">
          {executionProblem.value}
        </p>
      </section>
    );
  }
  if (subject.value?.key !== arn || events.value.length === 0) {
    return <p class="empty">Reading {nameOf(arn)}…</p>;
  }
  return <Shown />;
}

/** The views of an execution of the server or from a file. */
export function Shown() {
  useEffect(() => {
    noteMoment(moment.value);
  }, [moment.value]);
  return (
    <>
      <Head />
      <Answers />
      <Advice />
      {storyProblem.value !== undefined && <p class="problem panel">{storyProblem.value}</p>}
      <Scrubber />
      <div class={`columns${wide.value ? " columns-wide" : ""}`}>
        <Drawing />
        <div class="column">
          <section class="panel" aria-labelledby="ledger">
            <h2 id="ledger">Ledger of effects</h2>
            <Ledger />
          </section>
          <section class="panel" aria-labelledby="variables">
            <h2 id="variables">Variables</h2>
            <Variables />
          </section>
        </div>
      </div>
      <Tabs
        label="Views of the execution"
        tabs={[
          { id: "timeline", title: "Timeline", view: () => <Timeline /> },
          { id: "events", title: `Events (${count(events.value.length)})`, view: () => <Events /> },
          { id: "data", title: "Input and output", view: () => <InputAndOutput /> },
          { id: "rows", title: "Rows", view: () => <Rows /> },
          { id: "logs", title: "Logs", view: () => <Logs /> },
        ]}
      />
    </>
  );
}

function Head() {
  const { key = "", live = false, saga = "", description = {}, recovery } = subject.value ?? {};
  const told = story.value;
  const started = events.value[0]?.timestamp ?? 0;
  return (
    <header class="head">
      <div>
        <h1>{live ? nameOf(key) : key}</h1>
        <p class="facts">
          {told ? (
            <OutcomeMark outcome={told.outcome} />
          ) : (
            description.status && <OutcomeMark outcome={executionOutcomeOf(description.status, description.error)} />
          )}
          {live ? <a href={sagaLink(saga)}>{saga}</a> : <span>{saga}</span>}
          <span>{dateTime(new Date(started))}</span>
          <span>{duration(until.value - started)}</span>
          {told?.recovers !== undefined && (
            <span>
              recovers <a href={executionLink(told.recovers)}>{nameOf(told.recovers)}</a>
            </span>
          )}
          {recovery && (
            <span>
              recovered by <a href={executionLink(recovery.arn)}>{nameOf(recovery.arn)}</a>
            </span>
          )}
          {(description.redriveCount ?? 0) > 0 && <span>redriven {description.redriveCount}×</span>}
          {subject.value?.dataHidden === true && <span>data is hidden, as in the machine's log</span>}
        </p>
      </div>
      {live && <Buttons arn={key} />}
    </header>
  );
}

function Buttons({ arn }: { readonly arn: string }) {
  const { run, busy, problem } = useAction();
  const asking = useSignal(false);
  const outcome = story.value?.outcome;
  if (!mayWrite()) return <p class="note">Read-only</p>;
  return (
    <div class="buttons">
      {outcome === "running" && (
        <button
          type="button"
          onClick={() => {
            asking.value = true;
          }}
        >
          Stop…
        </button>
      )}
      {mayRedrive.value && (
        <button
          type="button"
          class="primary"
          disabled={busy}
          onClick={() => {
            run(() => redriveExecution(arn));
          }}
        >
          Redrive
        </button>
      )}
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {asking.value && (
        <Dialog
          title="Stop this execution?"
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>
            It stops at once and undoes nothing. If the saga is deployed with recovery, a recovery machine then undoes
            its effects.
          </p>
          <form method="dialog" class="buttons">
            <button type="submit">Let it run</button>
            <button
              type="submit"
              class="danger"
              onClick={() => {
                run(() => stopExecution(arn));
              }}
            >
              Stop it
            </button>
          </form>
        </Dialog>
      )}
    </div>
  );
}

const colours = computed(() => {
  const { definition, declaration, saga } = subject.value ?? {};
  if (!story.value || !definition) return undefined;
  return coloursOf(drawingOf(saga ?? "", definition, declaration), story.value, at.value);
});
/** Whether the graph needs the whole width. */
const wide = computed(() => {
  const { definition, declaration, saga } = subject.value ?? {};
  return definition !== undefined && isWide(drawingOf(saga ?? "", definition, declaration));
});
function Drawing() {
  const { saga = "", definition, declaration } = subject.value ?? {};
  if (!definition) return <p class="empty panel">The graph needs the definition of the machine.</p>;
  const told = story.value;
  return (
    <section class="panel" aria-labelledby="graph">
      <header class="bar">
        <h2 id="graph">Graph</h2>
        {told && moment.value !== undefined && (
          <p class="note">
            at event {count(at.value)}: <OutcomeMark outcome={outcomeAt(told, at.value)} />
          </p>
        )}
      </header>
      <GraphView
        placed={drawingOf(saga, definition, declaration)}
        colours={colours.value}
        chosen={visit.value?.id}
        pressable={({ id }) => told?.path.some((each) => each.id === id) === true}
        onPress={({ id }) => {
          const first = told?.path.find((each) => each.id === id);
          if (first) lookAt(first.enteredAt);
        }}
      />
    </section>
  );
}
