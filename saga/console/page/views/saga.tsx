import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { PlacedNode } from "../../../graph/layout";
import type { Violation } from "../../../verify/rules";
import { Menu } from "../parts/menu";
import { VerdictMark } from "../parts/status";
import { useAction } from "../parts/use-action";
import { REFERENCE } from "../reference";
import { clearFault, faultsOf, mayWrite, setFault } from "../state/actions";
import { sagaNamed, session } from "../state/console";
import { drawingOf } from "../state/drawing";
import { filter } from "../state/executions";
import type { Fault, FaultKind, SagaEntry } from "../wire";
import { Counterexample } from "./counterexample";
import { Executions } from "./executions";
import { GraphView, isWide } from "./graph";
import { Start } from "./start";
import { Verdict } from "./verdict";

/** A saga: its graph, its verdict and its executions. */
export function Saga({ name }: { readonly name: string }) {
  const saga = name === REFERENCE.name ? REFERENCE : sagaNamed(name);
  if (!saga) {
    return (
      <section class="panel">
        <h1>{name}</h1>
        <p class="problem">There is no saga with this name.</p>
      </section>
    );
  }
  return <Found key={saga.machineArn} saga={saga} />;
}

function Found({ saga }: { readonly saga: SagaEntry }) {
  const { name, machineArn, definition, declaration, verdict } = saga;
  const played = useSignal<Violation | undefined>(undefined);
  const deployed = saga !== REFERENCE;
  const startable = deployed && saga.startable;
  useEffect(() => {
    if (deployed) filter.value = { ...filter.peek(), saga: name };
  }, [name, deployed]);
  return (
    <>
      <header class="head">
        <div>
          <h1>{name}</h1>
          <p class="facts">
            <VerdictMark status={verdict.status} />
            <span>{verdict.summary}</span>
          </p>
        </div>
      </header>
      {!deployed && (
        <p class="panel">
          This is the state machine of a tutorial on sagas. Many people write theirs like this. It is not deployed. Play
          its faults step by step.
        </p>
      )}
      <div
        class={`columns${isWide(drawingOf(name, definition, declaration)) ? " columns-wide" : ""}${startable || played.value ? "" : " columns-one"}`}
      >
        {played.value ? (
          <Counterexample
            saga={saga}
            violation={played.value}
            onClose={() => {
              played.value = undefined;
            }}
          />
        ) : (
          <>
            <Drawing saga={saga} />
            {startable && (
              <div class="column">
                <section class="panel" aria-labelledby="start">
                  <h2 id="start">Start</h2>
                  <Start key={machineArn} saga={saga} />
                </section>
                {session.value?.faults === true && <Faults saga={saga} />}
              </div>
            )}
          </>
        )}
      </div>
      <Verdict
        saga={saga}
        played={played.value}
        onPlay={(violation) => {
          played.value = violation;
        }}
      />
      {deployed && <Executions saga={name} />}
    </>
  );
}

const KINDS: readonly (readonly [FaultKind, string])[] = [
  ["fail-before", "Fail before the write"],
  ["fail-after", "Fail after the write"],
  ["late", "Answer late"],
  ["throttle", "Throttle"],
  ["crash", "Crash"],
];
const TIMES = ["once", "always"] as const;
const textOf = ({ kind, times }: Pick<Fault, "kind" | "times">): string =>
  `${KINDS.find(([each]) => each === kind)?.[1] ?? kind}, ${times}`;

function Drawing({ saga }: { readonly saga: SagaEntry }) {
  const pressed = useSignal<{ readonly node: PlacedNode; readonly element: SVGGElement } | undefined>(undefined);
  const { run, problem } = useAction();
  const { name, machineArn, definition, declaration } = saga;
  const faulty = machineArn !== "" && session.value?.faults === true && mayWrite();
  const set = faulty ? faultsOf(machineArn) : [];
  return (
    <section class="panel" aria-labelledby="graph">
      <header class="bar">
        <h2 id="graph">Graph</h2>
        {faulty && <p class="note">Press a call to set a fault.</p>}
      </header>
      <GraphView
        placed={drawingOf(name, definition, declaration)}
        notes={new Map(set.map((fault) => [idIn(saga, fault.state), textOf(fault)]))}
        pressable={({ kind }) => kind === "task" || kind === "approval" || kind === "child"}
        menu
        onPress={
          faulty
            ? (node, element) => {
                pressed.value = { node, element };
              }
            : undefined
        }
      />
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {pressed.value && (
        <Menu
          label={`Fault of ${pressed.value.node.label}`}
          anchor={pressed.value.element}
          groups={TIMES.map((times) => ({
            title: times,
            items: KINDS.map(([kind, text]) => ({
              text: `${text}, ${times}`,
              act: () => {
                const state = pressed.peek()?.node.label ?? "";
                run(() => setFault({ machineArn, state, kind, times }));
              },
            })),
          }))}
          onClose={() => {
            setTimeout(() => (pressed.value = undefined));
          }}
        />
      )}
    </section>
  );
}

/** The id of a state's node. Names are unique in a machine. */
const idIn = ({ name, definition, declaration }: SagaEntry, state: string): string =>
  drawingOf(name, definition, declaration).nodes.find(({ label, kind }) => label === state && kind !== "start")?.id ??
  state;

function Faults({ saga: { machineArn } }: { readonly saga: SagaEntry }) {
  const set = faultsOf(machineArn);
  const { run, busy, problem } = useAction();
  return (
    <section class="panel" aria-labelledby="faults">
      <h2 id="faults">Faults</h2>
      {set.length === 0 && <p class="note">No fault is set.</p>}
      <ul class="faults">
        {set.map((fault) => (
          <li key={`${fault.state} ${fault.kind}`}>
            <span>
              <strong>{fault.state}</strong> {textOf(fault)}
            </span>
            {mayWrite() && (
              <button
                type="button"
                aria-label={`Remove the fault of ${fault.state}`}
                disabled={busy}
                onClick={() => {
                  run(() => clearFault(fault));
                }}
              >
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
